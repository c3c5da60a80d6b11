"""The greedy portfolio: the choice before this run has results.

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

__all__ = ["PREFERENCE", "expected_gains"]

# Weight of the mean regret in the value of a configuration. It decides between those
# with no gain on any known dataset.
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
        Configurations with a result.

    Returns
    -------
    ndarray of shape (n_datasets, n_configurations)
        The sum of each column is the expected gain.

    Examples
    --------
    >>> regrets = np.array([[0.0, 1.0, 0.5], [1.5, 0.0, 1.0]])
    >>> expected_gains(regrets, np.array([0.5, 0.5]), np.array([0])).sum(axis=0)
    array([0.  , 0.75, 0.25])
    """
    best = np.min(regrets[:, tried], axis=1, initial=CAP)
    return np.asarray(weights[:, None] * np.maximum(best[:, None] - regrets, 0.0))
