"""Calls in an executor of the user's: another pool, Dask, Ray, MPI."""

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

    Calls cannot be killed there: one that is late is asked to cancel, its future
    fails at once, and an answer that comes later is dropped. A user's executor stays
    theirs; `close` does not shut it down.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        Its workers must have headstart installed.
    n_slots : int or None
        Calls to keep running there; None asks the executor how many workers it has.
    fall_back : callable of ``(n_slots)`` or None
        Opens the place where calls go on when the executor is broken or shut down.
        None: they fail, and `broken` says why.
    is_own : bool
        Whether it was opened for this fit: `close` then shuts it down.

    Raises
    ------
    TypeError
        If `executor` is no executor.
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
            f"Fold fits run in {self._name}, which cannot kill them: one past its "
            "deadline is asked to stop and its answer dropped; memory is not watched."
        )
        self._fall_back = fall_back
        self._fallback: FoldFitExecutor | None = None
        self._broken = ""
        self._open: dict[Future[Any], Future[Any]] = {}  # ours -> theirs
        # Deadline, tie-breaker, moment of submission.
        self._deadlines: list[tuple[float, int, float, WorkerFuture]] = []
        self._tie_breaker = itertools.count()
        # Its lock is reentrant: callbacks of futures may submit.
        self._changed = threading.Condition()
        self._watcher: threading.Thread | None = None
        self._closed = False

    @property
    def name(self) -> str:
        """The class of the user's executor, or where calls go on without it."""
        return self._name if self._fallback is None else self._fallback.name

    @property
    def notice(self) -> str:
        """The executor's limits; or that it broke, and where calls go on."""
        if self._fallback is None:
            return self._notice
        return f"{self._notice} {self._fallback.notice}".rstrip()

    @property
    def broken(self) -> str:
        """Why no call can run any more, empty while they can."""
        return self._broken if self._fallback is None else self._fallback.broken

    @property
    def tells_starts(self) -> bool:
        """False: a call may wait there for a worker that is not up yet."""
        return self._fallback is not None and self._fallback.tells_starts

    @property
    def n_slots(self) -> int:
        """Calls that run at the same time."""
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
            # Packed here: their pickling may know nothing of __main__.
            packed = pack_call(fn, args, {})
        except TypeError as error:
            ours.set_exception(error)
            return ours
        if self._broken:
            ours.set_exception(lost(self._broken))
            return ours
        try:
            theirs = self._executor.submit(run_packed, packed)
        except Exception as error:  # it is shut down, or one of its workers died
            self._give_up(error)
            return self.submit(fn, args, deadline=deadline, memory_limit=memory_limit)
        with self._changed:
            self._open[ours] = theirs
            if deadline is not None:
                moment = time.monotonic()
                entry = (deadline, next(self._tie_breaker), moment, ours)
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
        if self._fallback is not None:
            self._fallback.kill(future)

    def close(self) -> None:
        """Stop waiting for all calls; shut the executor down if it is no user's."""
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
        """Send no more calls to the user's executor."""
        with self._changed:
            if self._broken or self._closed:
                return
            self._broken = f"{self._name} failed: {type(error).__name__}: {error}"
            self._notice = f"{self._broken.rstrip('.')}."
            if self._fall_back is not None:
                self._fallback = self._fall_back(self._n_slots)
                self._notice += f" Fold fits go on in {self._fallback.name} instead."

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
                # Not the call's own error: their worker or their connection broke.
                if isinstance(error, BrokenExecutor):
                    self._give_up(error)
                gone = WorkerDiedError(
                    f"{self._name} lost the call: {type(error).__name__}: {error}",
                    "lost",
                )
                gone.__cause__ = error
                self._settle(ours, gone)
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
        """Return whether the caller is the one to answer `ours`."""
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
                _, _, moment, future = heapq.heappop(self._deadlines)
            late = WorkerDiedError(
                "Its deadline passed "
                f"{time.monotonic() - moment:.1f} s after {self._name} was given it.",
                "timeout",
            )
            self._settle(future, late)


def _count_workers(executor: Executor) -> int:
    """Ask an executor how many calls it runs at once, in the ways that are known."""
    n_workers = getattr(executor, "_max_workers", None)
    if isinstance(n_workers, int) and n_workers > 0:
        return n_workers
    client = getattr(executor, "_client", None)  # distributed.ClientExecutor
    if client is not None and callable(getattr(client, "nthreads", None)):
        return max(1, sum(int(n) for n in client.nthreads().values()))
    return available_cores()
