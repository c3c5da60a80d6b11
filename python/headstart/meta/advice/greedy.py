"""The portfolio: what to try next before this run says anything.

Every dataset is a hypothesis. Where hypothesis d is true, trying configuration c takes
the regret from b_d, the best of what was tried, to min(b_d, z_dc); the expected gain is
the weighted mean over hypotheses. Taking the greatest again and again is greedy
maximisation of a submodular function, whose result is never worse than 1 - 1/e of the
best portfolio's [1]_.

References
----------
.. [1] G. Nemhauser, L. Wolsey and M. Fisher, "An analysis of approximations for
   maximizing submodular set functions", Mathematical Programming 14 (1978).
"""

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray
from headstart.meta.advice.regrets import CAP

__all__ = ["PREFERENCE", "expected_gains", "order_greedily"]

# Share of the mean regret in the value of a configuration: decides between those that
# gain nothing more on any known dataset.
PREFERENCE = 1e-6


def expected_gains(
    regrets: FloatArray, weights: FloatArray, tried: NDArray[np.int64]
) -> FloatArray:
    """Return the share of each hypothesis in the expected gain of each configuration.

    Parameters
    ----------
    regrets : ndarray of shape (n_datasets, n_configurations)
        In [0, `CAP`].
    weights : ndarray of shape (n_datasets,)
        They sum to 1.
    tried : ndarray of int, shape (n_tried,)
        Configurations that have given a result.

    Returns
    -------
    ndarray of shape (n_datasets, n_configurations)
        The sum of a column is the expected gain.

    Examples
    --------
    >>> regrets = np.array([[0.0, 1.0, 0.5], [1.5, 0.0, 1.0]])
    >>> expected_gains(regrets, np.array([0.5, 0.5]), np.array([0])).sum(axis=0)
    array([0.  , 0.75, 0.25])
    """
    best = np.min(regrets[:, tried], axis=1, initial=CAP)
    return np.asarray(weights[:, None] * np.maximum(best[:, None] - regrets, 0.0))


def order_greedily(
    regrets: FloatArray, weights: FloatArray, prices: FloatArray
) -> NDArray[np.int64]:
    """Order all configurations by gain for their price, ties to the lower index.

    Parameters
    ----------
    regrets : ndarray of shape (n_datasets, n_configurations)
    weights : ndarray of shape (n_datasets,)
    prices : ndarray of shape (n_configurations,)
        Positive: predicted seconds to some power; ones where cost does not matter.

    Returns
    -------
    ndarray of int, shape (n_configurations,)
    """
    n_configurations = regrets.shape[1]
    order = np.empty(n_configurations, dtype=np.int64)
    best = np.full(len(regrets), CAP)
    spare = PREFERENCE * (CAP - weights @ regrets)
    left = np.ones(n_configurations, dtype=bool)
    for place in range(n_configurations):
        gain = weights @ np.maximum(best[:, None] - regrets, 0.0) + spare
        order[place] = np.argmax(np.where(left, gain / prices, -np.inf))
        left[order[place]] = False
        best = np.minimum(best, regrets[:, order[place]])
    return order
