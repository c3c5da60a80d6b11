"""Losses of many datasets on one scale: how far each is from its dataset's best.

Notation: a dataset's regret is 0 at its best configuration and 1 at its median one.
Above `CAP` it makes no difference how bad a configuration is, and a failure is as bad
as can be. What was not evaluated is filled in by a two-way additive model: a dataset's
level and a configuration's level.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray

__all__ = ["CAP", "Regrets", "normalise_losses"]

# Twice as far from the best as the median configuration is: no better than no answer.
CAP = 2.0
# Rounds of filling in and normalising again, and of the additive model in each.
_ROUNDS = 3
_SWEEPS = 10
# Cells of a row or column that weigh as much as the level of all.
_SHRINKAGE = 1.0


@dataclass(frozen=True, eq=False, slots=True)
class Regrets:
    """Regrets of the datasets that can tell configurations apart.

    Parameters
    ----------
    datasets : ndarray of int, shape (n_kept,)
        Which of the evidence's datasets they are.
    values : ndarray of shape (n_kept, n_configurations)
        In [0, `CAP`], without gaps.
    known : ndarray of bool, shape (n_kept, n_configurations)
        Evaluated, failures too; the others are filled in.
    locations : ndarray of shape (n_kept,)
        The loss whose regret is 0.
    scales : ndarray of shape (n_kept,)
        What a regret of 1 is in the units of the loss; NaN where nothing says so.
    """

    datasets: NDArray[np.int64]
    values: FloatArray
    known: NDArray[np.bool_]
    locations: FloatArray
    scales: FloatArray


def normalise_losses(losses: FloatArray) -> Regrets:
    """Put the losses of each dataset on the scale of regrets.

    Parameters
    ----------
    losses : ndarray of shape (n_datasets, n_configurations)
        Lower is better. NaN: not evaluated; +inf: failed.

    Returns
    -------
    Regrets
        Without the datasets that say nothing: fewer than two cells, or all alike.

    Examples
    --------
    >>> normalise_losses(np.array([[0.1, 0.2, 0.3, np.inf, 0.2]])).values
    array([[0., 1., 2., 2., 1.]])
    """
    rows, regrets, scales = [], [], []
    for dataset, row in enumerate(losses):
        found = _normalise_row(row)
        if found is not None:
            rows.append(dataset)
            regrets.append(found[0])
            scales.append(found[1])
    raw = np.array(regrets).reshape(len(rows), losses.shape[1])
    known = ~np.isnan(raw)
    values, units = _fill(raw, known)
    kept = np.array(rows, dtype=np.int64)
    lowest = np.min(losses[kept], axis=1, initial=np.inf, where=known)
    return Regrets(kept, values, known, lowest, np.array(scales) * units)


def _normalise_row(row: FloatArray) -> tuple[FloatArray, float] | None:
    """Return regrets (NaN where not evaluated, +inf where failed) and their unit."""
    finite = row[np.isfinite(row)]
    tried = row[~np.isnan(row)]
    if finite.size == 0 or tried.size < 2:
        return None
    best, worst = float(finite.min()), float(finite.max())
    tiny = 1e-12 * max(abs(best), abs(worst))
    # Where one of two middle cells failed, the other one is the median.
    middle = np.sort(tried)[(tried.size - 1) // 2 : tried.size // 2 + 1]
    middle = middle[np.isfinite(middle)]
    unit = (float(middle.mean()) if middle.size else worst) - best
    if unit <= tiny:
        unit = worst - best
    if unit > tiny:
        return (row - best) / unit, unit
    if finite.size == tried.size:
        return None
    return np.where(np.isfinite(row), 0.0, row), np.nan


def _fill(raw: FloatArray, known: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Fill in what is not known; return that and the rows' units, in units of before.

    A dataset on which only good configurations were evaluated has its median among
    those: what is filled in changes the scale of its row.
    """
    units = np.ones(len(raw))
    partial = ~known.all(axis=1)
    values = np.minimum(raw, CAP)
    if not partial.any():
        return values, units
    for _ in range(_ROUNDS):
        values = np.where(known, values, _additive(values, known))
        middle = np.median(values, axis=1)
        units = np.where(partial & (middle > 1e-6), units * middle, units)
        values = np.minimum(raw / units[:, None], CAP)
    return np.where(known, values, _additive(values, known)), units


def _additive(values: FloatArray, known: NDArray[np.bool_]) -> FloatArray:
    """Fit level + dataset + configuration to the known cells, and return it in all."""
    n_row, n_column = known.sum(axis=1) + _SHRINKAGE, known.sum(axis=0) + _SHRINKAGE
    level = values[known].mean()
    row = np.zeros((values.shape[0], 1))
    column = np.zeros((1, values.shape[1]))
    for _ in range(_SWEEPS):
        rest = np.where(known, values - level - row, 0.0)
        column = (rest.sum(axis=0) / n_column)[None, :]
        rest = np.where(known, values - level - column, 0.0)
        row = (rest.sum(axis=1) / n_row)[:, None]
    return np.asarray(np.clip(level + row + column, 0.0, CAP))
