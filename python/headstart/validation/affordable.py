"""The number of folds that a budget allows, and the number of rows of one holdout."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import TaskKind

__all__ = ["FEW_FOLDS", "MOST_FOLDS", "affordable_folds", "holdout_rows"]

MOST_FOLDS = 8
FEW_FOLDS = 5

# The standard error of a mean of losses is the standard deviation of a row's loss,
# divided by the square root of the rows: 1 % of it with so many.
_ROWS = 10_000
# With two classes, rates and ranks depend on the rows of the rarer class. The standard
# error of an area of 0.8 under the ROC curve is about 0.005 with so many of them.
_ROWS_OF_RARER_CLASS = 1_000
_LARGEST_SHARE = 0.2


def affordable_folds(
    predict: Callable[[int], Sequence[float]],
    n_rows: int,
    *,
    budget: float,
    fewest: int = 1,
) -> int:
    """Return the most folds, 8 or 5, on which some configurations fit into a budget.

    Parameters
    ----------
    predict : callable of (int) -> sequence of float
        Predicted seconds of one fold fit per configuration, on a number of training
        rows.
    n_rows : int
        Number of rows of the table.
    budget : float
        Seconds of all processors that these configurations may take on all folds.
    fewest : int, default=1
        Result if neither number fits; 1 stands for one holdout.

    Examples
    --------
    >>> affordable_folds(lambda n_rows: [n_rows / 100], 1_000, budget=40.0)
    5
    >>> affordable_folds(lambda n_rows: [n_rows / 10], 1_000, budget=40.0)
    1
    """
    for n_folds in (MOST_FOLDS, FEW_FOLDS):
        seconds = predict(n_rows - n_rows // n_folds)
        if seconds and n_folds * sum(seconds) <= budget:
            return n_folds
    return fewest


def holdout_rows(y: NDArray[Any], kind: TaskKind) -> int:
    """Return the number of rows of one holdout, from the standard error of its score.

    Enough rows that more would hardly make the score more precise: 10,000, and with two
    classes 1,000 of the rarer one, but at most a fifth of all rows.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Class codes, or values.
    kind : TaskKind

    Examples
    --------
    >>> holdout_rows(np.arange(20_000) % 2, TaskKind.BINARY)
    4000
    >>> holdout_rows(np.zeros(90_000), TaskKind.REGRESSION)
    10000
    """
    precise = _ROWS
    if kind is TaskKind.BINARY:
        rarer = np.bincount(np.asarray(y, dtype=np.int64), minlength=2).min()
        precise = max(precise, _ROWS_OF_RARER_CLASS * y.size // max(1, int(rarer)))
    return max(1, min(precise, int(_LARGEST_SHARE * y.size)))
