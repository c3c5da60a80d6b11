"""Levels in a table to predict that training did not have."""

import numpy as np
import pytest
from sklearn.model_selection import PredefinedSplit

import headstart
from headstart.sdk import TaskKind, load_plugins

N = 200
# Those that take long: the others, with each kind of view, are asked in every run.
LONG = {"random_forest", "extra_trees", "hist_gradient_boosting", "kernel"}
LONG |= {"catboost", "explainable_boosting"}
LEARNERS = [
    pytest.param(name, marks=[pytest.mark.slow] if name in LONG else [])
    for name, learner in sorted(load_plugins().learners.items())
    if TaskKind.REGRESSION in learner.tasks
]


def fitted(towns, y, validation, **options):
    model = headstart.AutoRegressor(
        time_limit=None,
        max_trials=1,
        n_jobs=1,
        random_state=0,
        validation=validation,
        columns={"town": "categorical"},
        **options,
    )
    x = np.random.default_rng(1).normal(size=len(towns))
    return model.fit({"x": x, "town": towns}, y, listeners=[])


def predictions(model, towns):
    with pytest.warns(headstart.exceptions.HeadstartWarning, match="does not know"):
        return model.predict({"x": np.zeros(len(towns)), "town": towns})


@pytest.mark.parametrize("gap", [None, "w"], ids=["missing", "complete"])
@pytest.mark.parametrize("learner", LEARNERS)
def test_a_new_level_is_predicted_as_one_that_the_training_rows_lack(learner, gap):
    random = np.random.default_rng(0)
    # Rows that are held out at the end would count as the newest ones.
    towns = ["lacking"] * 20 + [("u", "v", gap)[i] for i in random.integers(0, 3, N)]
    y = np.array([{"u": 0.0, "v": 5.0, "lacking": 2.0}.get(t, 40.0) for t in towns])
    holdout = PredefinedSplit(np.where(np.arange(N + 20) < 20, 0, -1))
    y += random.normal(size=y.size)

    model = fitted(towns, y, holdout, learners=[learner], transforms=[], refit=False)

    lacking, new = predictions(model, ["lacking", "never seen"])
    assert lacking == new


def test_a_new_level_is_near_the_mean_of_all_rows_and_not_of_missing_ones():
    random = np.random.default_rng(0)
    towns = [f"t{i}" for i in random.integers(0, 60, 3_000)]
    towns = [t if random.random() > 0.1 else None for t in towns]
    y = np.array([0.0 if t is None else 100.0 for t in towns])

    model = fitted(
        towns,
        y + random.normal(size=y.size),
        headstart.Validation(folds=3),
        learners=["ridge"],
    )

    new, missing = predictions(model, ["never seen", None])
    assert missing == pytest.approx(0.0, abs=5.0)
    assert new == pytest.approx(90.0, abs=15.0)
