"""Calls in worker processes, and in this process where none can be started."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from headstart.execution.future import Job, WorkerFuture
from headstart.execution.in_process import InProcessExecutor
from headstart.execution.pool import WorkerPool

__all__ = ["PooledExecutor"]


class PooledExecutor:
    """A `WorkerPool` that falls back to this process when it cannot be started.

    That is found out in the background, so `name`, `notice` and `n_slots` may change;
    calls submitted before go along.
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
        self._lock = threading.Lock()
        self._closed = False
        self._pool = WorkerPool(
            n_workers,
            preload=preload,
            warm=warm,
            environment=environment,
            rescue=self._fall_back,
        )

    @property
    def name(self) -> str:
        """``"processes"``, or ``"in-process"`` after a fallback."""
        return "processes" if self._fallback is None else self._fallback.name

    @property
    def notice(self) -> str:
        """Why work runs in this process; else empty."""
        return "" if self._fallback is None else self._fallback.notice

    @property
    def n_slots(self) -> int:
        """Calls that run at the same time."""
        return self._pool.n_workers if self._fallback is None else 1

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

    def _fall_back(self, why: str, jobs: list[Job]) -> None:
        with self._lock:
            if self._fallback is None and not self._closed:
                self._fallback = InProcessExecutor(
                    f"worker processes could not be started: {why}"
                )
            for job in jobs:
                if self._fallback is None or self._closed:
                    job.cancel()
                else:
                    self._fallback.add(job)
