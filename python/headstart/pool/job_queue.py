"""The queue of requests to a pool's thread: jobs, kills and the end of the pool."""

import contextlib
import os
import threading
import time
from collections import deque
from concurrent.futures import Future
from enum import Enum
from typing import Any

from headstart.pool.death import never_started
from headstart.pool.future import Job

__all__ = ["Ending", "JobQueue"]


class Ending(Enum):
    """The stages of a pool's end."""

    NO = 0
    WHEN_DONE = 1  # after all that was submitted
    NOW = 2


class JobQueue:
    """A thread-safe first-in, first-out queue of waiting jobs.

    Every change makes `wake_fd` readable, so that a thread can wait for it together
    with its other channels.
    """

    def __init__(self) -> None:
        # Reentrant: the garbage collector may drop the last reference to a pool
        # anywhere, also inside these methods.
        self._lock = threading.RLock()
        self._jobs: deque[Job] = deque()
        self._to_kill: set[Future[Any]] = set()
        self._ending = Ending.NO
        self._closed = False
        self.wake_fd, self._wake_write = os.pipe()
        os.set_blocking(self.wake_fd, False)
        os.set_blocking(self._wake_write, False)

    @property
    def ending(self) -> Ending:
        """The stage that `end` has requested."""
        return self._ending

    def __len__(self) -> int:
        return len(self._jobs)

    def put(self, job: Job) -> bool:
        """Add a job; return False if the queue is closed."""
        with self._lock:
            if not self._closed:
                self._jobs.append(job)
                self._wake()
            return not self._closed

    def take(self) -> Job | None:
        """Start and return the first job that can start; None if there is none."""
        while True:
            with self._lock:
                if not self._jobs:
                    return None
                job = self._jobs.popleft()
            if job.start():
                return job

    def kill(self, future: Future[Any]) -> None:
        """Request the end of the job of `future`."""
        with self._lock:
            self._to_kill.add(future)
            self._wake()

    def end(self, ending: Ending) -> None:
        """Request the end of the pool; an earlier, stronger request is kept."""
        with self._lock:
            if ending.value > self._ending.value:
                self._ending = ending
            self._wake()

    def cancel_all(self) -> None:
        """Cancel all waiting jobs."""
        with self._lock:
            jobs = list(self._jobs)
            self._jobs.clear()
        for job in jobs:
            job.cancel()

    def settle(self) -> set[Future[Any]]:
        """Cancel waiting jobs that are to be killed, and fail those past a deadline.

        Returns
        -------
        set of Future
            The futures to be killed that are not waiting here.
        """
        with contextlib.suppress(BlockingIOError):
            while os.read(self.wake_fd, 4096):
                pass
        now = time.monotonic()
        with self._lock:
            to_kill, self._to_kill = self._to_kill, set()
            killed = [job for job in self._jobs if job.future in to_kill]
            late = [job for job in self._jobs if job.is_late(now)]
            for job in {*killed, *late}:
                self._jobs.remove(job)
        for job in killed:
            job.cancel()
            to_kill.discard(job.future)
        for job in late:
            job.fail(never_started())
        return to_kill

    def next_deadline(self) -> float | None:
        """Return the first deadline of the waiting jobs."""
        with self._lock:
            deadlines = [job.deadline for job in self._jobs]
        return min((at for at in deadlines if at is not None), default=None)

    def close(self) -> list[Job]:
        """Accept no more jobs and return those that are waiting."""
        with self._lock:
            self._closed = True
            jobs = list(self._jobs)
            self._jobs.clear()
            os.close(self.wake_fd)
            os.close(self._wake_write)
        return jobs

    def _wake(self) -> None:
        if not self._closed:
            # The pipe is full, so it wakes anyway.
            with contextlib.suppress(BlockingIOError):
                os.write(self._wake_write, b"\0")
