"""Predicted seconds of a fold fit of each configuration on a new table.

log seconds = a + b · (log rows, log columns) for each configuration, by ridge
regression: the slopes of a configuration are shrunk towards those of its learner, and
these towards the slopes of all. Measurements of this run correct the predictions of the
others through the covariance of the residuals: a table on which one forest takes long
is expensive for all forests. For a fit that was stopped only a lower bound is known. If
the model predicts less, the bound replaces the prediction, and the model is refitted.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray
from headstart.meta.advice.covariance import shrunk_covariance

__all__ = ["SecondsModel"]

# Shorter fits are treated as equal.
_SHORTEST = 1e-3
# Number of datasets with which the learner's slopes count in those of a configuration,
# and the slopes of all in those of a learner.
_SLOPE_SHRINKAGE = 5.0
# Variances of the logarithms of a machine's speed and of a measurement.
_MACHINE, _NOISE = 1.0, 0.02
# Number of refits with lower bounds.
_ROUNDS = 5


class SecondsModel:
    """Predicts seconds of a fold fit from the size of the table.

    Parameters
    ----------
    seconds : ndarray of shape (n_datasets, n_configurations)
        NaN where unknown.
    n_rows, n_features : ndarray of shape (n_datasets,)
    learners : sequence of str, of length n_configurations
    are_bounds : ndarray of bool, shape (n_datasets, n_configurations), optional
        Whether the seconds are a lower bound, because the fit was stopped.
    """

    def __init__(
        self,
        seconds: FloatArray,
        n_rows: FloatArray,
        n_features: FloatArray,
        learners: Sequence[str],
        are_bounds: NDArray[np.bool_] | None = None,
    ) -> None:
        names = sorted(set(learners))
        self._groups = np.array([names.index(n) for n in learners], dtype=np.int64)
        is_measured = np.isfinite(seconds)
        logs = np.log(np.where(is_measured, np.maximum(seconds, _SHORTEST), 1.0))
        sizes = _log_sizes(n_rows, n_features)
        self._centre = sizes.mean(axis=0) if len(sizes) else np.zeros(2)
        x = sizes - self._centre
        bounded = (
            np.zeros_like(is_measured)
            if are_bounds is None
            else is_measured & are_bounds
        )
        self._slopes, self._levels = _fit(logs, is_measured & ~bounded, x, self._groups)
        fitted = self._levels + x @ self._slopes.T
        bounds = logs
        for _ in range(_ROUNDS if bounded.any() else 0):
            logs = np.where(bounded, np.maximum(bounds, fitted), bounds)
            self._slopes, self._levels = _fit(logs, is_measured, x, self._groups)
            fitted = self._levels + x @ self._slopes.T
        self._residuals = np.where(is_measured, logs - fitted, 0.0)

    def predict(self, n_rows: float, n_features: float) -> FloatArray:
        """Return predicted log seconds of every configuration."""
        x = _log_sizes(np.array([n_rows]), np.array([n_features]))[0] - self._centre
        return np.asarray(self._levels + self._slopes @ x)

    def correct(
        self, predicted: FloatArray, measured: Mapping[int, float]
    ) -> FloatArray:
        """Return predicted log seconds, corrected by measurements of some of them."""
        if not measured:
            return predicted
        places = np.array(sorted(measured), dtype=np.int64)
        values = np.array([max(measured[int(p)], _SHORTEST) for p in places])
        residual = np.log(values) - predicted[places]
        covariance = self._covariance
        measured_covariance = covariance[np.ix_(places, places)] + _NOISE * np.eye(
            len(places)
        )
        return np.asarray(
            predicted
            + covariance[:, places] @ np.linalg.solve(measured_covariance, residual)
        )

    @cached_property
    def _covariance(self) -> FloatArray:
        """Return the covariance of log seconds given sizes, including machine speed."""
        n_configurations = len(self._groups)
        if len(self._residuals) < 2:
            return np.full((n_configurations, n_configurations), _MACHINE)
        return shrunk_covariance(self._residuals, self._groups) + _MACHINE


def _log_sizes(n_rows: FloatArray, n_features: FloatArray) -> FloatArray:
    rows = np.log(np.maximum(n_rows, 1.0))
    return np.column_stack([rows, np.log(np.maximum(n_features, 1.0))])


def _fit(
    logs: FloatArray,
    known: NDArray[np.bool_],
    x: FloatArray,
    groups: NDArray[np.int64],
) -> tuple[FloatArray, FloatArray]:
    """Return slopes of shape (n_configurations, 2) and levels at the mean size."""
    weight = known.astype(np.float64)
    count = weight.sum(axis=0)
    safe = np.maximum(count, 1.0)
    mean_x = (weight.T @ x) / safe[:, None]
    mean_y = (weight * logs).sum(axis=0) / safe
    # Moments around each configuration's means.
    products = x[:, :, None] * x[:, None, :]
    gram = np.einsum("dc,dij->cij", weight, products)
    gram -= count[:, None, None] * mean_x[:, :, None] * mean_x[:, None, :]
    cross = np.einsum("dc,di->ci", weight * logs, x)
    cross -= count[:, None] * mean_y[:, None] * mean_x
    # The evidence of one dataset, in the units of the sizes.
    unit = np.diag(np.maximum(x.var(axis=0), 1e-6)) if len(x) else np.eye(2)
    ridge = _SLOPE_SHRINKAGE * unit
    overall = np.linalg.solve(gram.sum(axis=0) + ridge, cross.sum(axis=0))
    slopes = np.empty((len(groups), 2))
    levels = np.empty(len(groups))
    total = count.sum()
    for group in range(int(groups.max(initial=-1)) + 1):
        of = np.flatnonzero(groups == group)
        learner = np.linalg.solve(
            gram[of].sum(axis=0) + ridge, cross[of].sum(axis=0) + ridge @ overall
        )
        right_side = cross[of] + ridge @ learner
        slopes[of] = np.linalg.solve(gram[of] + ridge, right_side[:, :, None])[:, :, 0]
        # The level of the learner, or else of all, counts as one dataset.
        sums = count[of] * (mean_y[of] - (mean_x[of] * slopes[of]).sum(axis=1))
        everything = count * (mean_y - mean_x @ overall)
        level = everything.sum() / total if total else 0.0
        level = (sums.sum() + level) / (count[of].sum() + 1.0)
        levels[of] = (sums + level) / (count[of] + 1.0)
    return slopes, levels
