"""The knots of hinge features, learnt from the quantiles of columns."""

import numpy as np

from headstart.base import FloatArray
from headstart.predict import Hinges

__all__ = ["learn_hinges"]

# Maximum number of columns: above it a linear model is too expensive for its gain.
_MAX_FEATURES = 1500
# Maximum number of values of all hinge features, the same as for one-hot columns.
_MAX_CELLS = 50_000_000


def learn_hinges(values: FloatArray, n_knots: int) -> Hinges:
    """Return up to `n_knots` knots per column with many values, at its quantiles.

    If these are too many in total, all columns get the same smaller number of
    knots, possibly none.
    """
    many_valued = [
        column
        for column in range(values.shape[1] if n_knots else 0)
        if np.unique(values[:, column]).size > n_knots + 2
    ]
    if not many_valued:
        return Hinges.none()
    n_rows, n_columns = values.shape
    n_affordable = max(0, min(_MAX_FEATURES - n_columns, _MAX_CELLS // n_rows))
    n_knots = min(n_knots, n_affordable // len(many_valued))
    shares = np.linspace(0, 1, n_knots + 2)[1:-1]
    columns: list[int] = []
    knots: list[float] = []
    for column in many_valued:
        column_values = values[:, column]
        quantiles = np.unique(np.quantile(column_values, shares))
        # A hinge at the minimum or maximum is the column itself, or constant.
        quantiles = quantiles[
            (quantiles > column_values.min()) & (quantiles < column_values.max())
        ]
        columns += [column] * quantiles.size
        knots += quantiles.tolist()
    return Hinges(np.array(columns, dtype=np.int64), np.array(knots, dtype=np.float64))
