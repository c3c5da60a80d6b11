"""The loss of each row, for the search of weak slices."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, TaskKind

__all__ = ["measure_of", "row_losses"]

_LEAST = 1e-6


def row_losses(kind: TaskKind, y: NDArray[Any], outputs: FloatArray) -> FloatArray:
    """Return the log loss of each row's class, or the absolute error of its value.

    Parameters
    ----------
    kind : TaskKind
    y : ndarray of shape (n_rows,)
    outputs : ndarray of shape (n_rows, n_outputs)
    """
    if kind is TaskKind.REGRESSION:
        errors: FloatArray = np.abs(y - outputs[:, 0])
        return errors
    if outputs.shape[1] == 1:
        true_class = np.where(y == 1, outputs[:, 0], 1 - outputs[:, 0])
    else:
        true_class = outputs[np.arange(y.size), y]
    losses: FloatArray = -np.log(np.maximum(true_class, _LEAST))
    return losses


def measure_of(kind: TaskKind) -> str:
    """Return the name of the mean of `row_losses`."""
    return "mean absolute error" if kind is TaskKind.REGRESSION else "mean log loss"
