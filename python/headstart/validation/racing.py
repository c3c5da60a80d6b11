"""Racing of configurations: decisions by a table of fold scores."""

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
        Lower is better. NaN where a configuration has no score: only folds that it
        shares with the best count.
    held_out_share : float, default=0.0
        Rows that a fold holds out over those of both, in ``[0, 1)``: corrects for
        training rows that folds share, as `compare_by_corrected_t` does. 0 takes folds
        for independent.
    level : float, default=0.95
        Confidence of an elimination.
    test : {"t", "friedman"}, default="t"
        ``"t"``: one-sided paired tests against the configuration of least mean loss.
        ``"friedman"``: on ranks within the folds, as irace does [1]_; nothing is
        eliminated unless the ranks differ at all. Every fold must have all scores.

    Returns
    -------
    ndarray of bool of shape (n_configurations,)
        The best always stays, and so does what shares fewer than two folds with it.

    Raises
    ------
    ValueError
        If the table has no score, or a parameter makes no sense.

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
    stays = np.ones(table.shape[1], dtype=bool)
    for other in range(table.shape[1]):
        difference = table[:, other] - table[:, best]
        difference = difference[~np.isnan(difference)]
        n_folds = difference.size
        if other == best or n_folds < 2:
            continue
        factor = 1 / n_folds + share / (1 - share)
        spread = 0.0 if np.ptp(difference) == 0 else float(difference.var(ddof=1))
        reach = float(t.ppf(level, n_folds - 1)) * np.sqrt(factor * spread)
        stays[other] = not difference.mean() > reach
    return stays


def _by_friedman(table: FloatArray, level: float) -> BoolArray:
    from scipy.stats import f, rankdata, t

    if np.isnan(table).any():
        raise ValueError("Ranks need a score of every configuration in every fold.")
    n_folds, n_configurations = table.shape
    stays = np.ones(n_configurations, dtype=bool)
    if n_folds < 2 or n_configurations < 2:
        return stays
    ranks = rankdata(table, axis=1)
    sums = ranks.sum(axis=0)
    squares = float((ranks**2).sum())
    between = float((sums**2).sum()) / n_folds
    middle = n_folds * n_configurations * (n_configurations + 1) ** 2 / 4
    inner, freedom = squares - between, (n_folds - 1) * (n_configurations - 1)
    # Conover's form: an F statistic, exact enough for few folds.
    if inner > 1e-12:
        statistic = (n_folds - 1) * (between - middle) / inner
        if f.sf(statistic, n_configurations - 1, freedom) > 1 - level:
            return stays
    elif between <= middle + 1e-12:
        return stays
    reach = float(t.ppf(0.5 + level / 2, freedom)) * np.sqrt(
        2 * n_folds * max(0.0, inner) / freedom
    )
    return np.asarray(sums - sums.min() <= reach)


def probability_best(
    losses: Any,
    *,
    margin: float = 0.0,
    held_out_share: float = 0.0,
) -> FloatArray:
    """Return the probability that each configuration is better than the best so far.

    The difference of means has a t distribution with the variance of the fold
    differences: the posterior under a flat prior, corrected for shared training rows.

    Parameters
    ----------
    losses, held_out_share
        As in `survivors`.
    margin : float, default=0.0
        By how much the loss must be lower, at least 0.

    Returns
    -------
    ndarray of shape (n_configurations,)
        1 for the best itself; 0.5 where fewer than two folds are shared with it. Stop
        what falls below 0.05, say.

    Raises
    ------
    ValueError
        If the table has no score, or a parameter makes no sense.

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
    found = np.full(table.shape[1], 0.5)
    for other in range(table.shape[1]):
        gain = table[:, best] - table[:, other]
        gain = gain[~np.isnan(gain)]
        if other == best or gain.size < 2:
            continue
        factor = 1 / gain.size + held_out_share / (1 - held_out_share)
        spread = 0.0 if np.ptp(gain) == 0 else float(gain.var(ddof=1))
        distance = margin - float(gain.mean())
        if spread == 0:
            found[other] = float(distance < 0)
        else:
            found[other] = t.sf(distance / np.sqrt(factor * spread), gain.size - 1)
    found[best] = 1.0
    return found


def promote(losses: Any, *, factor: int = 3, n_promoted: int = 0) -> IntArray:
    """Return the configurations that a rung promotes: the best share ``1 / factor``.

    With all losses of a rung it is successive halving; called after each new one, with
    how many went on already, it is ASHA's rule [1]_.

    Parameters
    ----------
    losses : array-like of shape (n_configurations,)
        Lower is better; NaN never goes on.
    factor : int, default=3
        One of so many goes on, at least 2.
    n_promoted : int, default=0
        How many of the rung have gone on before: the best so many are left out.

    Returns
    -------
    ndarray of int64
        Best first, of equal ones the first.

    References
    ----------
    .. [1] L. Li et al., "A system for massively parallel hyperparameter tuning", MLSys
       2020.

    Raises
    ------
    ValueError
        If `factor` or `n_promoted` makes no sense.

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
            "losses must have shape (n_folds, n_configurations) and some score. "
            f"Got shape {table.shape}."
        )
    return table


def _best(table: FloatArray) -> int:
    """Return the column with the lowest mean among those with the most scores."""
    counts = (~np.isnan(table)).sum(axis=0)
    sums = np.nansum(table, axis=0)
    means = np.where(counts == counts.max(), sums / np.maximum(counts, 1), np.inf)
    return int(np.argmin(means))
