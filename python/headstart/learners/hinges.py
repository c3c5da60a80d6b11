"""Hinge features: what lets a linear model bend.

A column `x` with knots ``k`` also becomes ``max(x - k, 0)``: its effect is then
piecewise linear.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from headstart.base import FloatArray, IntArray

__all__ = ["Hinges"]

# Beyond this a linear model costs more than it is worth.
_MAX_FEATURES = 1500


@dataclass(frozen=True, eq=False)
class Hinges:
    """Knots of columns.

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
        """Place up to `n_knots` knots at quantiles of each column of many values."""
        columns: list[int] = []
        knots: list[float] = []
        room = max(0, _MAX_FEATURES - values.shape[1])
        shares = np.linspace(0, 1, n_knots + 2)[1:-1]
        for column in range(values.shape[1]) if n_knots else ():
            found = np.unique(values[:, column])
            if found.size <= n_knots + 2:
                continue
            at = np.unique(np.quantile(values[:, column], shares))
            # A hinge at an end is the column itself, or nothing.
            at = at[(at > found[0]) & (at < found[-1])]
            if len(knots) + at.size > room:
                break
            columns += [column] * at.size
            knots += at.tolist()
        return cls(np.array(columns, dtype=np.int64), np.array(knots, dtype=np.float64))

    def expand(self, values: FloatArray) -> FloatArray:
        """Return `values` with the hinge features after its own columns."""
        if not self.columns.size:
            return values
        bent = values[:, self.columns] - self.knots
        np.maximum(bent, 0.0, out=bent)
        return np.hstack([values, bent])
