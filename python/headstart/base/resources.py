"""What one fold fit may use."""

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
        Moment of `clock` at which the learner should have stopped and
        returned what it has; None where only work counts (a deterministic run).
        A learner that takes no notice is killed a little later.
    clock : callable of ``() -> float``
        Seconds, as `time.monotonic` gives them. Where a machine is shared and results
        must not depend on it, the processor's seconds of this process.
    """

    threads: int = 1
    seed: int = 0
    deadline: float | None = None
    clock: Callable[[], float] = time.monotonic

    def seconds_left(self) -> float:
        """Seconds until the deadline, 0 when it has passed, infinite without one."""
        if self.deadline is None:
            return float("inf")
        return max(0.0, self.deadline - self.clock())
