"""A static order of configurations, which no result of the run changes: a peer."""

from dataclasses import replace
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray
from headstart.meta.advice.greedy import PREFERENCE
from headstart.meta.advice.regrets import CAP
from headstart.meta.evidence import Evidence


def order_greedily(
    regrets: FloatArray, weights: FloatArray, costs: FloatArray
) -> NDArray[np.int64]:
    """Order all configurations by gain for their cost, ties to the lower index.

    Parameters
    ----------
    regrets : ndarray of shape (n_datasets, n_configurations)
    weights : ndarray of shape (n_datasets,)
    costs : ndarray of shape (n_configurations,)
        Positive: predicted seconds to some power; ones where cost does not matter.

    Returns
    -------
    ndarray of int, shape (n_configurations,)
    """
    n_configurations = regrets.shape[1]
    order = np.empty(n_configurations, dtype=np.int64)
    best = np.full(len(regrets), CAP)
    spare = PREFERENCE * (CAP - weights @ regrets)
    remaining = np.ones(n_configurations, dtype=bool)
    for place in range(n_configurations):
        gain = weights @ np.maximum(best[:, None] - regrets, 0.0) + spare
        order[place] = np.argmax(np.where(remaining, gain / costs, -np.inf))
        remaining[order[place]] = False
        best = np.minimum(best, regrets[:, order[place]])
    return order


def without_family(evidence: Evidence, family: str) -> Evidence:
    """Return the evidence without the datasets of a family."""
    kept = np.array([name != family for name in evidence.families], dtype=bool)
    return replace(
        evidence,
        names=tuple(compress(evidence.names, kept)),
        families=tuple(compress(evidence.families, kept)),
        n_rows=evidence.n_rows[kept],
        n_features=evidence.n_features[kept],
        features=evidence.features[kept],
        losses=evidence.losses[kept],
        seconds=evidence.seconds[kept],
    )
