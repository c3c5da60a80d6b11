"""The best constant prediction, a baseline for every model."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, TaskKind
from headstart.machine.process_state import ignore_warnings
from headstart.metrics.built_in import BuiltInMetric
from headstart.metrics.metric import Metric, Target

__all__ = ["NO_SKILL", "BestConstant", "Part", "best_constant"]

NO_SKILL = "the values of other rows"
"""Description of the fallback if no constant prediction has a loss."""

# With more classes, only the most frequent ones are candidates.
_MOST_CLASSES = 20
# Candidates for metrics that penalise errors of one sign more.
_OTHER_QUANTILES = (0.05, 0.1, 0.25, 0.75, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows on which a constant is fitted, and rows on which it is scored.

    Parameters
    ----------
    y_train, y : ndarray of shape (n_train,) and (n_rows,)
        Class codes, or values.
    weight_train, weight : ndarray or None
    """

    y_train: Target
    weight_train: FloatArray | None
    y: Target
    weight: FloatArray | None


@dataclass(frozen=True, slots=True)
class BestConstant:
    """The constant prediction with the lowest loss.

    Parameters
    ----------
    words : str
        Description, such as ``"the median"`` or ``"“yes”"``.
    losses : tuple of float
        One finite loss per part.
    """

    words: str
    losses: tuple[float, ...]


def best_constant(
    metric: Metric, kind: TaskKind, labels: Sequence[str], parts: Sequence[Part]
) -> BestConstant:
    """Return the constant prediction with the lowest loss over all parts.

    For classification, candidates are the class shares and every single class; for
    regression, the mean, the median, the geometric mean and six other quantiles. For
    most built-in metrics, the best candidate is known. Candidates with an undefined or
    infinite loss are excluded. If none remains, the losses are those of permuted
    targets, a prediction without skill.

    Parameters
    ----------
    metric : Metric
    kind : TaskKind
    labels : sequence of str
        Class labels, in the order of the codes; empty for regression.
    parts : sequence of Part
        For example, one part per fold. A constant is fitted on each part's training
        rows.

    Raises
    ------
    ValueError
        If the metric also fails on permuted targets.
    """
    best: BestConstant | None = None
    # Metrics may warn of constants: undefined correlations, classes never predicted.
    with ignore_warnings():
        for words, fit in _candidates(metric, kind, labels, parts):
            losses = _losses(metric, fit, parts)
            if losses and (best is None or sum(losses) < sum(best.losses)):
                best = BestConstant(words, tuple(losses))
        if best is not None:
            return best
        return BestConstant(
            NO_SKILL, tuple(_shuffled_loss(metric, kind, labels, p) for p in parts)
        )


_Fit = Callable[[NDArray[Any], FloatArray | None], FloatArray]


def _losses(metric: Metric, fit: _Fit, parts: Sequence[Part]) -> list[float]:
    """Return one loss per part; empty if one of them is undefined."""
    losses = []
    for part in parts:
        constant = fit(part.y_train, part.weight_train)
        prediction = np.tile(constant, (len(part.y), 1))
        try:
            loss = metric.loss(part.y, _metric_input(prediction), part.weight)
        except Exception:  # a custom metric may refuse constants
            return []
        if not math.isfinite(loss):
            return []
        losses.append(loss)
    return losses


def _shuffled_loss(
    metric: Metric, kind: TaskKind, labels: Sequence[str], part: Part
) -> float:
    order = np.random.default_rng(0).permutation(len(part.y))
    prediction = _as_prediction(part.y[order], kind, len(labels))
    return metric.loss(part.y, _metric_input(prediction), part.weight)


def _candidates(
    metric: Metric, kind: TaskKind, labels: Sequence[str], parts: Sequence[Part]
) -> list[tuple[str, _Fit]]:
    """Return candidates with their descriptions, in order of preference."""
    is_built_in = isinstance(metric, BuiltInMetric)
    if kind is TaskKind.REGRESSION:
        y = np.concatenate([part.y_train for part in parts])
        name, _, level = metric.name.partition("@")
        if is_built_in and name in _BEST_VALUES:
            return [_BEST_VALUES[name]]
        if is_built_in and name == "pinball":
            return [_at_quantile(float(level or 0.5))]
        candidates = [("the mean", _mean), _at_quantile(0.5)]
        if y.min() > 0:
            candidates.append(("the geometric mean", _geometric_mean))
        return [*candidates, *map(_at_quantile, _OTHER_QUANTILES)]
    shares: tuple[str, _Fit] = (
        "the shares of the classes",
        partial(_shares, n_classes=len(labels)),
    )
    if is_built_in and metric.needs == "probability":
        return [shares]
    counts = np.sum([_counts(p.y_train, None, len(labels)) for p in parts], axis=0)
    most_frequent = np.argsort(-counts, kind="stable")[:_MOST_CLASSES]
    classes: list[tuple[str, _Fit]] = [
        (
            f"“{labels[code]}”",
            partial(_one_class, code=int(code), n_classes=len(labels)),
        )
        for code in most_frequent
    ]
    # For a metric of labels, the shares would mean the most frequent class.
    return classes if is_built_in else [shares, *classes]


