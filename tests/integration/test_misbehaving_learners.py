"""Learners that raise, hang, exit, crash, fill memory or lie cost their trials only."""

import ctypes
import logging
import os
import sys
import time
import types

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.model_selection import ShuffleSplit

from headstart import AutoClassifier, AutoRegressor, Validation
from headstart.base import Float, Learner, SearchSpace
from headstart.base.events import TrialFailed
from headstart.exceptions import FitError

SECONDS = 60  # workers may start slowly; three good trials end a fit long before
FAILED = pl.col("status") == "failed"


class Raises(Learner):
    name = "raises"

    def fit(self, task, parameters, rows, validation, resources):
        raise RuntimeError("the solver exploded")


class RaisesAnywhere(Raises):
    name = "raises_anywhere"

    def search_space(self, task):
        return SearchSpace({"a": Float(0.0, 1.0)}, default={"a": 0.5})


class Hangs(Learner):
    name = "hangs"

    def fit(self, task, parameters, rows, validation, resources):
        while True:
            time.sleep(1)


class Exits(Learner):
    name = "exits"

    def fit(self, task, parameters, rows, validation, resources):
        os._exit(3)


class Crashes(Learner):
    name = "crashes"

    def fit(self, task, parameters, rows, validation, resources):
        ctypes.string_at(0)


