"""Calls in worker processes, and in this process where none can be started."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from headstart.execution.in_process import InProcessExecutor
from headstart.pool import WorkerPool
from headstart.pool.death import lost
from headstart.pool.future import Job, WorkerFuture

__all__ = ["PooledExecutor"]


# A call may be what ends the process that starts workers: pools are not made for ever.
_MOST_POOLS = 3


class PooledExecutor:
    """A `WorkerPool` that falls back to this process when it cannot be started.

    A pool that breaks later is replaced by a new one, a few times. Both are found out
    in the background, so `name`, `notice` and `n_slots` may change; calls that wait go
    along, those that run are lost.
    """

    def __init__(
        self,
        n_workers: int,
        *,
        preload: Sequence[str] = (),
        warm: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._fallback: InProcessExecutor | None = None
        self._notice = ""
        self._broken = ""
        self._n_pools = 0
        self._n_workers = n_workers
        self._preload, self._warm = preload, warm
        self._environment = environment
        # Reentrant: callbacks of futures may submit.
        self._lock = threading.RLock()
        self._closed = False
        with self._lock:
            self._pool = self._new_pool()

    @property
    def name(self) -> str:
        """``"processes"``, or ``"in-process"`` after a fallback."""
        return "processes" if self._fallback is None else self._fallback.name

    @property
    def notice(self) -> str:
        """Why work runs in this process, or that a pool was replaced; else empty."""
        return self._notice

    @property
    def broken(self) -> str:
        """Why no call can run any more, empty while they can."""
        return self._broken

    @property
    def tells_starts(self) -> bool:
        """Always: workers are ours."""
        return True

    @property
    def n_slots(self) -> int:
        """Calls that run at the same time."""
        return self._n_workers if self._fallback is None else 1

    @property
    def pool(self) -> WorkerPool:
        """The pool itself."""
        return self._pool

    def submit(
        self,
        fn: Callable[..., Any],
        args: Sequence[Any] = (),
        *,
        deadline: float | None = None,
        memory_limit: int | None = None,
    ) -> WorkerFuture:
        """Run ``fn(*args)``; see `WorkerPool.submit_limited`."""
        return self._pool.submit_limited(
            fn, args, deadline=deadline, memory_limit=memory_limit
        )

    def kill(self, future: Future[Any]) -> None:
        """End a call with its worker."""
        if self._fallback is None:
            self._pool.kill(future)
        else:
            self._fallback.kill(future)

    def close(self) -> None:
        """Kill all workers."""
        with self._lock:
            self._closed = True
            if self._fallback is not None:
                self._fallback.close()
        self._pool.terminate()

    def _new_pool(self) -> WorkerPool:
        self._n_pools += 1
        return WorkerPool(
            self._n_workers,
            preload=self._preload,
            warm=self._warm,
            environment=self._environment,
            rescue=self._rescue,
        )

    def _rescue(self, why: str, jobs: list[Job], had_workers: bool) -> None:  # noqa: FBT001 - the signature of Rescue
        with self._lock:
            if self._closed:
                for job in jobs:
                    job.cancel()
                return
            if self._fallback is None and not self._broken and self._pool.broken:
                self._replace_pool(why, had_workers=had_workers)
            for job in jobs:
                if self._fallback is not None:
                    self._fallback.add(job)
                elif self._broken:
                    job.fail(lost(self._broken))
                else:
                    self._pool.add(job)

    def _replace_pool(self, why: str, *, had_workers: bool) -> None:
        if not had_workers and self._n_pools == 1:
            self._fallback = InProcessExecutor(
                f"worker processes could not be started: {why}"
            )
            self._notice = self._fallback.notice
        elif self._n_pools < _MOST_POOLS:
            self._notice = (
                f"The worker processes were lost: {why}. New ones are started, and the "
                "fold fits that ran are run again."
            )
            self._pool = self._new_pool()
        else:
            self._broken = f"worker processes were lost {self._n_pools} times: {why}"
            self._notice = (
                f"No more fold fits can run, because {self._broken}. The search ends "
                "with what it has."
            )
