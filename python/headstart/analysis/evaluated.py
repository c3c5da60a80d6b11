"""How good the model is: metrics, curves and errors of its out-of-fold predictions."""

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.analysis.curves import calibration_of, precision_recall_of, roc_of
from headstart.analysis.decisions import confusion_of, thresholds_of
from headstart.analysis.intervals import Score, score_interval
from headstart.analysis.spread import (
    histograms_of_classes,
    histograms_of_values,
    residuals_of,
)
from headstart.base import FloatArray, TaskKind
from headstart.metrics import Metric, resolve_metric
from headstart.report.facts import MetricFact

__all__ = ["Evaluated", "evaluate"]

_NAMES = {
    TaskKind.BINARY: (
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier",
        "accuracy",
        "balanced_accuracy",
        "f1",
        "mcc",
    ),
    TaskKind.MULTICLASS: (
        "log_loss",
        "roc_auc_ovr",
        "brier",
        "accuracy",
        "balanced_accuracy",
        "f1_macro",
        "mcc",
    ),
    TaskKind.REGRESSION: ("rmse", "mae", "medae", "r2"),
}
# Of more classes, curves are drawn for the commonest.
_MOST_CURVES = 10


@dataclass(frozen=True)
class Evaluated:
    """Out-of-fold predictions of some rows, and their truth.

    Parameters
    ----------
    kind : TaskKind
    labels : tuple of str
        Classes in order; empty for regression.
    y : ndarray of shape (n_rows,)
    outputs : ndarray of shape (n_rows, n_outputs)
    weight : ndarray of shape (n_rows,) or None
    groups : ndarray of shape (n_rows,) or None
    metric : Metric
        What was optimised.
    classes : ndarray or None
        Labels, as other metrics by name are given them.
    seed : int
    n_drawn : int
        Rows that may be drawn for one interval; 0 for no intervals.
    """

    kind: TaskKind
    labels: tuple[str, ...]
    y: NDArray[Any]
    outputs: FloatArray
    weight: FloatArray | None
    groups: NDArray[Any] | None
    metric: Metric
    classes: NDArray[Any] | None
    seed: int
    n_drawn: int

    def score_by(self, metric: Metric) -> Score:
        """Return how predictions of these rows are scored by a metric."""
        return Score(metric, self.y, self.weight, self.groups, self.seed, self.n_drawn)


def evaluate(rows: Evaluated, seconds: float = math.inf) -> dict[str, Any]:
    """Return the parts of the facts that out-of-fold predictions give, by field.

    Parameters
    ----------
    rows : Evaluated
    seconds : float, default=inf
        For the intervals of all metrics together.
    """
    found: dict[str, Any] = {"metrics": _metrics(rows, time.monotonic() + seconds)}
    if rows.kind is TaskKind.REGRESSION:
        prediction = rows.outputs[:, 0]
        found["residuals"] = residuals_of(rows.y, prediction, rows.seed)
        found["predictions"] = histograms_of_values(rows.y, prediction)
        return found
    codes = rows.y.astype(np.int64)
    found["confusion"] = confusion_of(rows.labels, codes, rows.outputs)
    found["predictions"] = histograms_of_classes(rows.labels, codes, rows.outputs)
    if rows.kind is TaskKind.BINARY:
        found["thresholds"] = thresholds_of(
            rows.labels[1], codes, rows.outputs[:, 0], rows.weight, rows.metric
        )
    for name, curve in (
        ("roc", roc_of),
        ("precision_recall", precision_recall_of),
        ("calibration", calibration_of),
    ):
        found[name] = tuple(
            curve(
                rows.labels[code],
                codes == code,
                rows.outputs[:, 0 if rows.kind is TaskKind.BINARY else code],
                rows.weight,
            )
            for code in _shown_classes(rows, codes)
        )
    return found


def _metrics(rows: Evaluated, end: float) -> tuple[MetricFact, ...]:
    flat = _constant(rows)
    chosen = {rows.metric.name: rows.metric}
    for name in _NAMES[rows.kind]:
        if name not in chosen:
            chosen[name] = resolve_metric(name, rows.kind, rows.classes)
    found = []
    for place, (name, metric) in enumerate(chosen.items()):
        score = rows.score_by(metric)
        share = (end - time.monotonic()) / (len(chosen) - place)
        value, low, high = score_interval(score, rows.outputs, share)
        baseline = score.value(flat)
        found.append(
            MetricFact(
                name,
                value,
                low,
                high,
                metric.greater_is_better,
                float(baseline) if np.isfinite(baseline) else None,
            )
        )
    return tuple(found)


def _constant(rows: Evaluated) -> FloatArray:
    """Return the best constant prediction: the mean, or the shares of the classes."""
    n_rows = rows.y.size
    if rows.kind is TaskKind.REGRESSION:
        mean = np.average(rows.y, weights=rows.weight)
        return np.full((n_rows, 1), mean)
    counts = np.bincount(rows.y, weights=rows.weight, minlength=len(rows.labels))
    shares = counts / counts.sum()
    if rows.kind is TaskKind.BINARY:
        shares = shares[1:]
    return np.tile(shares, (n_rows, 1))


def _shown_classes(rows: Evaluated, codes: NDArray[np.int64]) -> list[int]:
    """Return the classes that curves are drawn of: those with rows in and out."""
    counts = np.bincount(codes, minlength=len(rows.labels))
    if rows.kind is TaskKind.BINARY:
        return [1] if 0 < counts[1] < codes.size else []
    there = [
        c for c in np.argsort(-counts, kind="stable") if 0 < counts[c] < codes.size
    ]
    return sorted(int(c) for c in there[:_MOST_CURVES])
