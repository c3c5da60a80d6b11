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
    """Return a greedy selection by score less a penalty for redundancy.

    Parameters
    ----------
    values : ndarray of shape (n_candidates, n_rows)
        NaN where missing.
    scores : ndarray of shape (n_candidates,)
        Those that are not positive are never chosen.
    base : ndarray of shape (n_base, n_rows)
        Columns that are there anyway.
    n_chosen : int
        At most so many are chosen.
    penalty : float, default=0.5
        A candidate's score counts ``1 - penalty * rho``, `rho` being its largest
        absolute rank correlation with a chosen one.
    limit : float, default=0.98
        Above this rank correlation with a base column, or with a chosen one, a
        candidate is left out.
    seed : int, default=0
        For the rows, 4,000 at most, that correlations are taken on.

    Returns
    -------
    list of int
        Places of the chosen, the first choice first.

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
    of_base = np.abs(ranks @ _ranked(base[:, rows]).T).max(axis=1, initial=0.0)
    nearest = np.zeros(len(values))
    left = (scores > 0) & (of_base <= limit)
    chosen: list[int] = []
    while left.any() and len(chosen) < n_chosen:
        worth = np.where(left, scores * (1.0 - penalty * nearest), -np.inf)
        best = int(worth.argmax())
        chosen.append(best)
        nearest = np.maximum(nearest, np.abs(ranks @ ranks[best]))
        left &= nearest <= limit
        left[best] = False
    return chosen


def _ranked(values: FloatArray) -> FloatArray:
    """Return ranks by row, centred and of length one; 0 where missing."""
    from scipy.stats import rankdata

    ranks = rankdata(values, axis=1, nan_policy="omit")
    known = ~np.isnan(ranks)
    ranks[~known] = 0.0
    means = ranks.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    ranks = np.where(known, ranks - means[:, np.newaxis], 0.0)
    lengths = np.linalg.norm(ranks, axis=1, keepdims=True)
    return np.asarray(ranks / np.where(lengths > 0, lengths, 1.0))
