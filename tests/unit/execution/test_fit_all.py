"""Fold fits that run together give an outcome each, whatever becomes of them."""

import threading
import time
from concurrent.futures import Future

import numpy as np
import polars as pl
import pytest

from headstart.base import Configuration, FoldFit, FoldStatus, Task, TaskKind
from headstart.exceptions import WorkerDiedError
from headstart.execution.fit_all import FitLimits, fit_all, outcome_of
from headstart.execution.fit_data import FitData, forget_fit_data, write_fit_data
from headstart.execution.in_process import InProcessExecutor
from headstart.execution.store import MemoryStore
from headstart.learners.linear import Ridge
from headstart.tables import Schema
from headstart.validation import Folds

N = 12


class Slow(Ridge):
    """A learner that takes a second."""

    name = "slow"

    def fit(self, *arguments):
        time.sleep(1.0)
        return super().fit(*arguments)


class Failing(Ridge):
    """A learner that cannot fit."""

    name = "failing"

    def fit(self, *arguments):
        raise ZeroDivisionError


@pytest.fixture
def data():
    frame = pl.DataFrame({"x": np.arange(N) * 1.5})
    schema = Schema.learn(frame)
    yield write_fit_data(
        FitData(
            store=MemoryStore(),
            task=Task(TaskKind.REGRESSION, N, 1, 0, 0, "rmse"),
            schema=schema,
            table=schema.apply(frame),
            y=np.arange(N) * 1.0,
            weight=None,
            folds=Folds((np.arange(N) % 3).astype(np.uint8)[None]),
            learners={"slow": Slow(), "failing": Failing()},
        )
    )
    forget_fit_data()


@pytest.fixture
def executor():
    executor = InProcessExecutor()
    yield executor
    executor.close()
    # A late fold fit restores the process when it ends: not while other tests run.
    for thread in threading.enumerate():
        if thread.name == "headstart-call":
            thread.join()


def statuses(data, executor, limits, *learners, **how):
    fold_fits = [
        FoldFit(n, Configuration(name), 0, 0, seed=0, handed_over=data.handed_over)
        for n, name in enumerate(learners)
    ]
    outcomes = fit_all(fold_fits, data.store, executor, limits, **how)
    return [outcome.status for outcome in outcomes]


def test_outcomes_come_in_order_and_a_failure_costs_itself_only(data, executor):
    actual = statuses(data, executor, FitLimits(), "ridge", "failing", "ridge")
    assert actual == [FoldStatus.OK, FoldStatus.ERROR, FoldStatus.OK]


def test_what_is_not_done_at_the_deadline_is_ended(data, executor):
    assert statuses(data, executor, FitLimits(), "ridge") == [FoldStatus.OK]
    began = time.monotonic()
    limits = FitLimits(deadline=began + 0.3)

    first, second = statuses(data, executor, limits, "slow", "ridge")

    assert first in (FoldStatus.CANCELLED, FoldStatus.TIMEOUT)
    assert second is not FoldStatus.CRASH
    assert time.monotonic() - began < 0.9


def test_what_is_told_to_stop_is_ended(data, executor):
    actual = statuses(data, executor, FitLimits(), "slow", "slow", stop=lambda: True)
    assert actual == [FoldStatus.CANCELLED, FoldStatus.CANCELLED]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (WorkerDiedError("It took too long.", "timeout"), FoldStatus.TIMEOUT),
        (WorkerDiedError("It is gone.", "lost"), FoldStatus.CRASH),
        (ValueError("no"), FoldStatus.ERROR),
    ],
)
def test_how_a_call_ended_is_an_outcome(error, status):
    future = Future()
    future.set_exception(error)
    outcome = outcome_of(future, 2.5)
    assert (outcome.status, outcome.total_seconds) == (status, 2.5)
    assert str(error) in outcome.reason
