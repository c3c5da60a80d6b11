"""Refresh of a base from OpenML: the datasets of a suite, and evaluations on them.

`plan_refresh` returns the plan without fetching data; `refresh` fetches the data with
the ``openml`` client and adds it to a base in one transaction. Servers are not trusted:
replies are bounded in time and size, texts are made printable, links may lead to the
server's own hosts only, and caches that others could write are not read.
"""

from headstart.meta.openml.errors import RefreshError
from headstart.meta.openml.options import (
    DEFAULT_FLOWS,
    Evaluate,
    PlannedTask,
    Progress,
    RefreshOptions,
    RefreshPlan,
    RefreshProgress,
    RefreshReport,
)
from headstart.meta.openml.plan import plan_refresh
from headstart.meta.openml.refresh import refresh

__all__ = [
    "DEFAULT_FLOWS",
    "Evaluate",
    "PlannedTask",
    "Progress",
    "RefreshError",
    "RefreshOptions",
    "RefreshPlan",
    "RefreshProgress",
    "RefreshReport",
    "plan_refresh",
    "refresh",
]
