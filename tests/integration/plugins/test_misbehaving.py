"""Twelve misbehaving plugins, installed at once."""

import logging
import sys
import time

import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import ShuffleSplit
from tests.integration.plugins import misbehaving

from headstart import AutoClassifier
from headstart.plugins import load_plugins, use
from headstart.search.loop import runner

NAMES = sorted([*misbehaving.RUNNING, *misbehaving.LOADING])


@pytest.fixture
def installed(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    folder.mkdir()
    misbehaving.install(folder)
    monkeypatch.syspath_prepend(folder)
    use(enabled=[f"headstart-{name}" for name in NAMES])
    yield
    for name in NAMES:
        sys.modules.pop(f"headstart_{name}", None)


def fitted(*learners, **settings):
    X, y = load_breast_cancer(return_X_y=True)
    model = AutoClassifier(
        n_jobs=2,
        random_state=0,
        memory_limit="1600MB",
        validation=ShuffleSplit(2, random_state=0),
        learners=[*learners, "logistic", "k_neighbors"],
        **settings,
    )
    return model.fit(X[::6], y[::6], listeners=[]), X


def assert_reported(model, caplog):
    """Each is named with its reason, and none has a part in the model."""
    board = model.leaderboard()
    problems = {p.name: p.reason for p in load_plugins().problems}
    for name, reason in misbehaving.REASONS.items():
        if name in misbehaving.LOADING:
            assert reason in problems[name]
            assert f"headstart-{name}" in caplog.text
            continue
        rows = board.filter(pl.col("learner") == name)
        assert len(rows) >= 1, name
        assert set(rows["status"]) == {"failed"}, name
        assert any(reason in text for text in rows["reason"]), rows["reason"].to_list()
    chosen = board.filter(pl.col("weight") > 0)
    assert set(chosen["learner"]) <= {"logistic", "k_neighbors"}


def test_the_list_is_of_twelve():
    assert sorted(misbehaving.REASONS) == NAMES
    assert len(NAMES) == 12


@pytest.mark.slow
@pytest.mark.workers
@pytest.mark.timeout(900)
def test_a_counted_run_gives_what_it_gives_without_them(installed, caplog, monkeypatch):
    # Long enough for an honest fit on a busy machine.
    monkeypatch.setattr(runner, "_LONGEST_COUNTED", 20.0)
    caplog.set_level(logging.INFO, logger="headstart")

    bad, X = fitted(*misbehaving.RUNNING, time_limit=None, max_trials=4)
    good, _ = fitted(time_limit=None, max_trials=4)

    assert bad.predict_proba(X).tobytes() == good.predict_proba(X).tobytes()
    assert_reported(bad, caplog)


@pytest.mark.slow
@pytest.mark.workers
@pytest.mark.timeout(900)
def test_a_run_of_some_time_ends_in_time(installed, caplog):
    caplog.set_level(logging.INFO, logger="headstart")
    started = time.monotonic()

    model, _ = fitted(*misbehaving.RUNNING, time_limit=60)

    took = time.monotonic() - started
    assert took < 62, (took, model.info()["seconds"])
    assert_reported(model, caplog)
