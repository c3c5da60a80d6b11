"""Metrics: built in, or brought by the user."""

from headstart.metrics.built_in import BuiltInMetric, default_metric, metric_names
from headstart.metrics.metric import Metric
from headstart.metrics.resolve import resolve_metric

__all__ = [
    "BuiltInMetric",
    "Metric",
    "default_metric",
    "metric_names",
    "resolve_metric",
]
