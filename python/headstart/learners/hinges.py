"""Hinge features, which make a linear model piecewise linear.

A column `x` with knots ``k`` also becomes ``max(x - k, 0)``: its effect is then
piecewise linear.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from headstart.base import FloatArray, IntArray

__all__ = ["Hinges"]

# Maximum number of columns: above it a linear model is too expensive for its gain.
_MAX_FEATURES = 1500
# Maximum number of values of all hinge features, the same as for one-hot columns.
_MAX_CELLS = 50_000_000


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
    def learn(cls, values: FloatArray, n_knots: int) -> Self:
        """Return up to `n_knots` knots per column with many values, at its quantiles.

        If these are too many in total, all columns get the same smaller number of
        knots, possibly none.
        """
        bending = [
            column
            for column in range(values.shape[1] if n_knots else 0)
            if np.unique(values[:, column]).size > n_knots + 2
        ]
        if not bending:
            return cls(np.zeros(0, dtype=np.int64), np.zeros(0))
        n_rows, n_columns = values.shape
        room = max(0, min(_MAX_FEATURES - n_columns, _MAX_CELLS // n_rows))
        n_knots = min(n_knots, room // len(bending))
        shares = np.linspace(0, 1, n_knots + 2)[1:-1]
        columns: list[int] = []
        knots: list[float] = []
        for column in bending:
            of_column = values[:, column]
            at = np.unique(np.quantile(of_column, shares))
            # A hinge at the minimum or maximum is the column itself, or constant.
            at = at[(at > of_column.min()) & (at < of_column.max())]
            columns += [column] * at.size
            knots += at.tolist()
        return cls(np.array(columns, dtype=np.int64), np.array(knots, dtype=np.float64))

    def expand(self, values: FloatArray) -> FloatArray:
        """Return `values` with the hinge features appended."""
        if not self.columns.size:
            return values
        bent = values[:, self.columns] - self.knots
        np.maximum(bent, 0.0, out=bent)
        return np.hstack([values, bent])
