"""Concurrent fold fits and their outcomes."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from dataclasses import dataclass

from headstart.base import FoldFit, FoldOutcome, FoldStatus
from headstart.exceptions import WorkerDiedError
from headstart.execution.executor import FoldFitExecutor
from headstart.execution.fold_fit import run_fold_fit
from headstart.execution.store import Store

__all__ = ["FitLimits", "fit_all", "outcome_of"]

# Interval between calls of `stop`.
_TICK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class FitLimits:
    """Limits of fold fits that run together.

    Parameters
    ----------
    deadline : float or None
        Time of `time.monotonic` at which all fold fits are stopped.
    memory : int or None
        Resident bytes of a worker above which its fold fit is stopped.
    """

    deadline: float | None = None
    memory: int | None = None


def fit_all(
    fold_fits: Iterable[FoldFit],
    store: Store,
    executor: FoldFitExecutor,
    limits: FitLimits,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> list[FoldOutcome]:
    """Run fold fits, and return their outcomes in order.

    Fold fits that are not done at the deadline, or when `stop` returns True, are
    stopped. Their status is `FoldStatus.CANCELLED`.

    Parameters
    ----------
    fold_fits : iterable of FoldFit
        Each fold fit is submitted before the next one is generated.
    store : Store
    executor : FoldFitExecutor
    limits : FitLimits
    stop : callable of () -> bool
        Called a few times per second.
    """
    futures: list[Future[FoldOutcome]] = [
        executor.submit(
            run_fold_fit,
            (store, fold_fit),
            deadline=limits.deadline,
            memory_limit=limits.memory,
        )
        for fold_fit in fold_fits
    ]
    pending = set(futures)
    while pending and not stop():
        timeout = _TICK_SECONDS
        if limits.deadline is not None:
            timeout = min(timeout, limits.deadline - time.monotonic())
        if timeout <= 0:
            break
        _, pending = wait(pending, timeout=timeout)
    for future in pending:
        executor.kill(future)
    return [
        FoldOutcome(FoldStatus.CANCELLED) if future in pending else outcome_of(future)
        for future in futures
    ]


def outcome_of(future: Future[FoldOutcome], seconds: float = 0.0) -> FoldOutcome:
    """Return the outcome of a completed, failed or cancelled fold fit.

    Parameters
    ----------
    future : Future
        The future of a call of `run_fold_fit`.
    seconds : float
        Duration, used if the process ended without an outcome.
    """
    if future.cancelled():
        return FoldOutcome(FoldStatus.CANCELLED, total_seconds=seconds)
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, WorkerDiedError):
        return FoldOutcome(
            FoldStatus.CRASH if error.kind == "lost" else FoldStatus(error.kind),
            total_seconds=seconds,
            reason=str(error),
            details=error.details,
        )
    return FoldOutcome(
        FoldStatus.ERROR,
        total_seconds=seconds,
        reason=f"{type(error).__name__}: {error}",
    )
