"""Blocks of dependent rows: declared groups, or neighbours in time."""

import numpy as np
from numpy.typing import NDArray

from headstart.analysis.performance.intervals import FEW_GROUPS
from headstart.base import IntArray
from headstart.validation import Dependence

__all__ = ["blocks_of", "describe_dependence", "groups_of"]

# More blocks would be shorter than the errors' autocorrelation; the variance of fewer
# would be uncertain.
_TIME_BLOCKS = 30
# For the tests of slices, which count the rows of every cell by block.
_MOST_BLOCKS = 200


def groups_of(dependence: Dependence, rows: IntArray) -> NDArray[np.int64] | None:
    """Return the resampling unit of each row: group or block in time, or None.

    Examples
    --------
    >>> groups_of(Dependence(order=np.arange(90)), np.arange(90))[:7].tolist()
    [0, 0, 0, 1, 1, 1, 2]
    """
    if dependence.groups is not None:
        return dependence.groups[rows]
    if dependence.order is not None:
        return dependence.divide(rows, _TIME_BLOCKS)
    return None


def blocks_of(dependence: Dependence, rows: IntArray) -> NDArray[np.int64] | None:
    """Return the units of `groups_of` as codes from 0, merged where there are many."""
    groups = groups_of(dependence, rows)
    if groups is None:
        return None
    names, codes = np.unique(groups, return_inverse=True)
    if names.size > _MOST_BLOCKS:
        return dependence.divide(rows, _MOST_BLOCKS)
    return codes.astype(np.int64)


def describe_dependence(dependence: Dependence, rows: IntArray) -> str:
    """Return a note on the resampling of dependent rows, "" for independent rows."""
    groups = groups_of(dependence, rows)
    if groups is None:
        return ""
    n_groups = np.unique(groups).size
    if dependence.groups is None:
        return (
            "Neighbouring rows are not independent: intervals, importance and weak "
            f"slices draw {n_groups} blocks of about {rows.size // n_groups:,} rows in "
            "order of time. Where errors are correlated over longer times, intervals "
            "are too narrow."
        )
    few = ""
    if n_groups < FEW_GROUPS:
        few = f" There are only {n_groups}, so that intervals are wide and uncertain."
    return (
        "Rows of one group are not independent: intervals, importance and weak slices "
        f"draw whole groups.{few}"
    )
