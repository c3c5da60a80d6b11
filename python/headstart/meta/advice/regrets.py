"""Regrets: losses of many datasets on one scale, relative to each dataset's best.

Notation: a dataset's regret is 0 at its best configuration and 1 at its median one.
Regrets above `CAP` are set to it, and so is that of a failure. Missing cells are
imputed by a two-way additive model: a dataset's level and a configuration's level.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray

__all__ = ["CAP", "Regrets", "normalise_losses"]

# Twice the distance of the median configuration from the best.
CAP = 2.0
# Rounds of imputing and normalising again, and of the additive model in each of them.
_ROUNDS = 3
_SWEEPS = 10
# Number of cells with which the overall level counts, when a level is shrunk to it.
_SHRINKAGE = 1.0


@dataclass(frozen=True, eq=False, slots=True)
class Regrets:
    """Regrets of the datasets on which configurations differ.

    Parameters
    ----------
    datasets : ndarray of int, shape (n_kept,)
        Their indices in the evidence.
    values : ndarray of shape (n_kept, n_configurations)
        In [0, `CAP`], without missing values.
    known : ndarray of bool, shape (n_kept, n_configurations)
        Whether a cell was evaluated (possibly a failure) or imputed.
    locations : ndarray of shape (n_kept,)
        The loss whose regret is 0.
    scales : ndarray of shape (n_kept,)
        Loss difference of a regret of 1; NaN where it is unknown.
    """

    datasets: NDArray[np.int64]
    values: FloatArray
    known: NDArray[np.bool_]
    locations: FloatArray
    scales: FloatArray


def normalise_losses(losses: FloatArray) -> Regrets:
    """Return the losses of each dataset on the scale of regrets.

    Parameters
    ----------
    losses : ndarray of shape (n_datasets, n_configurations)
        Lower is better. NaN: not evaluated; +inf: failed.

    Returns
    -------
    Regrets
        Without datasets that have fewer than two cells or only equal ones.

    Examples
    --------
    >>> normalise_losses(np.array([[0.1, 0.2, 0.3, np.inf, 0.2]])).values
    array([[0., 1., 2., 2., 1.]])
    """
    rows, regrets, scales = [], [], []
    for dataset, row in enumerate(losses):
        normalised = _normalise_row(row)
        if normalised is not None:
            rows.append(dataset)
            regrets.append(normalised[0])
            scales.append(normalised[1])
    raw = np.array(regrets).reshape(len(rows), losses.shape[1])
    known = ~np.isnan(raw)
    values, units = _fill(raw, known)
    kept = np.array(rows, dtype=np.int64)
    lowest = np.min(losses[kept], axis=1, initial=np.inf, where=known)
    return Regrets(kept, values, known, lowest, np.array(scales) * units)


def _normalise_row(row: FloatArray) -> tuple[FloatArray, float] | None:
    """Return regrets (NaN if not evaluated, +inf for a failure) and their unit."""
    finite = row[np.isfinite(row)]
    tried = row[~np.isnan(row)]
    if finite.size == 0 or tried.size < 2:
        return None
    best, worst = float(finite.min()), float(finite.max())
    tiny = 1e-12 * max(abs(best), abs(worst))
    # If one of the two middle cells is a failure, the other one is the median.
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


def _fill(
    raw: FloatArray, evaluated: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    """Return the imputed regrets, and each row's new unit in terms of the old one.

    If only good configurations were evaluated on a dataset, the median is one of them;
    imputed cells then change the scale of the row.
    """
    units = np.ones(len(raw))
    partial = ~evaluated.all(axis=1)
    values = np.minimum(raw, CAP)
    if not partial.any():
        return values, units
    for _ in range(_ROUNDS):
        values = np.where(evaluated, values, _additive(values, evaluated))
        middle = np.median(values, axis=1)
        units = np.where(partial & (middle > 1e-6), units * middle, units)
        values = np.minimum(raw / units[:, None], CAP)
    return np.where(evaluated, values, _additive(values, evaluated)), units


def _additive(values: FloatArray, evaluated: NDArray[np.bool_]) -> FloatArray:
    """Return level + dataset + configuration for all cells, fitted to known cells."""
    n_row, n_column = (
        evaluated.sum(axis=1) + _SHRINKAGE,
        evaluated.sum(axis=0) + _SHRINKAGE,
    )
    level = values[evaluated].mean()
    row = np.zeros((values.shape[0], 1))
    column = np.zeros((1, values.shape[1]))
    for _ in range(_SWEEPS):
        rest = np.where(evaluated, values - level - row, 0.0)
        column = (rest.sum(axis=0) / n_column)[None, :]
        rest = np.where(evaluated, values - level - column, 0.0)
        row = (rest.sum(axis=1) / n_row)[:, None]
    return np.asarray(np.clip(level + row + column, 0.0, CAP))
