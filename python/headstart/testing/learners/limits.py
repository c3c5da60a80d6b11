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
_LONGEST_WITHOUT_CLOCK = 0.5
_MOST_BYTES = 512 * 2**20
_TRIES = 3


@check(
    "threads",
    hint="Pass resources.threads on as n_jobs, num_threads or thread_count; limit BLAS "
    "and OpenMP by threadpoolctl.threadpool_limits.",
)
def _threads(subject: LearnerSubject) -> None:
    """A fit with one thread keeps one thread busy, and no other process."""
    usage = _usage(subject)
    if usage.n_processes:
        raise CheckError(
            f"A fit with one thread ran {usage.n_processes} more processes."
        )
    if _is_shared(usage):
        raise CheckError(
            "A fit with one thread used more: the busiest had "
            f"{usage.busiest_seconds:.2f} s of {usage.cpu_seconds:.2f} s of processor "
            "time."
        )


@check(
    "predict-threads",
    hint="Predict on one thread: limit the library's threads by its parameter, and "
    "those of BLAS and OpenMP by headstart.machine.process_state.limit_threads.",
)
def _predict_threads(subject: LearnerSubject) -> None:
    """A prediction keeps one thread busy, and no other process."""
    if not can_measure():
        raise NotApplicableError("the system does not report the time of threads")
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
    hint="Check for copies, dense forms of sparse tables, and buffers of fixed size.",
)
def _memory(subject: LearnerSubject) -> None:
    """A fit with 400 rows takes less than 512 MiB."""
    peak = _usage(subject).peak_bytes
    if peak > _MOST_BYTES:
        raise CheckError(f"A fit with 400 rows took {peak // 2**20} MiB of memory.")


@check(
    "deadline",
    hint="Stop when resources.seconds_left() is 0, and return the current model.",
)
def _deadline(subject: LearnerSubject) -> None:
    """After the deadline, a fit returns a usable model within three seconds."""
    for kind in subject.kinds:
        train, validation = subject.rows(kind, _MANY_ROWS)
        started, waited = time.monotonic(), seconds_waited()
        readings: list[float] = []

        def clock(readings: list[float] = readings) -> float:
            readings.append(time.monotonic())
            return readings[-1]

        model = subject.fit(kind, train, validation, deadline=started, clock=clock)
        # The learner is not responsible for waiting on a busy machine.
        late = time.monotonic() - started - (seconds_waited() - waited)
        if late > _TOLERANCE:
            raise CheckError(
                f"A fit of a {kind} task with 2000 rows ended {late:.1f} s after its "
                "deadline."
            )
        if not readings:
            subject.seconds_without_clock[kind] = late
        subject.predict(kind, model, validation.X)


@check(
    "clock",
    hint="Check resources.seconds_left() before each round, tree or step, and return "
    "the current model when it is 0.",
    after=("deadline",),
)
def _clock(subject: LearnerSubject) -> None:
    """A fit that never reads the clock takes less than half a second."""
    for kind, seconds in subject.seconds_without_clock.items():
        if seconds > _LONGEST_WITHOUT_CLOCK:
            raise CheckError(
                f"A fit of a {kind} task with 2000 rows never read the clock, and took "
                f"{seconds:.1f} s: on a large table it would miss its deadline."
            )


@check(
    "interrupt",
    hint="Write 'except Exception', not 'except:' or 'except BaseException', which "
    "catch Ctrl-C.",
)
def _interrupt(subject: LearnerSubject) -> None:
    """A KeyboardInterrupt during a fit is not swallowed."""
    if not hasattr(signal, "setitimer") or (
        threading.current_thread() is not threading.main_thread()
    ):
        raise NotApplicableError("there are no timers, or this is not the main thread")
    kind = subject.kinds[0]
    fit_seconds = subject.fitted(kind).seconds
    # Python ignores an interrupt within a destructor, hence several tries.
    swallowed = 0
    for share in (0.5, 0.3, 0.7)[:_TRIES]:
        if _is_swallowed(subject, kind, max(2e-4, share * fit_seconds)):
            swallowed += 1
    if swallowed == _TRIES:
        raise CheckError("A fit continued after a KeyboardInterrupt.")


@check(
    "side-effects",
    hint="Silence the library, close files, join threads, and use a random generator "
    "of your own.",
)
def _side_effects(subject: LearnerSubject) -> None:
    """A fit and a prediction print nothing and leave nothing behind."""

    def fit_and_predict() -> None:
        for kind in subject.kinds:
            train, validation = subject.rows(kind)
            model = subject.fit(kind, train, validation)
            subject.predict(kind, model, validation.X)

    # Some libraries start permanent threads at the first call.
    for kind in subject.kinds:
        subject.fitted(kind)
    effects = side_effects(fit_and_predict)
    if effects:
        raise CheckError(f"During its fit, {'; '.join(effects)}.")


@check(
    "input-unchanged",
    hint="Copy before writing: rows are mapped read-only from files that other fits "
    "read.",
)
def _input_unchanged(subject: LearnerSubject) -> None:
    """A fit and a prediction do not write to their input."""
    for kind in subject.kinds:
        train, validation = subject.rows(kind)
        train = Rows(train.X, train.y, np.linspace(0.5, 1.5, len(train.y)))
        frozen_rows = frozen(train), frozen(validation)
        model = subject.fit(kind, *frozen_rows)
        subject.predict(kind, model, frozen_rows[1].X)
        _check_same("training", frozen_rows[0], train)
        _check_same("validation", frozen_rows[1], validation)


def _is_shared(usage: Usage) -> bool:
    """Return whether threads other than the busiest one did much of the work."""
    other_seconds = usage.cpu_seconds - usage.busiest_seconds
    return other_seconds > 0.02 and other_seconds > 0.25 * usage.cpu_seconds


def _usage(subject: LearnerSubject) -> Usage:
    if not can_measure():
        raise NotApplicableError("the system does not report the time of threads")
    if not subject.usage:
        kind = subject.kinds[0]
        train, validation = subject.rows(kind, 400)
        # Imports and one-time initialisation do not count.
        subject.fitted(kind)
        subject.usage.append(
            measure_usage(lambda: subject.fit(kind, train, validation))
        )
    return subject.usage[0]


def _is_swallowed(subject: LearnerSubject, kind: Any, seconds: float) -> bool:
    rows = subject.rows(kind)
    raised: list[bool] = []

    def interrupt(*_: object) -> None:
        if not raised:
            raised.append(True)
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        subject.fit(kind, *rows)
        continued = bool(raised)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        return False
    except CheckError:
        # Compiled code may raise another error instead, as long as the fit ends.
        if not raised:
            raise
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return continued


def _check_same(role: str, after: Rows, before: Rows) -> None:
    for part, array, expected in (
        ("X", after.X.values, before.X.values),
        ("y", after.y, before.y),
        ("weight", after.weight, before.weight),
    ):
        if expected is not None and (
            array is None or not np.array_equal(array, expected, equal_nan=True)
        ):
            raise CheckError(f"The {role} rows' {part} was changed.")


CHECKS = (
    *(_threads, _predict_threads, _memory, _deadline, _clock, _interrupt),
    *(_side_effects, _input_unchanged),
)
