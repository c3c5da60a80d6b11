"""Hinge features, which make a linear model piecewise linear.

A column `x` with knots ``k`` also becomes ``max(x - k, 0)``: its effect is then
piecewise linear.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, IntArray
from headstart.base.arrays import require

__all__ = ["Hinges"]


@dataclass(frozen=True, eq=False)
class Hinges:
    """The knots of columns.

    Parameters
    ----------
    columns : ndarray of shape (n_hinges,)
    knots : ndarray of shape (n_hinges,)

    Examples
    --------
    >>> hinges = Hinges(np.array([0]), np.array([1.0]))
    >>> hinges.expand(np.array([[0.0], [3.0]]))
    array([[0., 0.],
           [3., 2.]])
    """

    columns: IntArray
    knots: FloatArray

    @classmethod
    def none(cls) -> Self:
        """Return no hinges."""
        return cls(np.zeros(0, dtype=np.int64), np.zeros(0))

    def expand(self, values: FloatArray) -> FloatArray:
        """Return `values` with the hinge features appended."""
        if not self.columns.size:
            return values
        hinges = values[:, self.columns] - self.knots
        np.maximum(hinges, 0.0, out=hinges)
        return np.hstack([values, hinges])

    @classmethod
    def from_arrays(
        cls, columns: IntArray, knots: NDArray[np.floating], n_features: int
    ) -> Self:
        """Return the hinges of stored arrays, after checking them.

        Parameters
        ----------
        columns, knots : ndarray
            Of one dimension.
        n_features : int
            Columns of the matrix.

        Raises
        ------
        ArtifactError
            If they are no hinges of such a matrix.
        """
        require(
            columns.shape == knots.shape
            and bool(np.all((columns >= 0) & (columns < n_features))),
            "The hinges of a stored model do not fit its columns.",
        )
        return cls(columns.astype(np.int64), knots.astype(np.float64))
