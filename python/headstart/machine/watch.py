"""Long work that is watched: until when it may take, and how far it is."""

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
    """Until when work may take, and who is told how far it is.

    Parameters
    ----------
    deadline : float or None, default=None
        By `time.monotonic`.
    progress : callable of ``(done, total)`` or None, default=None
        What it raises ends the work.
    """

    deadline: float | None = None
    progress: Progress | None = None

    @classmethod
    def of(
        cls, caller: str, time_limit: float | None, progress: Progress | None
    ) -> Self:
        """Watch work of `caller` that begins now.

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
        """The same for a kernel that begins now: seconds left, and the callback."""
        if self.deadline is None:
            return None, self.progress
        return self.deadline - time.monotonic(), self.progress

    def is_late(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def tell(self, done: int, total: int) -> None:
        """Tell whoever watches how far the work is."""
        if self.progress is not None:
            self.progress(done, total)

    def warn_of_part(self, caller: str, done: int, total: int, units: str) -> None:
        """Warn that a result comes from less than was asked for, where it does.

        Parameters
        ----------
        caller : str
        done, total : int
        units : str
            What was counted, such as "permutations".
        """
        if done < total:
            warnings.warn(
                f"{caller} ran out of time after {done} of {total} {units}: the result "
                "comes from these alone, and may differ from run to run.",
                HeadstartWarning,
                stacklevel=3,
            )
