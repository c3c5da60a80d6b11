"""Comparison of importances with importances of models fitted to permuted targets."""

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from headstart.base import FloatArray

__all__ = ["compare_with_null"]

_LEVEL = 0.05


def compare_with_null(
    actual: ArrayLike, null: ArrayLike, names: Sequence[str] | None = None
) -> pl.DataFrame:
    """Return the comparison of importances with fits to permuted targets [1]_.

    Parameters
    ----------
    actual : array of shape (n_features,) or (n_fits, n_features)
        Importances of fits to the true target; several fits are averaged.
    null : array of shape (n_fits, n_features)
        Importances of fits to permuted targets.
    names : sequence of str, optional

    Returns
    -------
    polars.DataFrame
        One row per column: ``feature``, ``importance``, ``null_mean``, ``null_95``,
        ``p_value`` and ``is_above``. ``null_95`` is the upper 95 % prediction limit for
        a column of noise: an order statistic of 19 or more null fits, or Student's
        prediction limit of fewer. ``p_value`` is the share of the null fits, plus one,
        with at least this importance. ``is_above`` is True if the importance exceeds
        ``null_95``.

    Raises
    ------
    ValueError
        If the shapes are inconsistent, or a value is missing.

    References
    ----------
    .. [1] A. Altmann et al., "Permutation importance: a corrected feature importance
       measure", Bioinformatics 26(10), 2010.

    Examples
    --------
    >>> compare_with_null([5.0, 1.0], [[1.0, 2.0], [0.5, 0.5]])["is_above"].to_list()
    [True, False]
    """
    true = np.atleast_2d(np.asarray(actual, dtype=np.float64))
    chance = np.asarray(null, dtype=np.float64)
    if chance.ndim != 2 or not chance.size or chance.shape[1] != true.shape[1]:
        raise ValueError(
            f"null must have shape (n_fits, {true.shape[1]}). "
            f"Got {chance.shape} instead."
        )
    if np.isnan(true).any() or np.isnan(chance).any():
        raise ValueError("Importances must not be NaN. hint: use 0 for unused columns.")
    if names is not None and len(names) != true.shape[1]:
        raise ValueError(
            f"names must hold {true.shape[1]} names. Got {len(names)} instead."
        )
    importance = true.mean(axis=0)
    limit = _upper_limit(chance)
    return pl.DataFrame(
        {
            "feature": [f"x{i}" for i in range(importance.size)]
            if names is None
            else list(names),
            "importance": importance,
            "null_mean": chance.mean(axis=0),
            "null_95": limit,
            "p_value": (1 + (chance >= importance).sum(axis=0)) / (1 + len(chance)),
            "is_above": importance > limit,
        }
    )


def _upper_limit(chance: FloatArray) -> FloatArray:
    """Return the upper 95 % prediction limit of each column."""
    n_fits = len(chance)
    rank = math.ceil((1 - _LEVEL) * (n_fits + 1))
    if rank <= n_fits:
        limit: FloatArray = np.sort(chance, axis=0)[rank - 1]
        return limit
    if n_fits < 2:
        return np.full(chance.shape[1], np.inf)
    from scipy.special import stdtrit

    margin = stdtrit(n_fits - 1, 1 - _LEVEL) * math.sqrt(1 + 1 / n_fits)
    return np.asarray(chance.mean(axis=0) + margin * chance.std(axis=0, ddof=1))
