"""Built-in feature steps in whole fits: they help, are told, and stay honest."""

import numpy as np
import polars as pl
import pytest

import headstart
from headstart import AutoClassifier
from headstart.base import Transform
from headstart.validation import Validation

RNG = np.random.default_rng(0)
N = 240
X = pl.DataFrame(RNG.normal(size=(N, 3)), schema=["width", "height", "age"])
X = X.with_columns(place=pl.Series([f"p{i}" for i in RNG.integers(0, 50, N)]))
AREA = (X["width"] * X["height"]).to_numpy() > 0
CHANCE = RNG.integers(0, 2, N)


def fit(y, *transforms, **settings):
    chosen = {
        "time_limit": None,
        "max_trials": 2,
        "learners": ["logistic"],
        "random_state": 0,
        "n_jobs": 1,
        "validation": Validation(folds=2, repeats=1),
        **settings,
    }
    model = AutoClassifier(transforms=list(transforms), **chosen)
    return model.fit(X, y, listeners=[])


def score_with_a_step(model):
    board = model.leaderboard()
    return board.filter(pl.col("learner").str.contains("+", literal=True))["score"][0]


@pytest.mark.workers
def test_what_is_found_is_told_stored_and_the_same_for_any_workers(tmp_path):
    one, two = (fit(AREA, "generated_features", n_jobs=n) for n in (1, 2))

    assert one.leaderboard()["learner"][0] == "logistic + generated_features"
    assert (one.predict_proba(X) == two.predict_proba(X)).all()
    features = {f.name: f for f in one.analysis().features}
    assert features["generated_features"].gain > 0
    assert features["height * width"].words.startswith(
        "height times width (generated_features; alone it explains "
    )
    loaded = headstart.load(one.save(tmp_path / "m.headstart"))
    assert (loaded.predict_proba(X) == one.predict_proba(X)).all()


def test_a_step_that_saw_the_rows_held_out_would_be_caught():
    answers = X.with_columns(y=pl.Series(CHANCE)).select("age", "y")

    class SawAll(Transform):
        name = "saw_all"

        def columns(self, table, task):
            return ("age",)

        def fit(self, task, parameters, rows, validation, resources):
            return {}

        def transform(self, fitted, X, task):
            return X.join(answers, "age", "left", maintain_order="left").select("y")

        def dump(self, fitted):
            return {}

    honest = score_with_a_step(fit(CHANCE, "target_encoding"))
    broken = score_with_a_step(fit(CHANCE, SawAll()))

    assert abs(honest - 0.5) < 0.15
    assert broken > 0.9


def test_a_step_that_finds_nothing_ends_its_trial_early():
    model = fit(CHANCE, "generated_features", validation=Validation(folds=3))

    [trial] = model.leaderboard().filter(pl.col("origin") == "transform").to_dicts()
    assert trial["status"] == "partial"
    assert "found nothing to change" in trial["reason"]


def test_few_rows_have_no_steps_unless_they_are_named():
    plain = fit(CHANCE, "-column_selection", max_trials=3)

    assert not any("+" in name for name in plain.leaderboard()["learner"])
