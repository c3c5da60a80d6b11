"""Dependence of rows: declared groups and time order."""

from dataclasses import dataclass

import numpy as np

from headstart.base import IntArray
from headstart.validation.assignment import group_folds

__all__ = ["INDEPENDENT", "Dependence"]


@dataclass(frozen=True, slots=True)
class Dependence:
    """The declared groups and time order of the rows of a run.

    Parameters
    ----------
    groups : ndarray of int64 of shape (n_rows,) or None
        Code of each row's group.
    order : ndarray of int64 of shape (n_rows,) or None
        Rank of each row's time, equal for equal times.

    Examples
    --------
    >>> grouped = Dependence(np.array([0, 1, 2, 0, 1, 2]))
    >>> parts = grouped.divide(np.arange(6), 3)
    >>> bool((parts[:3] == parts[3:]).all())
    True
    """

    groups: IntArray | None = None
    order: IntArray | None = None

    @property
    def is_declared(self) -> bool:
        """True if groups or an order of time are declared."""
        return self.groups is not None or self.order is not None

    def divide(self, rows: IntArray, n_parts: int, *, seed: int = 0) -> IntArray:
        """Return the part of each of `rows`, at most ``0 .. n_parts - 1``.

        Groups are never split, and times form blocks. Other rows, and rows of a single
        group or time, are assigned at random.

        Parameters
        ----------
        rows : ndarray of int64
        n_parts : int
            Largest number of parts.
        seed : int, default=0
        """
        n_parts = max(1, min(n_parts, rows.size))
        if n_parts > 1 and self.groups is not None:
            codes = self.groups[rows]
            n_groups = np.unique(codes).size
            if n_groups > 1:
                folds = group_folds(codes, min(n_parts, n_groups), seed=seed)
                return np.asarray(folds.fold_ids[0], dtype=np.int64)
        elif n_parts > 1 and self.order is not None:
            times = self.order[rows]
            ranked = np.sort(times)
            before = np.searchsorted(ranked, times, side="left")
            until = np.searchsorted(ranked, times, side="right")
            blocks = (before + until) * n_parts // (2 * rows.size)
            distinct, block_ids = np.unique(blocks, return_inverse=True)
            if distinct.size > 1:
                return np.asarray(block_ids, dtype=np.int64)
        permuted = np.random.default_rng(seed).permutation(rows.size)
        return np.asarray(permuted, dtype=np.int64) % n_parts


INDEPENDENT = Dependence()
"""The dependence of rows without declared groups and time order."""
