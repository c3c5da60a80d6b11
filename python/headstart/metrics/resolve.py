"""Resolution of the ``metric=`` parameter."""

import difflib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import TaskKind
from headstart.metrics.built_in import BUILT_IN, default_metric, metric_names
from headstart.metrics.custom import FunctionMetric, name_of, takes_weight, try_metric
from headstart.metrics.metric import Metric
from headstart.plugins import MetricRecord, load_plugins

__all__ = ["metric_of", "resolve_metric"]

_OTHER_NAMES = {
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "aucpr": "average_precision",
    "logloss": "log_loss",
    "neg_log_loss": "log_loss",
    "cross_entropy": "log_loss",
    "neg_brier_score": "brier",
    "brier_score": "brier",
    "acc": "accuracy",
    "matthews_corrcoef": "mcc",
    "cohen_kappa": "kappa",
    "mse": "rmse",
    "neg_mean_squared_error": "rmse",
    "root_mean_squared_error": "rmse",
    "neg_root_mean_squared_error": "rmse",
    "neg_mean_absolute_error": "mae",
    "neg_median_absolute_error": "medae",
    "neg_mean_absolute_percentage_error": "mape",
    "neg_root_mean_squared_log_error": "rmsle",
}
"""Other libraries' names of metrics, for hints. They are not accepted as names."""


def resolve_metric(
    metric: str | Metric | Callable[..., Any] | None,
    kind: TaskKind,
    classes: NDArray[Any] | None = None,
) -> Metric:
    """Return the metric of a name, callable or scorer.

    Parameters
    ----------
    metric : str, Metric, callable or None
        A name in `metric_names` or of a plugin's metric; a
        `sklearn.metrics.make_scorer` result; a function ``f(y_true, y_pred) -> float``
        of the user's labels or values, where greater is better; or None for the
        default.
    kind : TaskKind
    classes : ndarray of shape (n_classes,) or None
        Label of each class code; by default the codes themselves.

    Raises
    ------
    ValueError
        If the metric is unknown or for another kind of task, or a custom metric fails
        on toy data, does not return a number, or scores a perfect prediction worse than
        every wrong one. Pass an error function as ``make_scorer(function,
        greater_is_better=False)``.
    TypeError
        If `metric` has another type.

    Examples
    --------
    >>> resolve_metric(None, TaskKind.BINARY).name
    'roc_auc'
    >>> def hits(y_true, y_pred):
    ...     return sum(y_true == y_pred)
    >>> ours = resolve_metric(hits, TaskKind.BINARY, np.array(["no", "yes"]))
    >>> ours.score(np.array([0, 1, 1]), np.array([0.2, 0.7, 0.4]))
    2.0
    """
    if metric is None:
        return BUILT_IN[default_metric(kind)]
    if isinstance(metric, str) and metric in metric_names(kind):
        return BUILT_IN[metric]
    if isinstance(metric, str):
        return _by_name(metric, kind, classes)
    if isinstance(metric, Metric):
        _check_kind(metric, kind)
        return metric
    if not callable(metric):
        raise TypeError(
            "The 'metric' parameter must be a name, a make_scorer result or a function "
            f"(y_true, y_pred) -> float. Got {metric!r} "
            f"({type(metric).__name__}) instead."
        )
    if classes is not None:
        classes = np.asarray(classes)
    custom = _custom(metric, kind, classes)
    n_classes = 2 if kind is TaskKind.BINARY else 3
    return try_metric(custom, kind, n_classes if classes is None else len(classes))


def _by_name(name: str, kind: TaskKind, classes: NDArray[Any] | None) -> Metric:
    metrics = load_plugins().metrics
    if name in metrics:
        record = metrics[name]
        _check_kind(record, kind)
        metric = metric_of(record, classes)
        n_classes = 2 if kind is TaskKind.BINARY else 3
        return try_metric(metric, kind, n_classes if classes is None else len(classes))
    available = [n for n, metric in metrics.items() if kind in metric.kinds]
    usual_name = _OTHER_NAMES.get(name.lower())
    close = (
        [usual_name]
        if usual_name in available
        else difflib.get_close_matches(name, available, n=1)
    )
    hint = f" hint: did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"Unknown metric {name!r}. Metrics for {kind}: {', '.join(available)}, "
        f"and custom functions and scorers.{hint}"
    )


def metric_of(
    record: Metric | MetricRecord, classes: NDArray[Any] | None = None
) -> Metric:
    """Return the metric of a plugin's record, for the labels `classes`."""
    if isinstance(record, Metric):
        return record
    return FunctionMetric(
        record.name,
        record.kinds,
        record.greater_is_better,
        record.needs,
        function=record.function,
        classes=None if classes is None else np.asarray(classes),
        weighted=takes_weight(record.function),
    )


def _check_kind(metric: Metric | MetricRecord, kind: TaskKind) -> None:
    if kind not in metric.kinds:
        available = metric_names(kind)
        close = difflib.get_close_matches(metric.name, available, n=1)
        hint = f" hint: did you mean {close[0]!r}?" if close else ""
        raise ValueError(
            f"Metric {metric.name!r} is for {' and '.join(sorted(metric.kinds))}, but "
            f"the task is {kind}. Metrics for it: {', '.join(available)}.{hint}"
        )


def _custom(
    metric: Callable[..., Any], kind: TaskKind, classes: NDArray[Any] | None
) -> Metric:
    classes = classes if kind.is_classification else None
    kinds = frozenset({kind})
    if not hasattr(metric, "_score_func"):
        return FunctionMetric(
            name_of(metric),
            kinds,
            greater_is_better=True,
            needs="label" if kind.is_classification else "value",
            function=metric,
            classes=classes,
            weighted=takes_weight(metric),
        )
    from headstart.metrics.scorer import ScorerMetric

    # Private in scikit-learn, but stable; used only for the name and weights.
    function = metric._score_func
    sign = "neg_" if getattr(metric, "_sign", 1) < 0 else ""
    return ScorerMetric(
        sign + name_of(function),
        kinds,
        greater_is_better=True,
        needs="probability" if kind.is_classification else "value",
        scorer=metric,
        classes=classes,
        weighted=takes_weight(function),
    )
