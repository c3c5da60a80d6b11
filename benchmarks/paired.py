"""Whether one prediction of the same rows is better than another, beyond noise."""

import numpy as np

from automl import score

N_BOOTSTRAP = 1_000


def difference_interval(task: str, y, mine, other) -> tuple[float, float]:
    """Return the 5 % and 95 % quantiles of score(mine) - score(other), paired."""
    random = np.random.default_rng(0)
    differences: list[float] = []
    while len(differences) < N_BOOTSTRAP:
        rows = random.integers(len(y), size=len(y))
        if task == "binary" and len(np.unique(y[rows])) < 2:
            continue
        differences.append(
            score(task, y[rows], mine[rows]) - score(task, y[rows], other[rows])
        )
    low, high = np.quantile(differences, [0.05, 0.95])
    return float(low), float(high)
