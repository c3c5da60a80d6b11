"""The fitted state of one feature."""

from dataclasses import dataclass, field

import numpy as np

from headstart.base import FloatArray

__all__ = ["State"]


def _nothing() -> FloatArray:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class State:
    """The fitted numbers of a feature.

    Parameters
    ----------
    numbers : ndarray
        Constants, quantiles, or a table by group; NaN where a group has none.
    starts : tuple of int
        Where each group's quantiles begin in `numbers`; the first moment of training.
    word : str
        The most frequent word; the time zone of moments.
    """

    numbers: FloatArray = field(default_factory=_nothing)
    starts: tuple[int, ...] = ()
    word: str = ""
