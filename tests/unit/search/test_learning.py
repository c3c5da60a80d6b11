import time
from types import SimpleNamespace

import numpy as np
import pytest

from headstart.base import (
    Configuration,
    FoldOutcome,
    FoldStatus,
    TaskKind,
    Trial,
    TrialStatus,
)
from headstart.meta.records import CellStatus
from headstart.search.learning import run_records
from headstart.validation import Folds

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
    folds=Folds((np.arange(10) % 2).astype(np.uint8)[np.newaxis]),
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
    records = list(run_records(DATA, trials, DESCRIBED, seed=0, deadline=moment))
    assert len(records) == 2 + n_trials  # the dataset and what describes it come first


def test_a_trial_that_ran_out_of_time_took_what_its_last_fit_was_given():
    outcomes = {
        (0, 0): FoldOutcome(FoldStatus.OK, fit_seconds=0.5, total_seconds=0.5),
        (0, 1): FoldOutcome(FoldStatus.TIMEOUT, total_seconds=30.0, reason="late"),
    }
    trial = Trial(0, Configuration("a"), outcomes=outcomes, status=TrialStatus.FAILED)

    *_, record = run_records(DATA, [trial], DESCRIBED, seed=0)

    assert (record.status, record.fit_seconds) == (CellStatus.TIMEOUT, 30.0)
