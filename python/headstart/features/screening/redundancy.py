"""Selection of candidates with little redundancy."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["choose_apart"]

FloatArray = NDArray[np.float64]

_ROWS = 4_000


def choose_apart(
    values: FloatArray,
    scores: FloatArray,
    base: FloatArray,
    *,
    n_chosen: int,
    penalty: float = 0.5,
    limit: float = 0.98,
    seed: int = 0,
) -> list[int]:
    """Return a greedy selection by score, penalised for redundancy.

    Parameters
    ----------
    values : ndarray of shape (n_candidates, n_rows)
        NaN where missing.
    scores : ndarray of shape (n_candidates,)
        Candidates without a positive score are never chosen.
    base : ndarray of shape (n_base, n_rows)
        Columns of the table.
    n_chosen : int
        Largest number of chosen candidates.
    penalty : float, default=0.5
        A candidate's score is multiplied by ``1 - penalty * rho``, where `rho` is its
        largest absolute rank correlation with a chosen one.
    limit : float, default=0.98
        A candidate is excluded above this absolute rank correlation with a base column
        or a chosen candidate.
    seed : int, default=0
        Seed of the sample of at most 4,000 rows for the correlations.

    Returns
    -------
    list of int
        Indices of the chosen candidates, in the order of choice.

    Examples
    --------
    >>> base = np.array([[1.0, 2.0, 3.0, 4.0]])
    >>> values = np.array([[1.0, 4.0, 9.0, 16.0], [3.0, 1.0, 4.0, 1.5]])
    >>> choose_apart(values, np.array([0.9, 0.5]), base, n_chosen=2)
    [1]
    """
    n_rows = values.shape[1]
    rows = np.arange(n_rows)
    if n_rows > _ROWS:
        rows = np.sort(np.random.default_rng(seed).permutation(n_rows)[:_ROWS])
    ranks = _ranked(values[:, rows])
    base_correlation = np.abs(ranks @ _ranked(base[:, rows]).T).max(axis=1, initial=0.0)
    nearest = np.zeros(len(values))
    remaining = (scores > 0) & (base_correlation <= limit)
    chosen: list[int] = []
    while remaining.any() and len(chosen) < n_chosen:
        penalised = np.where(remaining, scores * (1.0 - penalty * nearest), -np.inf)
        best = int(penalised.argmax())
        chosen.append(best)
        nearest = np.maximum(nearest, np.abs(ranks @ ranks[best]))
        remaining &= nearest <= limit
        remaining[best] = False
    return chosen


def _ranked(values: FloatArray) -> FloatArray:
    """Return ranks within each row, centred and of unit norm; 0 where missing."""
    from scipy.stats import rankdata

    ranks = rankdata(values, axis=1, nan_policy="omit")
    present = ~np.isnan(ranks)
    ranks[~present] = 0.0
    means = ranks.sum(axis=1) / np.maximum(present.sum(axis=1), 1)
    ranks = np.where(present, ranks - means[:, np.newaxis], 0.0)
    lengths = np.linalg.norm(ranks, axis=1, keepdims=True)
    return np.asarray(ranks / np.where(lengths > 0, lengths, 1.0))
