"""Checks that a fit respects its resources and has no side effects."""

import signal
import threading
import time
from typing import Any

import numpy as np

from headstart.base import Rows
from headstart.testing.check import check
from headstart.testing.data import frozen, make_matrix
from headstart.testing.learners.subject import LearnerSubject
from headstart.testing.outcome import CheckError, NotApplicableError
from headstart.testing.side_effects import side_effects
from headstart.testing.usage import Usage, can_measure, measure_usage, seconds_waited

__all__ = ["CHECKS"]

_MANY_ROWS = 2_000
_ROWS_TO_PREDICT = 5_000
_TOLERANCE = 3.0
_LONGEST_UNASKED = 0.5
_MOST_BYTES = 512 * 2**20
_TRIES = 3


@check(
    "threads",
    hint="Pass resources.threads on as n_jobs, num_threads or thread_count; bound BLAS "
    "and OpenMP by threadpoolctl.threadpool_limits.",
)
def _threads(subject: LearnerSubject) -> None:
    """A fit that was given one thread keeps one thread busy, and no other process."""
    usage = _usage(subject)
    if usage.n_processes:
        raise CheckError(
            f"A fit that was given one thread ran {usage.n_processes} more processes."
        )
    if _is_shared(usage):
        raise CheckError(
            "A fit that was given one thread used more: the busiest had "
            f"{usage.busiest_seconds:.2f} s of {usage.cpu_seconds:.2f} s of processor "
            "time."
        )


@check(
    "predict-threads",
    hint="Predict on one thread: bound the library's own by its parameter, BLAS and "
    "OpenMP by headstart.machine.process_state.limit_threads.",
)
def _predict_threads(subject: LearnerSubject) -> None:
    """A prediction keeps one thread busy, and no other process."""
    if not can_measure():
        raise NotApplicableError("the system does not tell what threads use")
    kind = subject.kinds[0]
    model = subject.fitted(kind).model
    X = make_matrix(subject.learner.view, _ROWS_TO_PREDICT)
    usage = measure_usage(lambda: subject.predict(kind, model, X))
    if usage.n_processes:
        raise CheckError(f"A prediction ran {usage.n_processes} more processes.")
    if _is_shared(usage):
        raise CheckError(
            "A prediction used more than one thread: the busiest had "
            f"{usage.busiest_seconds:.2f} s of {usage.cpu_seconds:.2f} s of processor "
            "time."
        )


@check(
    "memory",
    hint="Look for copies, for dense forms of sparse tables, and for buffers of a "
    "fixed size.",
)
def _memory(subject: LearnerSubject) -> None:
    """A fit on a table of 400 rows takes less than 512 MiB."""
    peak = _usage(subject).peak_bytes
    if peak > _MOST_BYTES:
        raise CheckError(
            f"A fit on a table of 400 rows took {peak // 2**20} MiB of memory."
        )


@check(
    "deadline",
    hint="Stop where resources.seconds_left() is 0, and return the model there is.",
)
def _deadline(subject: LearnerSubject) -> None:
    """A deadline that has passed still gives a usable model, within three seconds."""
    for kind in subject.kinds:
        train, validation = subject.rows(kind, _MANY_ROWS)
        started, waited = time.monotonic(), seconds_waited()
        asked: list[float] = []

        def clock(asked: list[float] = asked) -> float:
            asked.append(time.monotonic())
            return asked[-1]

        model = subject.fit(kind, train, validation, deadline=started, clock=clock)
        # That a machine is busy is not the learner's fault.
        late = time.monotonic() - started - (seconds_waited() - waited)
        if late > _TOLERANCE:
            raise CheckError(
                f"A fit of a {kind} task with 2000 rows ended {late:.1f} s after its "
                "deadline."
            )
        if not asked:
            subject.seconds_unasked[kind] = late
        subject.predict(kind, model, validation.X)


@check(
    "clock",
    hint="Ask resources.seconds_left() before each round, tree or step, and return the "
    "model there is where it is 0.",
    after=("deadline",),
)
def _clock(subject: LearnerSubject) -> None:
    """A fit that never looks at the clock takes less than half a second."""
    for kind, seconds in subject.seconds_unasked.items():
        if seconds > _LONGEST_UNASKED:
            raise CheckError(
                f"A fit of a {kind} task with 2000 rows never asked how much time was "
                f"left, and took {seconds:.1f} s: on a large table it does not end in "
                "time."
            )


