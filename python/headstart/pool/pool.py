"""A pool of worker processes that can be killed one by one."""

import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from types import TracebackType
from typing import Any, Literal

from headstart.pool.call import pack_call
from headstart.pool.forkserver.launch import why_not_launched
from headstart.pool.future import Job, WorkerFuture
from headstart.pool.job_queue import Ending
from headstart.pool.manager import PoolManager, Rescue

__all__ = ["WorkerPool"]

_LONGEST_END = 10.0  # seconds; killing takes a fraction of one


class WorkerPool(Executor):
    """An executor whose calls have enforced deadlines and memory limits.

    Workers are forked from a forkserver, a process that has imported `preload` and runs
    one thread. It is started as a fresh interpreter: nothing of the user's program is
    run again, so no ``if __name__ == "__main__"`` guard is needed, and pools work in
    scripts, on standard input, in notebooks, and inside daemonic processes. There is
    no semaphore and no shared memory; each worker has a connection of its own.

    The constructor does not wait: the forkserver starts in the background, and calls
    that are submitted meanwhile run as soon as it is ready. No process that a pool or a
    call in it started survives the pool or this process, whatever ends them.

    The output of calls is not shown; its last lines are part of the error if a worker
    dies.

    Parameters
    ----------
    n_workers : int
        Number of calls that run at the same time, at least 1. One more process is kept
        ready to replace a worker that dies.
    preload : sequence of str, default=()
        Dotted names of modules to import before workers are forked. One that cannot
        be imported, or that starts a thread, is listed in `problems`.
    warm : sequence of str, default=()
        Modules that each worker imports when it starts: those that start threads, which
        a fork would lose.
    environment : mapping of str to str, optional
        Environment variables of the workers, which override those of this process.
        Variables that set the number of threads are 1 by default.
    rescue : callable of ``(reason, jobs, had_workers)``, optional
        Called if no worker process can be started any more, with the reason, the
        waiting calls, and whether there were workers before.

    Raises
    ------
    ValueError
        If `n_workers` is less than 1.
    RuntimeError
        If processes cannot be started here (Windows, frozen programs).

    Examples
    --------
    >>> with WorkerPool(1) as pool:
    ...     pool.submit(pow, 2, 10).result()
    1024
    """

    def __init__(
        self,
        n_workers: int,
        *,
        preload: Sequence[str] = (),
        warm: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        rescue: Rescue | None = None,
    ) -> None:
        if n_workers < 1:
            raise ValueError(
                "The 'n_workers' parameter of WorkerPool must be an int >= 1. "
                f"Got {n_workers!r} instead."
            )
        if why := why_not_launched():
            raise RuntimeError(
                f"Worker processes cannot be started: {why}. "
                "hint: open_executor() runs the work in this process instead."
            )
        self.n_workers = n_workers
        self._shut = False
        self._manager = PoolManager(n_workers, preload, warm, environment or {}, rescue)
        # Also called when the interpreter exits.
        self._finalizer = weakref.finalize(self, _end_now, self._manager)

    @property
    def problems(self) -> tuple[str, ...]:
        """Problems of preloading, one line each; empty until it is ready."""
        return self._manager.problems

    @property
    def broken(self) -> str:
        """The reason why no worker can be started; empty otherwise."""
        return self._manager.broken

    @property
    def n_threads(self) -> int:
        """Threads of the forkserver after its imports: 0 until it is ready, then 1."""
        return self._manager.n_threads

    def wait_until_ready(self, timeout: float | None = None) -> bool:
        """Wait for the imports of `preload`; return False after `timeout` seconds."""
        return self._manager.ready.wait(timeout)

    def submit(
        self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> WorkerFuture:
        """Run ``fn(*args, **kwargs)`` in a worker, without limits.

        Raises
        ------
        RuntimeError
            If the pool was shut down.
        """
        return self._submit(Job(fn, args, kwargs))

    def submit_limited(
        self,
        fn: Callable[..., Any],
        args: Sequence[Any] = (),
        *,
        deadline: float | None = None,
        memory_limit: int | None = None,
    ) -> WorkerFuture:
        """Run ``fn(*args)`` in a worker that is killed when it breaks a limit.

        Parameters
        ----------
        deadline : float or None
            Time of `time.monotonic`, which also applies while the call is waiting.
        memory_limit : int or None
            Limit in bytes for the worker and all processes that it started, including
            memory shared with the forkserver (the libraries).

        Returns
        -------
        WorkerFuture
            Raises `WorkerDiedError` if the worker died or was killed; its `kind` is the
            reason.
        """
        return self._submit(Job(fn, tuple(args), {}, deadline, memory_limit))

    def add(self, job: Job) -> None:
        """Queue a packed job of a pool that broke."""
        job.keeps = self
        self._manager.submit(job)

    def _submit(self, job: Job) -> WorkerFuture:
        if self._shut or os.getpid() != self._manager.pid:
            raise RuntimeError(
                "The pool was shut down, or belongs to another process. "
                "hint: make a new WorkerPool."
            )
        try:
            job.packed = pack_call(job.fn, job.args, job.kwargs)
        except TypeError as error:
            job.fail(error)
            return job.future
        self.add(job)
        return job.future

    def kill(self, future: Future[Any]) -> None:
        """End a call: it is cancelled, or if it runs, killed with its worker.

        The future of a running call then raises `WorkerDiedError` of kind
        ``"cancelled"``. Nothing happens to a call that has ended.
        """
        self._manager.kill(future)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the signature of Executor
        """Accept no more calls, and end the workers when all accepted ones have run.

        Parameters
        ----------
        wait : bool
            Whether to return only then.
        cancel_futures : bool
            Whether to cancel the calls that have not started.
        """
        self._shut = True
        if cancel_futures:
            self._manager.cancel_pending()
        self._manager.end(Ending.WHEN_DONE)
        if wait:
            self._manager.join()

    def terminate(self) -> None:
        """Kill all workers now and return when they have ended.

        Calls that have not started are cancelled; futures of running ones raise
        `WorkerDiedError` of kind ``"cancelled"``.
        """
        self._shut = True
        self._manager.end(Ending.NOW)
        # With a limit: a second Ctrl-C can leave a future's lock held, and the thread
        # waiting for it. The processes end with this one in any case.
        self._manager.join(_LONGEST_END)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        # After Ctrl-C, running calls are not awaited.
        if kind is None:
            self.shutdown()
        else:
            self.terminate()
        return False


def _end_now(manager: PoolManager) -> None:
    manager.end(Ending.NOW)
    manager.join()
