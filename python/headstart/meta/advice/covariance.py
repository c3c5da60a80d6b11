"""A covariance estimate of many configurations from few datasets.

The correlations are shrunk towards two numbers, the mean correlation within a learner
and the mean one between learners, depending on their sampling error [1]_.

References
----------
.. [1] J. Schaefer and K. Strimmer, "A shrinkage approach to large-scale covariance
   matrix estimation", Statistical Applications in Genetics and Molecular Biology 4
   (2005), estimator of the optimal intensity in section 2.4.
"""

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray

__all__ = ["shrunk_covariance"]

# Number of datasets that the mean variance counts as, when variances are shrunk to it.
_VARIANCE_SHRINKAGE = 2.0


def shrunk_covariance(deviations: FloatArray, groups: NDArray[np.int64]) -> FloatArray:
    """Return a shrunk covariance matrix.

    Parameters
    ----------
    deviations : ndarray of shape (n_datasets, n_configurations)
        Deviations from each configuration's mean; at least two datasets.
    groups : ndarray of int, shape (n_configurations,)
        The learner of each configuration.

    Returns
    -------
    ndarray of shape (n_configurations, n_configurations)
        Symmetric, positive semi-definite.
    """
    n = len(deviations)
    variances = (deviations**2).sum(axis=0) / n
    spread = np.sqrt(np.maximum(variances, 1e-12))
    standard = deviations / spread
    correlations = standard.T @ standard / n
    off = ~np.eye(len(groups), dtype=bool)
    same = (groups[:, None] == groups[None, :]) & off
    other = off & ~same
    between = max(0.0, float(correlations[other].mean())) if other.any() else 0.0
    within = float(correlations[same].mean()) if same.any() else between
    target = np.where(same, max(within, between), between)
    # Var(r_ij), estimated from the variance of the products whose mean is r_ij.
    squares = standard**2
    noise = (squares.T @ squares / n - correlations**2) / (n - 1)
    distance = ((correlations - target)[off] ** 2).sum()
    share = min(1.0, float(noise[off].sum() / distance)) if distance > 0 else 1.0
    mixed = share * target + (1.0 - share) * correlations
    np.fill_diagonal(mixed, 1.0)
    mean = variances.mean()
    variances = (n * variances + _VARIANCE_SHRINKAGE * mean) / (n + _VARIANCE_SHRINKAGE)
    deviation = np.sqrt(variances)
    return np.asarray(deviation[:, None] * mixed * deviation[None, :])
