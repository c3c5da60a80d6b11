"""Calls in this process, one after another, for systems without worker processes."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from headstart.exceptions import WorkerDiedError
from headstart.pool.death import cancelled, past_deadline
from headstart.pool.future import Job, WorkerFuture

__all__ = ["InProcessExecutor"]


class InProcessExecutor:
    """An executor of calls in a thread of this process, one at a time.

    A call cannot be stopped. At its deadline, its future fails and the next call
    starts. The late call continues in parallel, and its result is discarded. A call
    that crashes ends the program, and memory is not limited: `notice` says so.

    Parameters
    ----------
    reason : str
        The reason for `notice`. Empty if the user chose this executor.

    Examples
    --------
    >>> executor = InProcessExecutor()
    >>> executor.submit(pow, (2, 10)).result()
    1024
    >>> executor.close()
    """

    name = "in-process"
    broken = ""
    reports_starts = True
    n_slots = 1

    def __init__(self, reason: str = "") -> None:
        self.notice = "Fold fits run in this process, one at a time" + (
            f", because {reason}. " if reason else ". "
        )
        self.notice += (
            "A fold fit that crashes ends the program, and a fold fit that exceeds its "
            "time or memory limit cannot be stopped."
        )
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._current: _Run | None = None
        self._closed = False
        self._thread: threading.Thread | None = None
        # Reentrant, because callbacks of futures may submit.
        self._lock = threading.RLock()

    def submit(
        self,
        fn: Callable[..., Any],
        args: Sequence[Any] = (),
        *,
        deadline: float | None = None,
        memory_limit: int | None = None,
    ) -> WorkerFuture:
        """Run ``fn(*args)`` after all earlier calls.

        Raises
        ------
        RuntimeError
            If the executor is closed.
        """
        job = Job(fn, tuple(args), {}, deadline, memory_limit)
        self.add(job)
        return job.future

    def add(self, job: Job) -> None:
        """Queue a job of a pool without workers."""
        with self._lock:
            if self._closed:
                raise RuntimeError("The executor is closed. hint: open a new one.")
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run_jobs, name="headstart-in-process", daemon=True
                )
                self._thread.start()
            self._jobs.put(job)

    def kill(self, future: Future[Any]) -> None:
        """Cancel a waiting call, or stop waiting for a running call."""
        if future.cancel():
            return
        with self._lock:
            if self._current is not None and self._current.job.future is future:
                self._current.give_up(cancelled())

    def close(self) -> None:
        """Cancel waiting calls, and stop waiting for the running call."""
        with self._lock:
            self._closed = True
            self._jobs.put(None)
            if self._current is not None:
                self._current.give_up(cancelled())

    def _run_jobs(self) -> None:
        while (job := self._jobs.get()) is not None:
            with self._lock:
                if self._closed:
                    job.cancel()
                    continue
                if not job.start():
                    continue
                self._current = _Run(job)
            self._current.wait()
            with self._lock:
                self._current = None


class _Run:
    """A job in its own thread, so that waiting can end before the job does."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._over = threading.Event()
        threading.Thread(target=self._call, name="headstart-call", daemon=True).start()

    def wait(self) -> None:
        deadline = self.job.deadline
        timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not self._over.wait(timeout):
            self.give_up(past_deadline(self.job.seconds()))

    def give_up(self, error: WorkerDiedError) -> None:
        self.job.fail(error)
        self._over.set()

    def _call(self) -> None:
        job = self.job
        try:
            job.succeed(job.fn(*job.args, **job.kwargs))
        except Exception as error:
            job.fail(error)
        except BaseException as error:
            # sys.exit in a learner must not end the program.
            job.fail(
                WorkerDiedError(f"The call ended with {type(error).__name__}({error}).")
            )
        finally:
            self._over.set()
