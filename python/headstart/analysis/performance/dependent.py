"""Rows that are not independent: groups, and neighbours in time, as blocks."""

import numpy as np
from numpy.typing import NDArray

from headstart.analysis.performance.intervals import FEW_GROUPS
from headstart.base import IntArray
from headstart.validation import Dependence

__all__ = ["blocks_of", "describe_dependence", "groups_of"]

# More blocks are shorter than errors stay alike; of fewer the spread is uncertain.
_TIME_BLOCKS = 30
# For the tests of slices, in which every cell is counted by block.
_MOST_BLOCKS = 200


def groups_of(dependence: Dependence, rows: IntArray) -> NDArray[np.int64] | None:
    """Return what rows are drawn by: groups, or blocks in time; None for single rows.

    Examples
    --------
    >>> groups_of(Dependence(order=np.arange(90)), np.arange(90))[:7].tolist()
    [0, 0, 0, 1, 1, 1, 2]
    """
    if dependence.groups is not None:
        return dependence.groups[rows]
    if dependence.order is not None:
        return dependence.parts(rows, _TIME_BLOCKS)
    return None


def blocks_of(dependence: Dependence, rows: IntArray) -> NDArray[np.int64] | None:
    """Return the same as codes from 0 on, with several groups in one where many are."""
    groups = groups_of(dependence, rows)
    if groups is None:
        return None
    names, codes = np.unique(groups, return_inverse=True)
    if names.size > _MOST_BLOCKS:
        return dependence.parts(rows, _MOST_BLOCKS)
    return codes.astype(np.int64)


def describe_dependence(dependence: Dependence, rows: IntArray) -> str:
    """Return how intervals count what rows depend on, "" where they are independent."""
    groups = groups_of(dependence, rows)
    if groups is None:
        return ""
    n_groups = np.unique(groups).size
    if dependence.groups is None:
        return (
            "Neighbouring rows are not independent: intervals, importance and weak "
            f"slices draw {n_groups} blocks of about {rows.size // n_groups:,} rows in "
            "order of time. Where errors stay alike for longer than that, intervals "
            "are too narrow."
        )
    few = ""
    if n_groups < FEW_GROUPS:
        few = f" There are only {n_groups}, so that intervals are wide and uncertain."
    return (
        "Rows of one group are not independent: intervals, importance and weak slices "
        f"draw whole groups.{few}"
    )
