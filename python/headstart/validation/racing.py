"""Racing of configurations: elimination and promotion by fold losses."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, IntArray

__all__ = ["probability_best", "promote", "survivors"]

BoolArray = NDArray[np.bool_]


def survivors(
    losses: Any, *, held_out_share: float = 0.0, level: float = 0.95, test: str = "t"
) -> BoolArray:
    """Return a mask of the configurations not significantly worse than the best.

    Parameters
    ----------
    losses : array-like of shape (n_folds, n_configurations)
        Lower is better; NaN for a missing loss. A configuration is compared with the
        best on the folds that both have.
    held_out_share : float, default=0.0
        Share of validation rows among the rows of a fold, in ``[0, 1)``. It corrects
        for the training rows that folds share, as in `compare_by_corrected_t`. 0
        assumes independent folds.
    level : float, default=0.95
        Confidence of an elimination.
    test : {"t", "friedman"}, default="t"
        ``"t"``: one-sided paired tests against the configuration with the lowest mean
        loss. ``"friedman"``: a test on ranks within folds, as in irace [1]_, followed
        by pairwise tests if it is significant. It needs all losses.

    Returns
    -------
    ndarray of bool of shape (n_configurations,)
        Always True for the best, and for configurations that share fewer than two folds
        with it.

    Raises
    ------
    ValueError
        If there is no loss, or a parameter is invalid.

    References
    ----------
    .. [1] M. Lopez-Ibanez et al., "The irace package", Operations Research Perspectives
       3, 2016; W. Conover, "Practical nonparametric statistics", 1999.

    Examples
    --------
    >>> survivors([[0.1, 0.11, 0.5], [0.2, 0.19, 0.7], [0.3, 0.32, 0.6]])
    array([ True,  True, False])
    """
    table = _table(losses)
    if not 0 < level < 1:
        raise ValueError(f"The 'level' of survivors must lie in (0, 1). Got {level!r}.")
    if not 0 <= held_out_share < 1:
        raise ValueError(
            f"The 'held_out_share' of survivors must lie in [0, 1). Got "
            f"{held_out_share!r}."
        )
    if test == "t":
        return _by_t(table, held_out_share, level)
    if test == "friedman":
        return _by_friedman(table, level)
    raise ValueError(
        f"The 'test' of survivors must be 't' or 'friedman'. Got {test!r}."
    )


def _by_t(table: FloatArray, share: float, level: float) -> BoolArray:
    from scipy.stats import t

    best = _best(table)
    survives = np.ones(table.shape[1], dtype=bool)
    for configuration in range(table.shape[1]):
        difference = table[:, configuration] - table[:, best]
        difference = difference[~np.isnan(difference)]
        n_folds = difference.size
        if configuration == best or n_folds < 2:
            continue
        factor = 1 / n_folds + share / (1 - share)
        variance = 0.0 if np.ptp(difference) == 0 else float(difference.var(ddof=1))
        margin = float(t.ppf(level, n_folds - 1)) * np.sqrt(factor * variance)
        survives[configuration] = not difference.mean() > margin
    return survives


def _by_friedman(table: FloatArray, level: float) -> BoolArray:
    from scipy.stats import f, rankdata, t

    if np.isnan(table).any():
        raise ValueError("The Friedman test needs all losses. Got NaN for some.")
    n_folds, n_configurations = table.shape
    survives = np.ones(n_configurations, dtype=bool)
    if n_folds < 2 or n_configurations < 2:
        return survives
    ranks = rankdata(table, axis=1)
    sums = ranks.sum(axis=0)
    squares = float((ranks**2).sum())
    between = float((sums**2).sum()) / n_folds
    middle = n_folds * n_configurations * (n_configurations + 1) ** 2 / 4
    within, n_free = squares - between, (n_folds - 1) * (n_configurations - 1)
    # Conover's F statistic, which is accurate enough for few folds.
    if within > 1e-12:
        statistic = (n_folds - 1) * (between - middle) / within
        if f.sf(statistic, n_configurations - 1, n_free) > 1 - level:
            return survives
    elif between <= middle + 1e-12:
        return survives
    margin = float(t.ppf(0.5 + level / 2, n_free)) * np.sqrt(
        2 * n_folds * max(0.0, within) / n_free
    )
    return np.asarray(sums - sums.min() <= margin)


def probability_best(
    losses: Any,
    *,
    margin: float = 0.0,
    held_out_share: float = 0.0,
) -> FloatArray:
    """Return the probability that each configuration is better than the best so far.

    The difference of means has a t distribution, with the variance of the differences
    per fold. This is the posterior under a flat prior, corrected for shared training
    rows.

    Parameters
    ----------
    losses, held_out_share
        As in `survivors`.
    margin : float, default=0.0
        Required reduction of the loss, at least 0.

    Returns
    -------
    ndarray of shape (n_configurations,)
        1 for the best itself; 0.5 for configurations that share fewer than two folds
        with it. For example, stop configurations below 0.05.

    Raises
    ------
    ValueError
        If there is no loss, or a parameter is invalid.

    Examples
    --------
    >>> losses = [[0.1, 0.11, 0.5], [0.2, 0.19, 0.7], [0.3, 0.32, 0.6]]
    >>> probability_best(losses, margin=0.01).round(2)
    array([1.  , 0.1 , 0.01])
    """
    from scipy.stats import t

    table = _table(losses)
    if margin < 0 or not 0 <= held_out_share < 1:
        raise ValueError(
            "probability_best needs a margin of at least 0 and a share in [0, 1). "
            f"Got {margin!r} and {held_out_share!r}."
        )
    best = _best(table)
    probability = np.full(table.shape[1], 0.5)
    for configuration in range(table.shape[1]):
        gain = table[:, best] - table[:, configuration]
        gain = gain[~np.isnan(gain)]
        if configuration == best or gain.size < 2:
            continue
        factor = 1 / gain.size + held_out_share / (1 - held_out_share)
        variance = 0.0 if np.ptp(gain) == 0 else float(gain.var(ddof=1))
        distance = margin - float(gain.mean())
        if variance == 0:
            probability[configuration] = float(distance < 0)
        else:
            probability[configuration] = t.sf(
                distance / np.sqrt(factor * variance), gain.size - 1
            )
    probability[best] = 1.0
    return probability


def promote(losses: Any, *, factor: int = 3, n_promoted: int = 0) -> IntArray:
    """Return the configurations that a rung promotes: the best share ``1 / factor``.

    Called with all losses of a rung, this is successive halving. Called after each new
    loss, with the number of promoted configurations, it is the rule of ASHA [1]_.

    Parameters
    ----------
    losses : array-like of shape (n_configurations,)
        Lower is better; NaN is never promoted.
    factor : int, default=3
        Inverse of the promoted share, at least 2.
    n_promoted : int, default=0
        Number of configurations of the rung that are already promoted. They are assumed
        to be the best, and not returned.

    Returns
    -------
    ndarray of int64
        Best first; ties in the order of `losses`.

    References
    ----------
    .. [1] L. Li et al., "A system for massively parallel hyperparameter tuning", MLSys
       2020.

    Raises
    ------
    ValueError
        If `factor` or `n_promoted` is invalid.

    Examples
    --------
    >>> promote([0.3, 0.1, 0.2, 0.5, 0.4, 0.6])
    array([1, 2])
    """
    values = np.asarray(losses, dtype=np.float64)
    if values.ndim != 1 or factor < 2 or n_promoted < 0:
        raise ValueError(
            "promote needs losses of one dimension, a factor of at least 2 and a count "
            f"of at least 0. Got shape {values.shape}, {factor!r} and {n_promoted!r}."
        )
    order = np.argsort(values, kind="stable")
    order = order[~np.isnan(values[order])]
    return order[n_promoted : values.size // factor].astype(np.int64)


def _table(losses: Any) -> FloatArray:
    table = np.asarray(losses, dtype=np.float64)
    if table.ndim != 2 or not table.size or np.isnan(table).all():
        raise ValueError(
            "losses must have shape (n_folds, n_configurations), and not only NaN. "
            f"Got shape {table.shape}."
        )
    return table


def _best(table: FloatArray) -> int:
    """Return the column with the lowest mean among those with the most losses."""
    counts = (~np.isnan(table)).sum(axis=0)
    sums = np.nansum(table, axis=0)
    means = np.where(counts == counts.max(), sums / np.maximum(counts, 1), np.inf)
    return int(np.argmin(means))
