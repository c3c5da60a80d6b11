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
        Of everything that is drawn at random.
    n_threads : int, default=1
    time_limit : float, optional
        Seconds, counted from the call. What happens when they are over is part of each
        function's documentation; None, the default, sets no limit.
    progress : callable of ``(done, total)``, optional
        Called at most ten times a second, in the calling thread. What it raises ends
        the computation.
    """

    seed: int = 0
    n_threads: int = 1
    time_limit: float | None = None
    progress: Callable[..., object] | None = None

    def watch(self, caller: str) -> Watch:
        """Return a watch of the computation `caller`, which begins now.

        Raises
        ------
        ValueError
            If `time_limit` is not above 0 seconds.
        """
        return Watch.of(caller, self.time_limit, self.progress)
