"""Calls in worker processes, or in this process if none can be started."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from headstart.execution.in_process import InProcessExecutor
from headstart.pool import WorkerPool
from headstart.pool.death import lost
from headstart.pool.future import Job, WorkerFuture

__all__ = ["PooledExecutor"]


# A call may crash the process that starts workers, hence a limit on new pools.
_MOST_POOLS = 3


class PooledExecutor:
    """A `WorkerPool` that falls back to this process if it cannot be started.

    A pool that breaks later is replaced by a new one, a few times. Both are detected in
    the background: `name`, `notice` and `n_slots` may change. Waiting calls are moved,
    and running calls are lost.
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
        # Reentrant, because callbacks of futures may submit.
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
        """A message on the fallback to this process or on a new pool, or empty."""
        return self._notice

    @property
    def broken(self) -> str:
        """The reason why no further call can run, or an empty string."""
        return self._broken

    @property
    def reports_starts(self) -> bool:
        """Always True."""
        return True

    @property
    def n_slots(self) -> int:
        """Number of calls that run at the same time."""
        return self._n_workers if self._fallback is None else 1

    @property
    def pool(self) -> WorkerPool:
        """The current pool."""
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
        """Stop a call by killing its worker."""
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

    def _rescue(self, reason: str, jobs: list[Job], had_workers: bool) -> None:  # noqa: FBT001 - the signature of Rescue
        with self._lock:
            if self._closed:
                for job in jobs:
                    job.cancel()
                return
            if self._fallback is None and not self._broken and self._pool.broken:
                self._replace_pool(reason, had_workers=had_workers)
            for job in jobs:
                if self._fallback is not None:
                    self._fallback.add(job)
                elif self._broken:
                    job.fail(lost(self._broken))
                else:
                    self._pool.add(job)

    def _replace_pool(self, reason: str, *, had_workers: bool) -> None:
        if not had_workers and self._n_pools == 1:
            self._fallback = InProcessExecutor(
                f"worker processes could not be started: {reason}"
            )
            self._notice = self._fallback.notice
        elif self._n_pools < _MOST_POOLS:
            self._notice = (
                f"The worker processes were lost: {reason}. New ones are started, and "
                "the interrupted fold fits run again."
            )
            self._pool = self._new_pool()
        else:
            self._broken = f"worker processes were lost {self._n_pools} times: {reason}"
            self._notice = (
                f"No more fold fits can run, because {self._broken}. The search ends "
                "with the trials that are done."
            )
