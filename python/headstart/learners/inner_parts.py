"""Parts of training rows that a learner holds out for its own choices."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import IntArray

__all__ = ["inner_parts"]


def inner_parts(
    y: NDArray[Any], parts: IntArray | None, n_parts: int, seed: int
) -> IntArray:
    """Return the part of each row, counted from 0.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Target. Independent rows are divided at random, stratified by it.
    parts : ndarray of shape (n_rows,) or None
        Inner folds as in `headstart.base.Rows`: if there are two or more, a part
        consists of whole folds.
    n_parts : int
        Maximum number of parts.
    seed : int

    Examples
    --------
    >>> inner_parts(np.zeros(5), np.array([0, 1, 2, 3, 3]), 2, seed=0)
    array([0, 0, 1, 1, 1])
    """
    if parts is not None and np.unique(parts).size > 1:
        _, codes = np.unique(parts, return_inverse=True)
        n_folds = int(codes.max()) + 1
        return np.asarray(codes * min(n_parts, n_folds) // n_folds, dtype=np.int64)
    order = np.random.default_rng(seed).permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    drawn = np.empty(len(y), dtype=np.int64)
    drawn[order] = np.arange(len(y)) % n_parts
    return drawn
