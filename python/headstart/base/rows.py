"""Rows that learners and transforms fit on: features, target, weights, inner folds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from headstart.base.matrix import FloatArray, IntArray, Matrix

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Rows", "TableRows"]

_Target = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows for a learner's fit or for early stopping.

    Parameters
    ----------
    X : Matrix
    y : ndarray of shape (n_rows,)
        int64 codes for classification, float64 for regression.
    weight : ndarray of shape (n_rows,) or None
        Positive float64 sample weights.
    parts : ndarray of int64 of shape (n_rows,) or None
        Inner fold of each training row, counted from 0, for choices that a learner
        makes on its training rows. Groups are not split, and folds are blocks of time
        if rows are in order of time. None if rows are independent, so that any division
        is valid, and in rows for early stopping.
    """

    X: Matrix
    y: _Target
    weight: FloatArray | None = None
    parts: IntArray | None = None

    def take(self, rows: IntArray) -> "Rows":
        """Return the given rows, copied."""
        return Rows(
            self.X.take(rows),
            self.y[rows],
            None if self.weight is None else self.weight[rows],
            None if self.parts is None else self.parts[rows],
        )


@dataclass(frozen=True, slots=True)
class TableRows:
    """Rows that a transform is fitted on.

    Parameters
    ----------
    X : polars.DataFrame
        The columns that the transform applies to: Float64 (null where missing), Enum or
        String.
    y : ndarray of shape (n_rows,) or None
        int64 codes for classification, float64 for regression; None unless the
        transform reads the target.
    weight : ndarray of shape (n_rows,) or None
        Positive float64 sample weights.
    parts : ndarray of int64 of shape (n_rows,) or None
        Inner fold of each training row, as in `Rows`. For a transform that reads the
        target there are always at least two.
    """

    X: "pl.DataFrame"
    y: _Target | None = None
    weight: FloatArray | None = None
    parts: IntArray | None = None

    def take(self, rows: IntArray) -> "TableRows":
        """Return the given rows, copied."""
        return TableRows(
            self.X[rows],
            None if self.y is None else self.y[rows],
            None if self.weight is None else self.weight[rows],
            None if self.parts is None else self.parts[rows],
        )
