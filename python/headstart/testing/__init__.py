"""Conformance checks of learners, transforms and metrics, for plugin authors.

>>> from headstart.plugins import load_plugins
>>> from headstart.testing import learner_checks
>>> checks = learner_checks(load_plugins().learners["ridge"])
>>> [str(check) for check in checks][:3]
['import-time', 'import-effects', 'worker-copy']
"""

from headstart.testing.cases import (
    Case,
    check_learner,
    check_metric,
    check_transform,
    learner_checks,
    metric_checks,
    transform_checks,
)
from headstart.testing.catalogue import checks_for
from headstart.testing.outcome import (
    CheckError,
    CheckReport,
    CheckResult,
    CheckStatus,
    NotApplicableError,
)

__all__ = [
    "Case",
    "CheckError",
    "CheckReport",
    "CheckResult",
    "CheckStatus",
    "NotApplicableError",
    "check_learner",
    "check_metric",
    "check_transform",
    "checks_for",
    "learner_checks",
    "metric_checks",
    "transform_checks",
]
