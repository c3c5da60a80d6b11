"""The share of the target that a grouping of rows explains, on other rows.

The measure is the reduction of the variance for values, and of the Gini impurity for
classes. The prediction is the mean of each group on one half of the rows, shrunk to the
overall mean. It is scored on the other half, so that a group of one row explains
nothing.
"""

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, IntArray

__all__ = ["share_explained"]

# Weight of the overall mean in each group's mean, in rows.
_PRIOR_ROWS = 1.0


def share_explained(
    groups: IntArray, outputs: FloatArray, is_learning: NDArray[np.bool_]
) -> float:
    """Return the share of the target's variance or impurity that `groups` explain.

    Parameters
    ----------
    groups : ndarray of int64, shape (n_rows,)
        Non-negative codes.
    outputs : ndarray of float64, shape (n_rows, n_outputs)
        Values, or one-hot classes.
    is_learning : ndarray of bool, shape (n_rows,)
        Rows on which the group means are computed.

    Returns
    -------
    float
        Between 0 (nothing explained, or worse than the mean) and 1.
    """
    train, test = groups[is_learning], groups[~is_learning]
    if train.size == 0 or test.size == 0:
        return 0.0
    n_groups = int(groups.max()) + 1
    mean = outputs[is_learning].mean(axis=0)
    counts = np.bincount(train, minlength=n_groups)[:, np.newaxis] + _PRIOR_ROWS
    sums = np.stack(
        [
            np.bincount(train, weights=column, minlength=n_groups)
            for column in outputs[is_learning].T
        ],
        axis=1,
    )
    means = (sums + _PRIOR_ROWS * mean) / counts
    actual = outputs[~is_learning]
    total = float(((actual - mean) ** 2).sum())
    if total <= 0.0:
        return 0.0
    unexplained = float(((actual - means[test]) ** 2).sum())
    return max(0.0, 1.0 - unexplained / total)
