"""Many fold fits at once, and the outcome of each."""

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

# How long a request to stop may go unnoticed.
_TICK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class FitLimits:
    """Limits of fold fits that run together.

    Parameters
    ----------
    deadline : float or None
        Moment of `time.monotonic` at which all must have ended.
    memory : int or None
        Resident bytes of one worker above which its fold fit is stopped.
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
    """Run fold fits; return their outcomes, in order.

    Those that are not done at the deadline, or when they are to stop, are ended:
    `FoldStatus.CANCELLED`.

    Parameters
    ----------
    fold_fits : iterable of FoldFit
        Each is submitted before the next one is asked for.
    store : Store
    executor : FoldFitExecutor
    limits : FitLimits
    stop : callable of () -> bool
        Asked a few times a second.
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
    late = set(futures)
    while late and not stop():
        left = _TICK_SECONDS
        if limits.deadline is not None:
            left = min(left, limits.deadline - time.monotonic())
        if left <= 0:
            break
        _, late = wait(late, timeout=left)
    for future in late:
        executor.kill(future)
    return [
        FoldOutcome(FoldStatus.CANCELLED) if future in late else outcome_of(future)
        for future in futures
    ]


def outcome_of(future: Future[FoldOutcome], seconds: float = 0.0) -> FoldOutcome:
    """Return the outcome of a fold fit that is done, however it ended.

    Parameters
    ----------
    future : Future
        That of `run_fold_fit`.
    seconds : float
        Those that it took, where its process did not live to tell.
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
