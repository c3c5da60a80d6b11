"""Built-in and custom metrics."""

from headstart.metrics.built_in import BuiltInMetric, default_metric, metric_names
from headstart.metrics.confusion import confusion_matrix
from headstart.metrics.metric import Metric
from headstart.metrics.resolve import resolve_metric
from headstart.metrics.scores import score, score_many, score_names
from headstart.metrics.threshold import Decision, best_threshold

__all__ = [
    "BuiltInMetric",
    "Decision",
    "Metric",
    "best_threshold",
    "confusion_matrix",
    "default_metric",
    "metric_names",
    "resolve_metric",
    "score",
    "score_many",
    "score_names",
]
