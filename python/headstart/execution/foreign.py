"""Calls in a user's executor, such as another pool, Dask, Ray or MPI."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from typing import Any

from headstart.exceptions import ForkedProcessError, WorkerDiedError
from headstart.execution.executor import FoldFitExecutor
from headstart.machine.capacity import available_cores
from headstart.pool.call import pack_call, run_packed, unpack_answer
from headstart.pool.death import cancelled, lost
from headstart.pool.future import WorkerFuture

__all__ = ["ForeignExecutor"]


class ForeignExecutor:
    """Any `concurrent.futures.Executor`, with deadlines.

    Its calls cannot be killed. At the deadline, the call is cancelled, its future fails
    at once, and a later result is discarded. `close` does not shut a user's executor
    down.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        Its workers must have headstart installed.
    n_slots : int or None
        Number of simultaneous calls; None means the number of workers of the executor.
    fall_back : callable of ``(n_slots)`` or None
        Opens the executor for calls after the user's executor is broken or shut down.
        If None, these calls fail, and `broken` is the reason.
    is_own : bool
        Whether the executor was opened for this fit. `close` then shuts it down.

    Raises
    ------
    TypeError
        If `executor` is not an executor.
    """

    def __init__(
        self,
        executor: Executor,
        n_slots: int | None = None,
        fall_back: Callable[[int], FoldFitExecutor] | None = None,
        *,
        is_own: bool = False,
    ) -> None:
        if not callable(getattr(executor, "submit", None)):
            raise TypeError(
                "The 'executor' parameter must be a concurrent.futures.Executor. "
                f"Got {type(executor).__name__} instead. "
                "hint: for Dask, pass client.get_executor()."
            )
        self._executor = executor
        self._is_own = is_own
        self._name = type(executor).__name__
        self._n_slots = n_slots or _count_workers(executor)
        self._notice = (
            f"Fold fits run in {self._name}, which cannot kill them: at its deadline, "
            "a fold fit is cancelled and its result discarded; memory is not limited."
        )
        self._fall_back = fall_back
        self._fallback: FoldFitExecutor | None = None
        self._broken = ""
        self._open: dict[Future[Any], Future[Any]] = {}  # ours -> theirs
        # Deadline, tie-breaker, time of submission.
        self._deadlines: list[tuple[float, int, float, WorkerFuture]] = []
        self._tie_breaker = itertools.count()
        # The condition's lock is reentrant, because callbacks of futures may submit.
        self._changed = threading.Condition()
        self._watcher: threading.Thread | None = None
        self._closed = False

    @property
    def name(self) -> str:
        """The class name of the user's executor, or the name of its replacement."""
        return self._name if self._fallback is None else self._fallback.name

    @property
    def notice(self) -> str:
        """The executor's limitations, or its failure and its replacement."""
        if self._fallback is None:
            return self._notice
        return f"{self._notice} {self._fallback.notice}".rstrip()

    @property
    def broken(self) -> str:
        """The reason why no further call can run, or an empty string."""
        return self._broken if self._fallback is None else self._fallback.broken

    @property
    def reports_starts(self) -> bool:
        """False, because a call may wait for a worker; else that of the replacement."""
        return self._fallback is not None and self._fallback.reports_starts

    @property
    def n_slots(self) -> int:
        """Number of calls that run at the same time."""
        return self._n_slots if self._fallback is None else self._fallback.n_slots

    def submit(
        self,
        fn: Callable[..., Any],
        args: Sequence[Any] = (),
        *,
        deadline: float | None = None,
        memory_limit: int | None = None,
    ) -> Future[Any]:
        """Run ``fn(*args)`` in the user's executor.

        Raises
        ------
        RuntimeError
            If this executor is closed.
        """
        if self._closed:
            raise RuntimeError("The executor is closed. hint: open a new one.")
        if self._fallback is not None:
            return self._fallback.submit(
                fn, args, deadline=deadline, memory_limit=memory_limit
            )
        ours = WorkerFuture()
        try:
            # Pickled here, because the executor's pickling may not support __main__.
            packed = pack_call(fn, args, {})
        except TypeError as error:
            ours.set_exception(error)
            return ours
        if self._broken:
            ours.set_exception(lost(self._broken))
            return ours
        try:
            theirs = self._executor.submit(run_packed, packed)
        except Exception as error:  # the executor is shut down, or lost a worker
            self._give_up(error)
            return self.submit(fn, args, deadline=deadline, memory_limit=memory_limit)
        with self._changed:
            self._open[ours] = theirs
            if deadline is not None:
                submitted = time.monotonic()
                entry = (deadline, next(self._tie_breaker), submitted, ours)
                heapq.heappush(self._deadlines, entry)
                if self._watcher is None:
                    self._watcher = threading.Thread(
                        target=self._watch, name="headstart-deadlines", daemon=True
                    )
                    self._watcher.start()
                self._changed.notify()
        ours.add_done_callback(lambda _: self._let_go(ours, theirs))
        theirs.add_done_callback(lambda _: self._answer(ours, theirs))
        return ours

    def kill(self, future: Future[Any]) -> None:
        """Cancel a call, and stop waiting for it."""
        self._settle(future, cancelled())
        if self._fallback is not None:
            self._fallback.kill(future)

    def close(self) -> None:
        """Stop waiting for all calls, and shut the executor down if `is_own`."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            still_open = list(self._open)
        for future in still_open:
            self._settle(future, cancelled())
        if self._fallback is not None:
            self._fallback.close()
        if self._is_own:
            self._executor.shutdown(wait=False, cancel_futures=True)

    def _give_up(self, error: BaseException) -> None:
        """Stop the use of the user's executor."""
        with self._changed:
            if self._broken or self._closed:
                return
            self._broken = f"{self._name} failed: {type(error).__name__}: {error}"
            self._notice = f"{self._broken.rstrip('.')}."
            if self._fall_back is not None:
                self._fallback = self._fall_back(self._n_slots)
                self._notice += f" Fold fits continue in {self._fallback.name} instead."

    def _answer(self, ours: WorkerFuture, theirs: Future[Any]) -> None:
        try:
            result = unpack_answer(theirs.result())
        except CancelledError:
            self._settle(ours, cancelled())
        except ForkedProcessError as error:
            # None of its workers can run a fold fit.
            self._give_up(error)
            self._settle(ours, lost(f"{self._name} failed: {error}"))
        except Exception as error:
            if isinstance(theirs.exception(), Exception):
                # An error of the executor's worker or connection, not of the call.
                if isinstance(error, BrokenExecutor):
                    self._give_up(error)
                lost_call = WorkerDiedError(
                    f"{self._name} lost the call: {type(error).__name__}: {error}",
                    "lost",
                )
                lost_call.__cause__ = error
                self._settle(ours, lost_call)
            else:
                self._settle(ours, error)
        else:
            if self._claim(ours):
                ours.set_result(result)

    def _let_go(self, ours: WorkerFuture, theirs: Future[Any]) -> None:
        theirs.cancel()
        if ours.cancelled():
            self._claim(ours)  # notifies waiting threads

    def _settle(self, ours: Future[Any], error: Exception) -> None:
        if self._claim(ours):
            ours.set_exception(error)

    def _claim(self, ours: Future[Any]) -> bool:
        """Return whether the caller may set the result of `ours`."""
        with self._changed:
            if self._open.pop(ours, None) is None:
                return False
        # Also False if the user cancelled the future.
        return ours.set_running_or_notify_cancel()

    def _watch(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                now = time.monotonic()
                if not self._deadlines or self._deadlines[0][0] > now:
                    timeout = self._deadlines[0][0] - now if self._deadlines else None
                    self._changed.wait(timeout)
                    continue
                _, _, submitted, future = heapq.heappop(self._deadlines)
            timeout_error = WorkerDiedError(
                "Its deadline passed "
                f"{time.monotonic() - submitted:.1f} s after its submission to "
                f"{self._name}.",
                "timeout",
            )
            self._settle(future, timeout_error)


def _count_workers(executor: Executor) -> int:
    """Return the number of workers of an executor, or of cores if it is unknown."""
    n_workers = getattr(executor, "_max_workers", None)
    if isinstance(n_workers, int) and n_workers > 0:
        return n_workers
    client = getattr(executor, "_client", None)  # distributed.ClientExecutor
    if client is not None and callable(getattr(client, "nthreads", None)):
        return max(1, sum(int(n) for n in client.nthreads().values()))
    return available_cores()
