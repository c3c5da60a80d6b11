"""Thresholds with cross-fitted scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.base import IntArray
from headstart.metrics.scores import score
from headstart.metrics.targets import class_codes, plain, probability_columns
from headstart.metrics.threshold import Decision, best_threshold
from headstart.validation.assignment import stratified_folds
from headstart.validation.folds import Folds

__all__ = ["CrossFittedDecision", "cross_fitted_threshold"]


@dataclass(frozen=True)
class CrossFittedDecision:
    """A decision chosen on all rows, with its cross-fitted score.

    Parameters
    ----------
    decision : Decision
        The decision chosen on all rows.
    value : float
        Cross-fitted metric, or mean cost, computed from `labels`.
    labels : ndarray of int64 of shape (n_rows,)
        Class code of each row, from a decision chosen on other rows; -1 for rows that
        no fold holds out.
    """

    decision: Decision
    value: float
    labels: IntArray


def cross_fitted_threshold(
    y: Any,
    prediction: Any,
    metric: str = "f1",
    weight: Any | None = None,
    *,
    costs: Any | None = None,
    classes: Any | None = None,
    folds: Folds | None = None,
    seed: int = 0,
) -> CrossFittedDecision:
    """Return a threshold, or class factors, with its cross-fitted score.

    Parameters
    ----------
    y, prediction, metric, weight, costs, classes
        As in `headstart.metrics.best_threshold`, with out-of-fold predictions.
    folds : Folds or None, default=None
        One repeat of folds for the cross-fit; by default 5 stratified folds.
    seed : int, default=0

    Raises
    ------
    ValueError
        As in `headstart.metrics.best_threshold`, or if the folds are inconsistent.

    Examples
    --------
    >>> y, p = np.arange(40) % 4 == 0, np.arange(40) % 4 / -10 + 0.35
    >>> result = cross_fitted_threshold(y, p)
    >>> round(result.decision.threshold, 2), result.value
    (0.3, 1.0)
    """
    columns, n_classes = probability_columns(np.asarray(prediction))
    codes = class_codes(y, n_classes, classes)
    weights = None if weight is None else plain(weight)
    if folds is None:
        folds = stratified_folds(codes, min(5, len(codes)), seed=seed)
    if folds.n_rows != len(codes) or folds.n_repeats != 1:
        raise ValueError(
            f"The folds must be one repeat of {len(codes)} rows. Got {folds.n_repeats} "
            f"repeats of {folds.n_rows} rows."
        )
    class_range = np.arange(n_classes)
    labels = np.full(len(codes), -1, dtype=np.int64)
    for train, held_out in folds.split():
        chosen = best_threshold(
            codes[train],
            columns[train],
            metric,
            None if weights is None else weights[train],
            costs=costs,
            classes=class_range,
        )
        labels[held_out] = chosen.predict(columns[held_out])
    decided = np.flatnonzero(labels >= 0)
    decided_weights = None if weights is None else weights[decided]
    if costs is None:
        value = score(
            metric,
            codes[decided],
            labels[decided],
            decided_weights,
            classes=class_range,
        )
    else:
        table = plain(costs)
        value = float(
            np.average(table[codes[decided], labels[decided]], weights=decided_weights)
        )
    decision = best_threshold(
        codes, columns, metric, weights, costs=costs, classes=class_range
    )
    return CrossFittedDecision(decision, value, labels)
