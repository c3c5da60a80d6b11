"""The fitted state of one feature."""

from dataclasses import dataclass, field

import numpy as np

from headstart.base import FloatArray

__all__ = ["State"]


def _no_numbers() -> FloatArray:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class State:
    """The fitted numbers of a feature.

    Parameters
    ----------
    numbers : ndarray
        Constants, quantiles, or a table by group; NaN where a group has none.
    starts : tuple of int
        Start of each group's quantiles in `numbers`, or the first date of training.
    word : str
        The most frequent text value, or the time zone of dates.
    """

    numbers: FloatArray = field(default_factory=_no_numbers)
    starts: tuple[int, ...] = ()
    word: str = ""