def _mean(y: NDArray[Any], weight: FloatArray | None) -> FloatArray:
    return np.array([np.average(y, weights=weight)])


def _geometric_mean(
    y: NDArray[Any], weight: FloatArray | None, shift: float = 0.0
) -> FloatArray:
    logs = np.log(np.maximum(y + shift, np.finfo(np.float64).tiny))
    return np.array([np.exp(np.average(logs, weights=weight)) - shift])


def _quantile(y: NDArray[Any], weight: FloatArray | None, level: float) -> FloatArray:
    if weight is None:
        return np.array([np.quantile(y, level)])
    order = np.argsort(y, kind="stable")
    cumulated = np.cumsum(weight[order])
    index = int(np.searchsorted(cumulated, level * cumulated[-1]))
    return np.array([y[order[min(index, y.size - 1)]]], dtype=np.float64)


def _relative_median(y: NDArray[Any], weight: FloatArray | None) -> FloatArray:
    """Return the constant with the lowest mean absolute percentage error."""
    sizes = np.maximum(np.abs(y), np.finfo(np.float64).eps)
    return _quantile(y, 1 / sizes if weight is None else weight / sizes, 0.5)


def _middle_of_shortest_half(y: NDArray[Any], weight: FloatArray | None) -> FloatArray:
    order = np.argsort(y, kind="stable")
    values = np.asarray(y[order], dtype=np.float64)
    weights = np.ones(y.size) if weight is None else weight[order]
    cumulated = np.cumsum(weights)
    # The last row of the half that starts at each row.
    last = np.searchsorted(cumulated, cumulated - weights + 0.5 * cumulated[-1])
    starts = np.flatnonzero(last < y.size)
    if not starts.size:
        return _quantile(y, weight, 0.5)
    widths = values[last[starts]] - values[starts]
    start = starts[np.argmin(widths)]
    return np.array([(values[start] + values[last[start]]) / 2])


def _shares(
    y: NDArray[Any], weight: FloatArray | None, *, n_classes: int
) -> FloatArray:
    counts = _counts(y, weight, n_classes)
    shares: FloatArray = counts / counts.sum()
    return shares[1:] if n_classes == 2 else shares


def _counts(
    y: NDArray[Any], weight: FloatArray | None, n_classes: int
) -> NDArray[np.float64]:
    counts = np.bincount(y.astype(np.int64), weights=weight, minlength=n_classes)
    return counts.astype(np.float64)


def _one_class(
    y: NDArray[Any], weight: FloatArray | None, *, code: int, n_classes: int
) -> FloatArray:
    del y, weight
    shares: FloatArray = np.eye(n_classes)[code]
    return shares[1:] if n_classes == 2 else shares


def _at_quantile(level: float) -> tuple[str, _Fit]:
    words = "median" if level == 0.5 else f"{level:g} quantile"
    return f"the {words}", partial(_quantile, level=level)


_BEST_VALUES: dict[str, tuple[str, _Fit]] = {
    "rmse": ("the mean", _mean),
    "r2": ("the mean", _mean),
    "mae": _at_quantile(0.5),
    "medae": (
        "the middle of the shortest half of the values",
        _middle_of_shortest_half,
    ),
    "mape": (
        "the median, each value weighted by its inverse",
        _relative_median,
    ),
    "rmsle": (
        "the geometric mean of 1 + value, minus 1",
        partial(_geometric_mean, shift=1.0),
    ),
}


def _as_prediction(y: Target, kind: TaskKind, n_classes: int) -> FloatArray:
    if kind is TaskKind.REGRESSION:
        return np.asarray(y, dtype=np.float64)[:, np.newaxis]
    columns: FloatArray = np.eye(n_classes)[y.astype(np.int64)]
    return columns[:, 1:] if kind is TaskKind.BINARY else columns


def _metric_input(prediction: FloatArray) -> FloatArray:
    return prediction[:, 0] if prediction.shape[1] == 1 else prediction
