"""Resources of one fold fit: threads, seed and deadline."""

import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Resources"]


@dataclass(frozen=True, slots=True)
class Resources:
    """Threads, seed and deadline of one fold fit.

    Parameters
    ----------
    threads : int
        Threads the learner may run, at least 1.
    seed : int
        Random seed in ``0 .. 2**31 - 1``, derived from configuration and fold.
    deadline : float or None
        Time of `clock` by which the learner should have returned its model; None with a
        budget in trials (a deterministic run). A learner that ignores it is killed a
        little later.
    clock : callable of ``() -> float``
        Seconds, by default of `time.monotonic`. If a machine is shared and results must
        not depend on its load, the CPU seconds of this process.
    """

    threads: int = 1
    seed: int = 0
    deadline: float | None = None
    clock: Callable[[], float] = time.monotonic

    def seconds_left(self) -> float:
        """Return the seconds until the deadline: at least 0, infinite without one."""
        if self.deadline is None:
            return float("inf")
        return max(0.0, self.deadline - self.clock())
