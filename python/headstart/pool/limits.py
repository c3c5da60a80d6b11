"""Detection of running calls that break their limits."""

import time
from collections.abc import Iterable, Iterator

from headstart.exceptions import WorkerDiedError
from headstart.pool.death import out_of_memory, past_deadline
from headstart.pool.memory import resident_bytes
from headstart.pool.worker_handle import WorkerHandle

__all__ = ["LimitWatch"]

# Seconds between measurements of memory, fewer above half of the limit: an allocation
# loop fills about 2 GB/s.
_SECONDS = 0.1
_SECONDS_NEAR_LIMIT = 0.02


class LimitWatch:
    """Watches deadlines and memory of the workers that run something.

    Attributes
    ----------
    next_look : float
        Time of `time.monotonic` of the next measurement of memory.
    """

    def __init__(self) -> None:
        self.next_look = 0.0

    def broken(
        self, running: Iterable[WorkerHandle]
    ) -> Iterator[tuple[WorkerHandle, WorkerDiedError]]:
        """Yield each worker whose call breaks a limit now, with the error.

        It also updates the peak memory of the futures.
        """
        now = time.monotonic()
        look = now >= self.next_look
        if look:
            self.next_look = now + _SECONDS
        for worker in running:
            job = worker.job
            if job is None or worker.doom is not None:
                continue
            if job.is_late(now):
                yield worker, past_deadline(job.seconds(), worker.printed())
            elif look:
                used = resident_bytes(worker.pid or 0)
                job.future.peak_memory = max(job.future.peak_memory, used)
                limit = job.memory_limit
                if limit is not None and used > limit:
                    yield worker, out_of_memory(used, limit, worker.printed())
                elif limit is not None and used > limit / 2:
                    self.next_look = now + _SECONDS_NEAR_LIMIT
