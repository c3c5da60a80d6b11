"""Options of long computations: seed, threads, time, progress."""

from collections.abc import Callable
from dataclasses import dataclass

from headstart.machine.watch import Watch

__all__ = ["Compute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """Options of a long computation. Results do not depend on the number of threads.

    Parameters
    ----------
    seed : int, default=0
        Seed of all random numbers.
    n_threads : int, default=1
    time_limit : float, optional
        Seconds from the call. Each function documents what happens at the limit. None,
        the default, sets no limit.
    progress : callable of ``(done, total)``, optional
        Called at most ten times a second, in the calling thread. An exception in it
        ends the computation.
    """

    seed: int = 0
    n_threads: int = 1
    time_limit: float | None = None
    progress: Callable[..., object] | None = None

    def watch(self, caller: str) -> Watch:
        """Return a watch of the computation `caller`, which starts now.

        Raises
        ------
        ValueError
            If `time_limit` is not above 0 seconds.
        """
        return Watch.of(caller, self.time_limit, self.progress)