class FillsMemory(Learner):
    name = "fills_memory"

    def fit(self, task, parameters, rows, validation, resources):
        hoard = []
        while len(hoard) < 400:  # 8 GB, should nobody stop it
            hoard.append(np.ones(20_000_000 // 8))
            time.sleep(0.01)
        raise AssertionError("nobody stopped it")


class PredictsNaN(Learner):
    name = "predicts_nan"

    def fit(self, task, parameters, rows, validation, resources):
        return None

    def predict(self, model, X, task):
        return np.full((X.n_rows, max(2, task.n_classes)), np.nan)

    def dump(self, model):
        return {}

    def load(self, parts):
        return None


class PredictsAnotherShape(PredictsNaN):
    name = "predicts_another_shape"

    def predict(self, model, X, task):
        return np.zeros((X.n_rows + 1, 3))


class PredictsText(PredictsNaN):
    name = "predicts_text"

    def predict(self, model, X, task):
        return "certainly"


class RaisesKeyboardInterrupt(Learner):
    name = "raises_interrupt"

    def fit(self, task, parameters, rows, validation, resources):
        raise KeyboardInterrupt


class Exit(Learner):
    name = "raises_exit"

    def fit(self, task, parameters, rows, validation, resources):
        raise SystemExit(0)


class SpaceRaises(Learner):
    name = "space_raises"

    def search_space(self, task):
        raise ValueError("no space today")


class CostLies(Learner):
    name = "cost_lies"

    def cost(self, task, parameters, n_rows):
        return float("nan")

    def fit(self, task, parameters, rows, validation, resources):
        raise RuntimeError("costly")


class CannotBeDumped(PredictsNaN):
    name = "cannot_be_dumped"

    def predict(self, model, X, task):
        return np.full((X.n_rows, 2), 0.5)

    def dump(self, model):
        raise OSError("no bytes for you")


def fit(*learners, listeners=None, **settings):
    X, y = load_breast_cancer(return_X_y=True)
    model = AutoClassifier(
        n_jobs=2,
        random_state=0,
        learners=[*learners, "logistic"],
        validation=Validation(folds=3, repeats=1),
        **{"time_limit": SECONDS, "max_trials": 3} | settings,
    )
    return model.fit(X[::3], y[::3], listeners=listeners), X, y


def rows_of(model, learner):
    return model.leaderboard().filter(pl.col("learner") == learner)


def assert_good(model, X, y):
    """The good learner made the model, and no bad one has a part in it."""
    assert model.score(X, y) > 0.9
    chosen = model.leaderboard().filter(pl.col("weight") > 0)
    assert set(chosen["learner"]) == {"logistic"}


BAD = {
    Raises(): ["RuntimeError", "the solver exploded"],
    Exits(): ["exit", "3"],
    Crashes(): ["SIGSEGV"],
    PredictsNaN(): ["finite|NaN"],
    PredictsAnotherShape(): ["shape"],
    PredictsText(): ["predict|shape|number|float"],
    Exit(): ["exit|Exit"],
    RaisesKeyboardInterrupt(): ["interrupt|Interrupt"],
    CannotBeDumped(): ["no bytes for you"],
    CostLies(): ["costly"],
    SpaceRaises(): ["no space today"],
}


@pytest.fixture(scope="module")
def among_bad_ones():
    """All bad learners in one fit with a good one: the model, the data, the log."""
    lines = []
    handler = logging.Handler(logging.INFO)
    handler.emit = lambda record: lines.append(handler.format(record))
    logger = logging.getLogger("headstart")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headstart.meta.shipped.shipped_base", lambda: None)
        fitted = fit(*BAD)
    logger.setLevel(level)
    logger.removeHandler(handler)
    return *fitted, "\n".join(lines)


@pytest.mark.workers
def test_all_bad_learners_together_leave_the_good_one(among_bad_ones):
    model, X, y, logged = among_bad_ones

    assert_good(model, X, y)
    for learner in BAD:
        assert learner.name in logged


@pytest.mark.workers
@pytest.mark.parametrize(
    ("learner", "words"),
    BAD.items(),
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_bad_learner_costs_its_trials_only(learner, words, among_bad_ones):
    model, _, _, logged = among_bad_ones

    failed = rows_of(model, learner.name)
    if not isinstance(learner, SpaceRaises):  # it is left out: there is nothing to try
        assert len(failed) >= 1
    assert failed.filter(~FAILED).is_empty()
    for word in words:
        for reason in failed["reason"]:
            assert any(part in reason for part in word.split("|")), reason
    assert any(part in logged for part in words[0].split("|"))


@pytest.mark.workers
def test_a_learner_that_hangs_is_killed_and_reported(caplog):
    caplog.set_level(logging.INFO, logger="headstart")
    limit = 30

    def end_when_killed(event):
        # Workers of a busy machine start late, so the limit is long.
        if isinstance(event, TrialFailed):
            raise KeyboardInterrupt

    start = time.monotonic()
    model, X, y = fit(
        Hangs(), time_limit=limit, max_trials=None, listeners=[end_when_killed]
    )

    assert time.monotonic() - start < limit + 2
    assert_good(model, X, y)
    reasons = rows_of(model, "hangs").filter(FAILED)["reason"]
    assert len(reasons) >= 1
    assert all("time" in reason or "second" in reason for reason in reasons)
    assert "hangs" in caplog.text


@pytest.mark.slow
@pytest.mark.workers
def test_a_learner_that_fills_memory_is_killed_and_reported(caplog):
    caplog.set_level(logging.INFO, logger="headstart")

    model, X, y = fit(FillsMemory(), memory_limit="1500MB")

    assert_good(model, X, y)
    reasons = rows_of(model, "fills_memory").filter(FAILED)["reason"]
    assert len(reasons) >= 1
    assert all("memory" in reason for reason in reasons)
    assert "fills_memory" in caplog.text


@pytest.mark.workers
def test_a_learner_of_a_module_that_workers_cannot_import_travels_whole(monkeypatch):
    module = types.ModuleType("made_on_the_fly")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    module.Lost = type(
        "Lost", (Raises,), {"name": "lost", "__module__": module.__name__}
    )

    model, X, y = fit(module.Lost(), time_limit=20)

    assert_good(model, X, y)
    # Its own error, raised in a worker: it got there.
    assert "the solver exploded" in rows_of(model, "lost")["reason"][0]
    assert rows_of(model, "logistic").filter(FAILED).is_empty()


def test_a_learner_that_always_fails_is_put_in_quarantine():
    model, X, y = fit(RaisesAnywhere(), time_limit=None, max_trials=8)

    assert_good(model, X, y)
    assert 1 <= len(rows_of(model, "raises_anywhere")) <= 10


@pytest.mark.usefixtures("no_shipped_base")
def test_a_learner_in_quarantine_is_told_and_the_leaderboard_says_so():
    X, y = load_breast_cancer(return_X_y=True)
    events = []
    model = AutoClassifier(
        time_limit=None,
        max_trials=1,
        n_jobs=1,
        random_state=0,
        learners=[RaisesAnywhere(), "logistic"],
        validation=Validation(folds=3, repeats=1),
    )

    model.fit(X[::4], y[::4], listeners=[events.append])

    reasons = rows_of(model, "raises_anywhere")["reason"].to_list()
    assert len(reasons) == 2
    assert any("in quarantine for this run" in reason for reason in reasons)
    notices = [e.message for e in events if type(e).__name__ == "Notice"]
    messages = [m for m in notices if "'raises_anywhere' is in quarantine" in m]
    assert len(messages) == 1
    assert "the solver exploded" in messages[0]


def predictions_with(*learners, n_jobs=1):
    """Return the predictions of a fit with two good learners, and what these tried."""
    X, y = load_breast_cancer(return_X_y=True)
    model = AutoClassifier(
        time_limit=None,
        max_trials=9,
        n_jobs=n_jobs,
        random_state=0,
        learners=[*learners, "logistic", "k_neighbors"],
        validation=ShuffleSplit(2, random_state=0),
    )
    model.fit(X[::6], y[::6], listeners=[])
    good = rows_of(model, "logistic").vstack(rows_of(model, "k_neighbors"))
    configurations = good.filter(~FAILED).sort("configuration")["configuration"]
    return model.predict_proba(X).tobytes(), configurations.to_list()


@pytest.fixture(scope="module")
def predictions_without_failures():
    """The same for any number of workers, as tests of determinism hold."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADSTART_EXECUTION", "in-process")
        return predictions_with()


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.workers)])
def test_learners_that_always_fail_do_not_change_what_the_others_give(
    n_jobs, predictions_without_failures
):
    bad = (RaisesAnywhere(), PredictsNaN(), PredictsAnotherShape(), Raises())

    predictions = predictions_with(*bad, n_jobs=n_jobs)

    assert predictions == predictions_without_failures


def test_only_bad_learners_are_a_fit_error_that_says_why_for_each():
    X, y = load_breast_cancer(return_X_y=True)
    model = AutoClassifier(
        time_limit=SECONDS, max_trials=3, n_jobs=2, learners=[Raises(), PredictsNaN()]
    )

    with pytest.raises(FitError) as raised:
        model.fit(X, y)

    assert "the solver exploded" in str(raised.value)
    assert "predicts_nan" in str(raised.value)


@pytest.mark.usefixtures("no_shipped_base")
def test_a_regressor_goes_on_too():
    X, y = load_diabetes(return_X_y=True)
    model = AutoRegressor(
        time_limit=SECONDS,
        max_trials=3,
        n_jobs=2,
        random_state=0,
        learners=[Raises(), PredictsNaN(), "ridge"],
        validation=Validation(folds=3, repeats=1),
    )

    model.fit(X, y)

    assert model.score(X, y) > 0.3
    assert set(model.leaderboard().filter(FAILED)["learner"]) == {
        "raises",
        "predicts_nan",
    }


@pytest.mark.workers
def test_a_leaderboard_with_failures_survives_saving(tmp_path, among_bad_ones):
    import headstart

    model, X, *_ = among_bad_ones
    with pytest.warns(
        headstart.exceptions.HeadstartWarning, match="without its parameters learners"
    ):
        model.save(tmp_path / "m.headstart")

    loaded = headstart.load(tmp_path / "m.headstart")

    assert loaded.leaderboard().equals(model.leaderboard())
    assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))
