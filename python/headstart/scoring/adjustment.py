"""Adjustment of p-values for multiple tests."""

import numpy as np
from numpy.typing import ArrayLike

from headstart.base import FloatArray

__all__ = ["adjust_p_values"]


def adjust_p_values(p_values: ArrayLike) -> FloatArray:
    """Return p-values adjusted for the control of the false discovery rate.

    NaN values are ignored. The adjustment is valid for independent or positively
    dependent tests [1]_.

    Parameters
    ----------
    p_values : array of shape (n_tests,)

    Returns
    -------
    ndarray of shape (n_tests,)

    References
    ----------
    .. [1] Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", JRSS B
       57(1), 1995.

    Examples
    --------
    >>> adjust_p_values([0.01, 0.04, 0.03, float("nan")])
    array([0.03, 0.04, 0.04,  nan])
    """
    values = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(values.shape, np.nan)
    present = np.flatnonzero(~np.isnan(values))
    order = present[np.argsort(-values[present], kind="stable")]
    ranks = np.arange(order.size, 0, -1)
    scaled = values[order] * order.size / np.maximum(ranks, 1)
    adjusted[order] = np.minimum.accumulate(np.minimum(scaled, 1.0))
    return adjusted
