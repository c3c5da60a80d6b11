"""How much of the target a grouping of the rows explains, on rows it was not learnt on.

The measure is the share of the target's uncertainty that is gone: of the variance for
values, of the Gini impurity for classes. A rule is the mean of each group on one half
of the rows, shrunk to the mean of all; it is judged on the other half, so that a group
of one row explains nothing.
"""

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, IntArray

__all__ = ["share_explained"]

# Rows of the overall mean that are mixed into each group's.
_PRIOR_ROWS = 1.0


def share_explained(
    groups: IntArray, outputs: FloatArray, is_learning: NDArray[np.bool_]
) -> float:
    """Return the share of the target's uncertainty that `groups` explain.

    Parameters
    ----------
    groups : ndarray of int64, shape (n_rows,)
        Not negative.
    outputs : ndarray of float64, shape (n_rows, n_outputs)
        Values, or zeros and ones of classes.
    is_learning : ndarray of bool, shape (n_rows,)
        Rows to learn the rule on.

    Returns
    -------
    float
        0 for nothing or less, 1 for all.
    """
    learnt, tried = groups[is_learning], groups[~is_learning]
    if learnt.size == 0 or tried.size == 0:
        return 0.0
    n_groups = int(groups.max()) + 1
    mean = outputs[is_learning].mean(axis=0)
    counts = np.bincount(learnt, minlength=n_groups)[:, np.newaxis] + _PRIOR_ROWS
    sums = np.stack(
        [
            np.bincount(learnt, weights=column, minlength=n_groups)
            for column in outputs[is_learning].T
        ],
        axis=1,
    )
    rule = (sums + _PRIOR_ROWS * mean) / counts
    truth = outputs[~is_learning]
    total = float(((truth - mean) ** 2).sum())
    if total <= 0.0:
        return 0.0
    left = float(((truth - rule[tried]) ** 2).sum())
    return max(0.0, 1.0 - left / total)
