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


def fitted(X, y, validation, *, refit="auto", **more):
    model = headstart.AutoRegressor(
        time_limit=None,
        max_trials=1,
        n_jobs=1,
        random_state=0,
        learners=["ridge"],
        transforms=[],
        validation=validation,
        refit=refit,
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


@pytest.mark.parametrize(
    ("validation", "refits"),
    [
        (headstart.Validation(holdout=0.25), True),
        (headstart.Validation(holdout=0.25, repeats=2), False),
        (ShuffleSplit(1, test_size=0.25, random_state=0), True),
    ],
    ids=["holdout", "two holdouts", "splitter"],
)
def test_after_one_holdout_the_model_has_learnt_from_all_rows(validation, refits):
    X, y = table()
    models = {
        refit: fitted({"x": X["x"]}, y, validation, refit=refit)
        for refit in ("auto", True, False)
    }
    rows = {"x": np.linspace(-1.0, 1.0, 5)}
    predictions = {refit: model.predict(rows) for refit, model in models.items()}
    assert (predictions["auto"] == predictions[refits]).all()
    assert (predictions["auto"] != predictions[not refits]).any()
    # The score and its interval are of the held-out rows.
    (auto, other) = (models[refit].analysis() for refit in ("auto", not refits))
    assert auto.metrics == other.metrics


def test_the_reason_of_a_holdout_names_rows_that_a_model_was_trained_without():
    X, y = table()
    info = fitted(X, y, headstart.Validation(holdout=0.25)).info()
    assert info["validation"] == "holdout of 30 rows (25%), stratified"
    assert info["validation_reason"].endswith("the model was refitted on all rows")
    info = fitted(X, y, headstart.Validation(holdout=0.25), refit=False).info()
    assert (
        "the model was trained without the 30 held-out rows"
        in (info["validation_reason"])
    )


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
