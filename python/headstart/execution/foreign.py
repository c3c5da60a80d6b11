"""Calls in an executor of the user's: another pool, Dask, Ray, MPI."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Executor, Future
from typing import Any

from headstart.exceptions import WorkerDiedError
from headstart.execution.call import pack_call, run_packed, unpack_answer
from headstart.execution.death import cancelled, past_deadline
from headstart.execution.future import WorkerFuture

__all__ = ["ForeignExecutor"]


class ForeignExecutor:
    """Any `concurrent.futures.Executor`, with deadlines.

    Calls cannot be killed there: one that is late is asked to cancel, its future
    fails at once, and an answer that comes later is dropped. The executor stays the
    user's; `close` does not shut it down.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        Its workers must have headstart installed.
    n_slots : int or None
        Calls to keep running there; None asks the executor how many workers it has.

    Raises
    ------
    TypeError
        If `executor` is no executor.
    """

    def __init__(self, executor: Executor, n_slots: int | None = None) -> None:
        if not callable(getattr(executor, "submit", None)):
            raise TypeError(
                "The 'executor' parameter must be a concurrent.futures.Executor. "
                f"Got {type(executor).__name__} instead. "
                "hint: for Dask, pass client.get_executor()."
            )
        self._executor = executor
        self.name = type(executor).__name__
        self.n_slots = n_slots or _count_workers(executor)
        self.notice = (
            f"Fold fits run in {self.name}, which cannot kill them: one past its "
            "deadline is asked to stop and its answer dropped; memory is not watched."
        )
        self._open: dict[Future[Any], Future[Any]] = {}  # ours -> theirs
        self._deadlines: list[tuple[float, int, WorkerFuture]] = []
        self._tie_breaker = itertools.count()
        self._changed = threading.Condition()
        self._watcher: threading.Thread | None = None
        self._closed = False

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
            If this or the user's executor is closed.
        """
        del memory_limit
        if self._closed:
            raise RuntimeError("The executor is closed. hint: open a new one.")
        ours = WorkerFuture()
        ours.started = time.monotonic()
        try:
            # Packed here: their pickling may know nothing of __main__.
            packed = pack_call(fn, args, {})
        except TypeError as error:
            ours.set_exception(error)
            return ours
        theirs = self._executor.submit(run_packed, packed)
        with self._changed:
            self._open[ours] = theirs
            if deadline is not None:
                entry = (deadline, next(self._tie_breaker), ours)
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
        """Ask for a call to be cancelled, and stop waiting for it."""
        self._settle(future, cancelled())

    def close(self) -> None:
        """Stop waiting for all calls. The user's executor is not shut down."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            still_open = list(self._open)
        for future in still_open:
            self._settle(future, cancelled())

    def _answer(self, ours: WorkerFuture, theirs: Future[Any]) -> None:
        try:
            result = unpack_answer(theirs.result())
        except CancelledError:
            self._settle(ours, cancelled())
        except Exception as error:
            if isinstance(theirs.exception(), Exception):
                # Not the call's own error: their worker or their connection broke.
                lost = WorkerDiedError(
                    f"{self.name} lost the call: {type(error).__name__}: {error}"
                )
                lost.__cause__ = error
                self._settle(ours, lost)
            else:
                self._settle(ours, error)
        else:
            if self._claim(ours):
                ours.set_result(result)

    def _let_go(self, ours: WorkerFuture, theirs: Future[Any]) -> None:
        theirs.cancel()
        if ours.cancelled():
            self._claim(ours)  # tells those who wait for it

    def _settle(self, ours: Future[Any], error: Exception) -> None:
        if self._claim(ours):
            ours.set_exception(error)

    def _claim(self, ours: Future[Any]) -> bool:
        """Whether the caller is the one to answer `ours`."""
        with self._changed:
            if self._open.pop(ours, None) is None:
                return False
        # False as well when the user cancelled it.
        return ours.set_running_or_notify_cancel()

    def _watch(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                now = time.monotonic()
                if not self._deadlines or self._deadlines[0][0] > now:
                    left = self._deadlines[0][0] - now if self._deadlines else None
                    self._changed.wait(left)
                    continue
                _, _, future = heapq.heappop(self._deadlines)
            seconds = time.monotonic() - (future.started or now)
            self._settle(future, past_deadline(seconds))


def _count_workers(executor: Executor) -> int:
    """Ask an executor how many calls it runs at once, in the ways that are known."""
    n_workers = getattr(executor, "_max_workers", None)
    if isinstance(n_workers, int) and n_workers > 0:
        return n_workers
    client = getattr(executor, "_client", None)  # distributed.ClientExecutor
    if client is not None and callable(getattr(client, "nthreads", None)):
        return max(1, sum(int(n) for n in client.nthreads().values()))
    from headstart.base.machine import available_cores

    return available_cores()
