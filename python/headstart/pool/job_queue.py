"""What callers hand to a pool's thread: jobs, kills, and the wish to end."""

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
    """Jobs that wait, first in, first out; safe to use from any thread.

    Every change makes `wake_fd` readable, so that a thread can wait for it together
    with its other channels.
    """

    def __init__(self) -> None:
        # Reentrant: the last reference to a pool may be dropped anywhere, also in
        # here, by the garbage collector.
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
        """The stage that was asked for last with `end`."""
        return self._ending

    def __len__(self) -> int:
        return len(self._jobs)

    def put(self, job: Job) -> bool:
        """Add a job; False where the queue is closed."""
        with self._lock:
            if not self._closed:
                self._jobs.append(job)
                self._wake()
            return not self._closed

    def take(self) -> Job | None:
        """Return the first job that can start, started; None where there is none."""
        while True:
            with self._lock:
                if not self._jobs:
                    return None
                job = self._jobs.popleft()
            if job.start():
                return job

    def kill(self, future: Future[Any]) -> None:
        """Ask for the job of `future` to be ended."""
        with self._lock:
            self._to_kill.add(future)
            self._wake()

    def end(self, ending: Ending) -> None:
        """Ask for the end; an earlier, stronger wish stays."""
        with self._lock:
            if ending.value > self._ending.value:
                self._ending = ending
            self._wake()

    def cancel_all(self) -> None:
        """Cancel every job that waits."""
        with self._lock:
            jobs = list(self._jobs)
            self._jobs.clear()
        for job in jobs:
            job.cancel()

    def settle(self) -> set[Future[Any]]:
        """Cancel waiting jobs that are to be killed, and fail those that are late.

        Returns
        -------
        set of Future
            Those to be killed that do not wait here.
        """
        with contextlib.suppress(BlockingIOError):
            while os.read(self.wake_fd, 4096):
                pass
        now = time.monotonic()
        with self._lock:
            wanted, self._to_kill = self._to_kill, set()
            killed = [job for job in self._jobs if job.future in wanted]
            late = [job for job in self._jobs if job.is_late(now)]
            for job in {*killed, *late}:
                self._jobs.remove(job)
        for job in killed:
            job.cancel()
            wanted.discard(job.future)
        for job in late:
            job.fail(never_started())
        return wanted

    def next_deadline(self) -> float | None:
        """Return the first deadline among the jobs that wait."""
        with self._lock:
            deadlines = [job.deadline for job in self._jobs]
        return min((at for at in deadlines if at is not None), default=None)

    def close(self) -> list[Job]:
        """Take no more jobs; return those that wait."""
        with self._lock:
            self._closed = True
            jobs = list(self._jobs)
            self._jobs.clear()
            os.close(self.wake_fd)
            os.close(self._wake_write)
        return jobs

    def _wake(self) -> None:
        if not self._closed:
            # Full: it wakes anyway.
            with contextlib.suppress(BlockingIOError):
                os.write(self._wake_write, b"\0")
