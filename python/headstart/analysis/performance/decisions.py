"""Confusion matrix, and precision and recall by threshold."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from headstart.analysis.numbers import rounded
from headstart.base import FloatArray, IntArray
from headstart.facts import Confusion, Thresholds
from headstart.metrics import (
    BuiltInMetric,
    Metric,
    best_threshold,
    confusion_matrix,
)

__all__ = ["MOST_CONFUSED", "confusion_of", "thresholds_of"]

_THRESHOLDS = 99
MOST_CONFUSED = 50


def confusion_of(
    labels: Sequence[str], y: IntArray, predicted: IntArray
) -> Confusion | None:
    """Return counts of rows by actual and predicted class; None above 50 classes.

    Parameters
    ----------
    labels : sequence of str
        Classes in order.
    y, predicted : ndarray of shape (n_rows,)
        Codes of the actual and the predicted class.
    """
    if len(labels) > MOST_CONFUSED:
        return None
    table = confusion_matrix(y, predicted, classes=np.arange(len(labels)))
    return Confusion(tuple(labels), tuple(tuple(int(v) for v in row) for row in table))


def thresholds_of(
    label: str,
    y: IntArray,
    probability: FloatArray,
    weight: FloatArray | None,
    metric: Metric,
) -> Thresholds | None:
    """Return precision, recall and F1 by threshold; None with one class only.

    Precision is None where no row is predicted positive.

    Parameters
    ----------
    label : str
        The positive class.
    y : ndarray of shape (n_rows,)
        Class codes.
    probability : ndarray of shape (n_rows,)
        Probability of the positive class.
    weight : ndarray of shape (n_rows,) or None
    metric : Metric
        Metric of the best threshold.
    """
    is_class = y == 1
    if is_class.all() or not is_class.any():
        return None
    grid = np.arange(1, _THRESHOLDS + 1) / (_THRESHOLDS + 1)
    true_positive, positive = (
        _above(probability, grid, rows, weight) for rows in (is_class, None)
    )
    actual = float(_mass(is_class, weight))
    precision = rounded(true_positive / np.maximum(positive, 1e-300))
    recall = true_positive / actual
    f1 = 2 * true_positive / np.maximum(positive + actual, 1e-300)
    by_metric = None
    if isinstance(metric, BuiltInMetric) and metric.needs == "label":
        by_metric = best_threshold(y, probability, metric.name, weight).threshold
    return Thresholds(
        label,
        rounded(grid),
        tuple(p if n > 0 else None for p, n in zip(precision, positive, strict=True)),
        rounded(recall),
        rounded(f1),
        rounded(positive / _mass(np.ones(y.size, dtype=bool), weight)),
        best_threshold(y, probability, "f1", weight).threshold,
        by_metric,
    )


def _above(
    probability: FloatArray,
    grid: FloatArray,
    rows: NDArray[np.bool_] | None,
    weight: FloatArray | None,
) -> FloatArray:
    """Return the weight of rows whose probability is above each threshold."""
    weights = np.ones(probability.size) if weight is None else weight
    if rows is not None:
        weights = weights * rows
    order = np.argsort(probability, kind="stable")
    below = np.concatenate([[0.0], np.cumsum(weights[order])])
    place = np.searchsorted(probability[order], grid, side="right")
    above: FloatArray = below[-1] - below[place]
    return np.maximum(above, 0.0)


def _mass(rows: NDArray[np.bool_], weight: FloatArray | None) -> float:
    return float(rows.sum() if weight is None else weight[rows].sum())
