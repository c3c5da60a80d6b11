"""The built-in metrics, computed in Rust."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray, TaskKind
from headstart.metrics.metric import Metric, Needs, Target
from headstart.plugins import hookimpl
from headstart.plugins.hookspecs import RegisterMetric

__all__ = [
    "BUILT_IN",
    "BuiltInMetric",
    "default_metric",
    "metric_names",
    "register_metrics",
]


@dataclass(frozen=True)
class BuiltInMetric(Metric):
    """A metric computed in Rust, with the values of scikit-learn's implementation."""

    def score(  # noqa: D102
        self,
        y: Target,
        prediction: FloatArray,
        weight: FloatArray | None = None,
        *,
        n_threads: int = 1,
    ) -> float:
        outputs = _plain(prediction)
        weights = None if weight is None else _plain(weight)
        if self.needs == "value":
            values = (
                outputs[:, 0]
                if outputs.ndim == 2 and outputs.shape[1] == 1
                else outputs
            )
            return _core.score_values(
                self.name, _plain(y), _one_dimension(values), weights, n_threads
            )
        return _core.score_classes(
            self.name,
            np.ascontiguousarray(y, dtype=np.int64),
            _columns(outputs),
            weights,
            n_threads,
        )

    @property
    def least_loss(self) -> float:
        """Loss of a perfect prediction: a score of 1, or an error of 0."""
        return -1.0 if self.greater_is_better else 0.0


_BINARY = frozenset({TaskKind.BINARY})
_MULTICLASS = frozenset({TaskKind.MULTICLASS})
_CLASSES = _BINARY | _MULTICLASS
_VALUES = frozenset({TaskKind.REGRESSION})


def _table() -> Mapping[str, BuiltInMetric]:
    rows: list[tuple[str, frozenset[TaskKind], bool, Needs, float]] = [
        ("roc_auc", _BINARY, True, "probability", 0.5),
        ("roc_auc_ovr", _MULTICLASS, True, "probability", 0.5),
        ("roc_auc_ovo", _MULTICLASS, True, "probability", 0.5),
        ("average_precision", _BINARY, True, "probability", 0.0),
        ("log_loss", _CLASSES, False, "probability", 0.0),
        ("brier", _CLASSES, False, "probability", 0.0),
        ("accuracy", _CLASSES, True, "label", 0.0),
        ("balanced_accuracy", _CLASSES, True, "label", 0.0),
        ("f1", _BINARY, True, "label", 0.0),
        ("f1_macro", _CLASSES, True, "label", 0.0),
        ("f1_weighted", _CLASSES, True, "label", 0.0),
        ("mcc", _CLASSES, True, "label", 0.0),
        ("kappa", _CLASSES, True, "label", 0.0),
        ("rmse", _VALUES, False, "value", 0.0),
        ("mae", _VALUES, False, "value", 0.0),
        ("r2", _VALUES, True, "value", 0.0),
        ("rmsle", _VALUES, False, "value", 0.0),
        ("mape", _VALUES, False, "value", 0.0),
        ("medae", _VALUES, False, "value", 0.0),
        ("pinball", _VALUES, False, "value", 0.0),
    ]
    return MappingProxyType(
        {
            name: BuiltInMetric(name, kinds, greater, needs, undefined=undefined)
            for name, kinds, greater, needs, undefined in rows
        }
    )


BUILT_IN = _table()
"""Built-in metrics by name."""


@hookimpl
def register_metrics(register: RegisterMetric) -> None:
    """Register the built-in metrics."""
    for metric in BUILT_IN.values():
        register(metric)


def default_metric(kind: TaskKind) -> str:
    """Return the name of the default metric of a kind of task.

    Examples
    --------
    >>> default_metric(TaskKind.REGRESSION)
    'rmse'
    """
    if kind is TaskKind.BINARY:
        return "roc_auc"
    return "log_loss" if kind is TaskKind.MULTICLASS else "rmse"


def metric_names(kind: TaskKind | None = None) -> tuple[str, ...]:
    """Return the names of the built-in metrics, optionally only those for `kind`.

    Examples
    --------
    >>> metric_names(TaskKind.REGRESSION)
    ('rmse', 'mae', 'r2', 'rmsle', 'mape', 'medae', 'pinball')
    """
    return tuple(
        name
        for name, metric in BUILT_IN.items()
        if kind is None or kind in metric.kinds
    )


def _plain(values: NDArray[Any]) -> FloatArray:
    return np.ascontiguousarray(values, dtype=np.float64)


def _columns(prediction: FloatArray) -> FloatArray:
    """Return probabilities as a matrix, with one column for two classes."""
    if prediction.ndim == 1:
        return prediction[:, np.newaxis]
    if prediction.ndim != 2:
        raise ValueError(
            "Predicted probabilities must have shape (n_rows,) or (n_rows, n_classes). "
            f"Got {prediction.shape} instead."
        )
    if prediction.shape[1] == 2:
        return np.ascontiguousarray(prediction[:, 1:])
    return prediction


def _one_dimension(values: FloatArray) -> FloatArray:
    if values.ndim != 1:
        raise ValueError(
            f"Predicted values must have shape (n_rows,). Got {values.shape} instead."
        )
    return np.ascontiguousarray(values)