@check(
    "interrupt",
    hint="Write 'except Exception', not 'except:' or 'except BaseException': Ctrl-C "
    "has to get through.",
)
def _interrupt(subject: LearnerSubject) -> None:
    """A KeyboardInterrupt during a fit is not swallowed."""
    if not hasattr(signal, "setitimer") or (
        threading.current_thread() is not threading.main_thread()
    ):
        raise NotApplicableError("the system has no timers, or this is no main thread")
    kind = subject.kinds[0]
    usual = subject.fitted(kind).seconds
    # One that hits a destructor is lost through nobody's fault: try elsewhere.
    swallowed = 0
    for share in (0.5, 0.3, 0.7)[:_TRIES]:
        if _is_swallowed(subject, kind, max(2e-4, share * usual)):
            swallowed += 1
    if swallowed == _TRIES:
        raise CheckError("A fit went on after a KeyboardInterrupt.")


@check(
    "side-effects",
    hint="Ask the library to be quiet, close what was opened, join what was started; "
    "draw from a generator of your own.",
)
def _side_effects(subject: LearnerSubject) -> None:
    """A fit and a prediction print nothing and leave nothing behind."""

    def fit_and_predict() -> None:
        for kind in subject.kinds:
            train, validation = subject.rows(kind)
            model = subject.fit(kind, train, validation)
            subject.predict(kind, model, validation.X)

    # Some libraries start their threads, once and for all, at the first call.
    for kind in subject.kinds:
        subject.fitted(kind)
    found = side_effects(fit_and_predict)
    if found:
        raise CheckError(f"When it was fitted {'; '.join(found)}.")


@check(
    "input-unchanged",
    hint="Copy before writing: rows are mapped from files that other fits read, and "
    "writing to them raises.",
)
def _input_unchanged(subject: LearnerSubject) -> None:
    """A fit and a prediction do not write to their input, nor need to."""
    for kind in subject.kinds:
        train, validation = subject.rows(kind)
        train = Rows(train.X, train.y, np.linspace(0.5, 1.5, len(train.y)))
        given = frozen(train), frozen(validation)
        model = subject.fit(kind, *given)
        subject.predict(kind, model, given[1].X)
        _check_same("training", given[0], train)
        _check_same("validation", given[1], validation)


def _is_shared(usage: Usage) -> bool:
    """Return whether threads other than the busiest one did much of the work."""
    others = usage.cpu_seconds - usage.busiest_seconds
    return others > 0.02 and others > 0.25 * usage.cpu_seconds


def _usage(subject: LearnerSubject) -> Usage:
    if not can_measure():
        raise NotApplicableError("the system does not tell what threads use")
    if not subject.usage:
        kind = subject.kinds[0]
        train, validation = subject.rows(kind, 400)
        # What is imported or set up once is not the fit's.
        subject.fitted(kind)
        subject.usage.append(
            measure_usage(lambda: subject.fit(kind, train, validation))
        )
    return subject.usage[0]


def _is_swallowed(subject: LearnerSubject, kind: Any, seconds: float) -> bool:
    rows = subject.rows(kind)
    rung: list[bool] = []

    def ring(*_: object) -> None:
        if not rung:
            rung.append(True)
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        subject.fit(kind, *rows)
        went_on = bool(rung)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        return False
    except CheckError:
        # Compiled code may make another error of it; what counts is that it ended.
        if not rung:
            raise
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return went_on


def _check_same(what: str, now: Rows, before: Rows) -> None:
    for part, array, kept in (
        ("X", now.X.values, before.X.values),
        ("y", now.y, before.y),
        ("weight", now.weight, before.weight),
    ):
        if kept is not None and (
            array is None or not np.array_equal(array, kept, equal_nan=True)
        ):
            raise CheckError(f"The {what} rows' {part} was changed.")


CHECKS = (
    *(_threads, _predict_threads, _memory, _deadline, _clock, _interrupt),
    *(_side_effects, _input_unchanged),
)
