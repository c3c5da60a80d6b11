"""What a fit makes of the rows that its folds hold out."""

import numpy as np
import pytest
from sklearn.model_selection import ShuffleSplit, TimeSeriesSplit

import headstart

N = 120


def table():
    random = np.random.default_rng(0)
    values = random.normal(size=N)
    # The newest tenth is of another kind.
    y = np.where(np.arange(N) < 108, values, values + 100.0)
    return {"x": values, "t": np.arange(N)}, y


def fitted(X, y, validation, **more):
    model = headstart.AutoRegressor(
        time_limit=None,
        max_trials=1,
        n_jobs=1,
        random_state=0,
        learners=["ridge"],
        transforms=[],
        validation=validation,
    )
    return model.fit(X, y, listeners=[], **more)


@pytest.mark.parametrize(
    "validation",
    [TimeSeriesSplit(9), headstart.Validation(time_column="t", folds=9)],
    ids=["splitter", "column"],
)
def test_in_order_of_time_the_model_has_learnt_from_the_newest_rows(validation):
    X, y = table()
    model = fitted({"x": X["x"], "t": X["t"]}, y, validation)
    info = model.info()
    assert [member["models"] for member in info["members"]] == [1]
    assert "refitted on all rows, including the newest" in info["validation_reason"]
    # A model trained without the newest tenth predicts no value above 3.
    newest = model.predict({"x": np.zeros(1), "t": np.array([N])})
    assert newest[0] > 5.0


def test_every_split_of_overlapping_ones_is_in_the_figures():
    X, y = table()
    splitter = ShuffleSplit(5, test_size=0.1, random_state=0)
    facts = fitted(X, y, splitter).analysis()
    held_out = np.concatenate([rows for _, rows in splitter.split(y)])
    assert sum(facts.predictions[1].counts) == np.unique(held_out).size


def test_groups_beside_a_time_column_that_parts_them_are_refused():
    X, y = table()
    validation = headstart.Validation(time_column="t", folds=2)
    with pytest.raises(ValueError, match="omit the groups or the time column"):
        fitted(X, y, validation, groups=np.arange(N) % 10)
