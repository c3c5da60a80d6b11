"""Views of tables, and the matrix that a learner fits on."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["FloatArray", "IntArray", "Matrix", "View"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class View:
    """The form of a table that a learner fits on.

    Parameters
    ----------
    numeric : {"raw", "scaled", "quantile"}
        Raw: unchanged. Scaled: centred and divided by a robust spread, with outliers
        squashed. Quantile: mapped to normal scores through the training quantiles.
    categorical : {"native", "ordinal", "one_hot"}
        Native: one column of codes, NaN where missing or unseen, listed in
        `Matrix.categorical`. Ordinal: one plain numeric column of codes by falling
        frequency. One-hot: one column per frequent level, and one for all rare levels.
    missing : {"native", "imputed"}
        Native: NaN stays. Imputed: NaN becomes the training median, and a numeric
        column with missing values in training gets an indicator column.
    """

    numeric: Literal["raw", "scaled", "quantile"] = "raw"
    categorical: Literal["native", "ordinal", "one_hot"] = "native"
    missing: Literal["native", "imputed"] = "native"

    @property
    def key(self) -> str:
        """A short name, unique among views, fit for a file name."""
        return f"{self.numeric}-{self.categorical}-{self.missing}"


@dataclass(frozen=True, slots=True)
class Matrix:
    """A table in the form of one view.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features), float64, C order
    names : tuple of str
        Names of the columns, unique.
    categorical : tuple of int
        Columns that hold codes of a categorical (`View.categorical` is "native").
    n_levels : tuple of int
        For each of `categorical`: codes are ``0 .. n_levels - 1``.
    """

    values: FloatArray
    names: tuple[str, ...]
    categorical: tuple[int, ...] = ()
    n_levels: tuple[int, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.values.shape[0])

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return int(self.values.shape[1])

    def take(self, rows: IntArray) -> "Matrix":
        """Return the given rows, copied."""
        return Matrix(self.values[rows], self.names, self.categorical, self.n_levels)
