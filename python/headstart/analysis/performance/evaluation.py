"""Metrics, curves and residuals of the out-of-fold predictions."""

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.analysis.performance.curves import (
    calibration_of,
    precision_recall_of,
    roc_of,
)
from headstart.analysis.performance.decisions import (
    MOST_CONFUSED,
    confusion_of,
    thresholds_of,
)
from headstart.analysis.performance.distributions import (
    histograms_of_classes,
    histograms_of_values,
    residuals_of,
)
from headstart.analysis.performance.intervals import Score, score_interval
from headstart.base import FloatArray, TaskKind
from headstart.ensemble.output import PLAIN_MEAN, Output
from headstart.facts import MetricFact
from headstart.metrics import BuiltInMetric, Metric, resolve_metric
from headstart.metrics.constant import Part, best_constant

__all__ = ["Evaluated", "describe_class_limits", "evaluate"]

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
# With more classes, curves are computed for the most frequent ones.
_MOST_CURVES = 10
_ROUNDING = 1e-15


@dataclass(frozen=True)
class Evaluated:
    """Out-of-fold predictions of some rows, with the actual values.

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
        The optimised metric.
    classes : ndarray or None
        Labels for other metrics that are resolved by name.
    seed : int
    n_drawn : int
        Maximum number of rows drawn for one interval; 0 for no intervals.
    output : Output
        The step that gave the outputs, with its decision.
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
    output: Output = PLAIN_MEAN

    def score_by(self, metric: Metric) -> Score:
        """Return the score of these rows by a metric."""
        return Score(
            metric,
            self.y,
            self.weight,
            self.groups,
            self.seed,
            self.n_drawn,
            self.output,
        )


def evaluate(
    rows: Evaluated, seconds: float = math.inf, *, only_optimised: bool = False
) -> dict[str, Any]:
    """Return the parts of the facts derived from out-of-fold predictions, by field.

    Parameters
    ----------
    rows : Evaluated
    seconds : float, default=inf
        Budget for the intervals of all metrics together.
    only_optimised : bool, default=False
        Whether only the optimised metric gets an interval.
    """
    metrics = _metrics(rows, seconds, only_optimised=only_optimised)
    parts: dict[str, Any] = {"metrics": metrics}
    if rows.kind is TaskKind.REGRESSION:
        prediction = rows.output.values(rows.outputs)
        parts["residuals"] = residuals_of(rows.y, prediction, rows.seed)
        parts["predictions"] = histograms_of_values(rows.y, prediction)
        return parts
    codes = rows.y.astype(np.int64)
    parts["confusion"] = confusion_of(
        rows.labels, codes, rows.output.codes(rows.outputs)
    )
    parts["predictions"] = histograms_of_classes(rows.labels, codes, rows.outputs)
    if rows.kind is TaskKind.BINARY:
        parts["thresholds"] = thresholds_of(
            rows.labels[1], codes, rows.outputs[:, 0], rows.weight, rows.metric
        )
    for name, curve in (
        ("roc", roc_of),
        ("precision_recall", precision_recall_of),
        ("calibration", calibration_of),
    ):
        parts[name] = tuple(
            curve(
                rows.labels[code],
                codes == code,
                rows.outputs[:, 0 if rows.kind is TaskKind.BINARY else code],
                rows.weight,
            )
            for code in _shown_classes(rows, codes)
        )
    return parts


def describe_class_limits(n_classes: int) -> list[str]:
    """Return notes on the parts that are limited to some of many classes."""
    notes = []
    if n_classes > _MOST_CURVES:
        notes.append(
            f"ROC, precision-recall and calibration curves are of the {_MOST_CURVES} "
            f"most frequent of {n_classes:,} classes."
        )
    if n_classes > MOST_CONFUSED:
        notes.append(
            "The confusion matrix is left out: it is made for at most "
            f"{MOST_CONFUSED} classes, and the target has {n_classes:,}."
        )
    return notes


def _metrics(
    rows: Evaluated, seconds: float, *, only_optimised: bool
) -> tuple[MetricFact, ...]:
    end = time.monotonic() + seconds
    chosen = {rows.metric.name: rows.metric}
    for name in _NAMES[rows.kind]:
        if name not in chosen:
            chosen[name] = resolve_metric(name, rows.kind, rows.classes)
    n_intervals = 1 if only_optimised else len(chosen)
    entries = []
    for place, (name, metric) in enumerate(chosen.items()):
        share = 0.0
        if place < n_intervals:
            share = (end - time.monotonic()) / (n_intervals - place)
        measured = score_interval(rows.score_by(metric), rows.outputs, share)
        words, baseline = _baseline(rows, metric)
        entries.append(
            MetricFact(
                name,
                measured.value,
                measured.low,
                measured.high,
                metric.greater_is_better,
                None if measured.value is None else baseline,
                words,
                measured.reason,
            )
        )
    return tuple(entries)


def _baseline(rows: Evaluated, metric: Metric) -> tuple[str, float | None]:
    """Return the description of the best constant prediction, and its score."""
    all_rows = Part(rows.y, rows.weight, rows.y, rows.weight)
    try:
        best = best_constant(metric, rows.kind, rows.labels, [all_rows])
    except Exception:  # a user's metric may fail on constant predictions
        return "", None
    (loss,) = best.losses
    if not isinstance(metric, BuiltInMetric) and abs(loss) < _ROUNDING:
        loss = 0.0  # a constant's correlation is 0 up to rounding
    return best.words, 0.0 - loss if metric.greater_is_better else loss


def _shown_classes(rows: Evaluated, codes: NDArray[np.int64]) -> list[int]:
    """Return the classes that get curves: those with rows inside and outside."""
    counts = np.bincount(codes, minlength=len(rows.labels))
    if rows.kind is TaskKind.BINARY:
        return [1] if 0 < counts[1] < codes.size else []
    eligible = [
        c for c in np.argsort(-counts, kind="stable") if 0 < counts[c] < codes.size
    ]
    return sorted(int(c) for c in eligible[:_MOST_CURVES])
