"""The deadline and progress of a long computation."""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from headstart.exceptions import HeadstartWarning

__all__ = ["Progress", "Watch"]

Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Watch:
    """A deadline, and a callback for the progress.

    Parameters
    ----------
    deadline : float or None, default=None
        Time of `time.monotonic`.
    progress : callable of ``(done, total)`` or None, default=None
        An exception in it ends the computation.
    """

    deadline: float | None = None
    progress: Progress | None = None

    @classmethod
    def of(
        cls, caller: str, time_limit: float | None, progress: Progress | None
    ) -> Self:
        """Return a watch of the computation `caller`, which starts now.

        Parameters
        ----------
        caller : str
            Name of the function, for messages.
        time_limit : float or None
            Seconds from now.
        progress : callable or None

        Raises
        ------
        ValueError
            If `time_limit` is not above 0 seconds.
        """
        if time_limit is None:
            return cls(None, progress)
        if not time_limit > 0:
            raise ValueError(
                f"The 'time_limit' parameter of {caller} must be above 0 seconds. "
                f"Got {time_limit} instead."
            )
        return cls(time.monotonic() + time_limit, progress)

    @property
    def of_core(self) -> tuple[float | None, Progress | None]:
        """Return the seconds left and the callback, for a kernel that starts now."""
        if self.deadline is None:
            return None, self.progress
        return self.deadline - time.monotonic(), self.progress

    def is_late(self) -> bool:
        """Return whether the deadline has passed."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def report(self, done: int, total: int) -> None:
        """Call `progress`, if there is one."""
        if self.progress is not None:
            self.progress(done, total)

    def warn_of_part(self, caller: str, done: int, total: int, units: str) -> None:
        """Warn if a result comes from fewer units than requested.

        Parameters
        ----------
        caller : str
        done, total : int
        units : str
            The counted units, such as "permutations".
        """
        if done < total:
            warnings.warn(
                f"{caller} ran out of time after {done} of {total} {units}: the result "
                "is based on these only, and may differ from run to run.",
                HeadstartWarning,
                stacklevel=3,
            )
