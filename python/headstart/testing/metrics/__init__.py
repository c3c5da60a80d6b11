"""The checks of metrics."""

from headstart.testing.metrics import scoring
from headstart.testing.metrics.subject import MetricSubject
from headstart.testing.sharing import IMPORT_EFFECTS, IMPORT_TIME, WORKER_COPY

__all__ = ["METRIC_CHECKS", "MetricSubject"]

METRIC_CHECKS = (
    *(IMPORT_TIME, IMPORT_EFFECTS, WORKER_COPY),
    *scoring.CHECKS,
)
