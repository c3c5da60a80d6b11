"""A refit that cannot end in time is not begun, and an incomplete one is not used."""

import time
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from headstart.base import Configuration, FoldFit, FoldStatus, Task, TaskKind, Trial
from headstart.ensemble import Member
from headstart.execution.fit_data import FitData, forget_fit_data, write_fit_data
from headstart.execution.fold_fit import run_fold_fit
from headstart.execution.in_process import InProcessExecutor
from headstart.execution.store import MemoryStore, get_parts
from headstart.learners.linear import Ridge
from headstart.search.refit import (
    fit_of,
    refit_ends,
    refit_members,
    refit_seconds,
    seconds_to_reserve,
)
from headstart.tables import Schema
from headstart.validation import Folds

N = 12


class UntilDeadline(Ridge):
    """A learner that uses all of its time for a fit on all rows, as boosting may."""

    name = "until_deadline"

    def fit(self, task, parameters, rows, validation, resources):
        while validation is None and resources.seconds_left() > 0:
            time.sleep(0.01)
        return super().fit(task, parameters, rows, validation, resources)


class Failing(Ridge):
    name = "failing"

    def fit(self, task, parameters, rows, validation, resources):
        if validation is None:
            raise ZeroDivisionError
        return super().fit(task, parameters, rows, validation, resources)


LEARNERS = {each.name: each() for each in (Ridge, UntilDeadline, Failing)}


@pytest.fixture
def data():
    frame = pl.DataFrame({"x": np.arange(N) * 1.5})
    schema = Schema.learn(frame)
    holdout = np.where(np.arange(N) < 9, 255, 0).astype(np.uint8)
    yield write_fit_data(
        FitData(
            store=MemoryStore(),
            task=Task(TaskKind.REGRESSION, N, 1, 0, 0, "rmse"),
            schema=schema,
            table=schema.apply(frame),
            y=np.arange(N) * 1.0,
            weight=None,
            folds=Folds(holdout[None], "holdout"),
            learners=LEARNERS,
        )
    )
    forget_fit_data()


def refitted(data, *names, seconds=None, fold_seconds=None):
    """Fit one trial per learner on the holdout, refit them; return names of models."""
    trials, members = [], []
    for number, name in enumerate(names):
        learner = LEARNERS[name]
        parameters = learner.search_space(data.task).default
        configuration = Configuration(name, parameters)
        fold_fit = FoldFit(
            number, configuration, 0, 0, seed=1, handed_over=data.handed_over
        )
        outcome = run_fold_fit(data.store, fold_fit)
        assert outcome.status is FoldStatus.OK
        trial = Trial(number, configuration, fold_losses={(0, 0): 1.0})
        trial.outcomes[0, 0] = outcome
        if fold_seconds is not None:
            object.__setattr__(outcome, "total_seconds", fold_seconds)
        trials.append(trial)
        members.append(Member(configuration, 0.5, (fit_of(fold_fit.name, outcome),)))
    executor = InProcessExecutor()
    run = SimpleNamespace(
        clock=SimpleNamespace(
            refit_end=None if seconds is None else time.monotonic() + seconds
        ),
        data=data,
        executor=executor,
        folder=SimpleNamespace(
            model=lambda name: get_parts(data.store, f"fits/{name}.model")
        ),
        is_timed=seconds is not None,
        learners=LEARNERS,
        memory_per_fit=None,
        seed=1,
    )
    try:
        new, problems = refit_members(run, trials, members)
    finally:
        executor.close()
    is_new = [one.fits != other.fits for one, other in zip(new, members, strict=True)]
    return is_new, problems


def test_members_are_fitted_on_all_rows_without_a_limit(data):
    assert refitted(data, "ridge") == ([True], {})


def test_a_refit_that_would_end_too_late_is_not_begun(data):
    is_new, problems = refitted(data, "failing", seconds=60.0, fold_seconds=50.0)

    # It would have failed.
    assert is_new == [False]
    assert list(problems) == ["not done in time"]


def test_a_refit_that_stopped_at_its_deadline_is_not_used(data):
    is_new, problems = refitted(data, "ridge", "until_deadline", seconds=1.0)

    assert is_new == [True, False]
    (label,) = problems["not done in time"]
    assert label == "until_deadline"


def test_a_failed_refit_keeps_the_fold_models(data):
    is_new, problems = refitted(data, "failing", "ridge")

    assert is_new == [False, True]
    assert problems == {"ZeroDivisionError: no message": ["failing"]}


def test_seconds_of_a_refit_follow_the_training_rows(data):
    trial = Trial(0, Configuration("ridge"), fold_losses={(0, 0): 1.0})
    trial.outcomes[0, 0] = SimpleNamespace(total_seconds=9.0)
    # 9 of 12 rows were fitted on.
    assert refit_seconds(trial, data.folds) == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("n_slots", "limit", "ends"),
    [
        (1, 100.0, [4.0, 6.0, 9.0]),
        (2, 100.0, [4.0, 2.0, 5.0]),
        (2, 4.5, [4.0, 2.0, None]),
        (1, 3.0, [None, 2.0, None]),
        (5, 1.0, [None, None, None]),
    ],
)
def test_refits_begin_in_order_as_slots_are_free(n_slots, limit, ends):
    assert refit_ends([4.0, 2.0, 3.0], n_slots, limit) == ends


@pytest.mark.parametrize(
    ("most", "reserved"), [(100.0, 6.0), (5.5, 4.8), (4.0, 3.6), (3.0, 2.4), (2.0, 0.0)]
)
def test_time_is_reserved_for_refits_that_fit_into_it(most, reserved):
    # A fifth more than the refits take.
    assert seconds_to_reserve([4.0, 2.0, 3.0], 2, most) == pytest.approx(reserved)
