"""Thresholds with cross-fitted scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.base import IntArray
from headstart.metrics.scores import score
from headstart.metrics.targets import class_codes, plain, probability_columns
from headstart.metrics.threshold import Decision, best_threshold
from headstart.validation.dealing import stratified_folds
from headstart.validation.folds import Folds

__all__ = ["CrossFittedDecision", "cross_fitted_threshold"]


@dataclass(frozen=True)
class CrossFittedDecision:
    """A decision chosen on all rows, with its cross-fitted score.

    Parameters
    ----------
    decision : Decision
        Chosen on all rows.
    value : float
        The metric, or the mean cost, of `labels`: an honest one.
    labels : ndarray of int64 of shape (n_rows,)
        Class code of each row, decided without it; -1 where no fold holds it out.
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
    """Return a threshold, or factors of classes, with its cross-fitted score.

    Parameters
    ----------
    y, prediction, metric, weight, costs, classes
        As in `headstart.metrics.best_threshold`: out-of-fold predictions.
    folds : Folds or None, default=None
        One repeat of folds: a row is decided by what suits the others best. 5
        stratified ones by default.
    seed : int, default=0

    Raises
    ------
    ValueError
        As `headstart.metrics.best_threshold`, and where folds do not fit.

    Examples
    --------
    >>> y, p = np.arange(40) % 4 == 0, np.arange(40) % 4 / -10 + 0.35
    >>> found = cross_fitted_threshold(y, p)
    >>> round(found.decision.threshold, 2), found.value
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
            f"of {folds.n_rows}."
        )
    codes_of = np.arange(n_classes)
    labels = np.full(len(codes), -1, dtype=np.int64)
    for train, held_out in folds.split():
        chosen = best_threshold(
            codes[train],
            columns[train],
            metric,
            None if weights is None else weights[train],
            costs=costs,
            classes=codes_of,
        )
        labels[held_out] = chosen.predict(columns[held_out])
    seen = np.flatnonzero(labels >= 0)
    shown = None if weights is None else weights[seen]
    if costs is None:
        value = score(metric, codes[seen], labels[seen], shown, classes=codes_of)
    else:
        table = plain(costs)
        value = float(np.average(table[codes[seen], labels[seen]], weights=shown))
    decision = best_threshold(
        codes, columns, metric, weights, costs=costs, classes=codes_of
    )
    return CrossFittedDecision(decision, value, labels)
