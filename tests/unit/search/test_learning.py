import time
from types import SimpleNamespace

import pytest

from headstart.base import (
    Configuration,
    FoldOutcome,
    FoldStatus,
    TaskKind,
    Trial,
    TrialStatus,
)
from headstart.search.learning import run_records

DESCRIBED = {
    "uid": "u",
    "name": "table u",
    "n_rows": 10,
    "n_features": 2,
    "n_classes": 2,
    "meta_features": {"n_rows": 10.0},
}
DATA = SimpleNamespace(
    task=SimpleNamespace(kind=TaskKind.BINARY, n_rows=10),
    folds=SimpleNamespace(n_folds=2, describe=lambda: "2 folds"),
)


def failed(number):
    outcomes = {(0, 0): FoldOutcome(FoldStatus.ERROR, reason="no")}
    return Trial(
        number, Configuration("a"), outcomes=outcomes, status=TrialStatus.FAILED
    )


@pytest.mark.parametrize(("deadline", "n_trials"), [(None, 2), (0.0, 0)])
def test_trials_are_learnt_from_until_the_deadline(deadline, n_trials):
    moment = None if deadline is None else time.monotonic()
    trials = [failed(0), failed(1)]
    found = list(run_records(DATA, trials, DESCRIBED, seed=0, deadline=moment))
    assert len(found) == 2 + n_trials  # the dataset and what describes it come first
