"""Refresh from OpenML: what is there on a suite's datasets, by the real client.

`plan_refresh` says what would be fetched, `refresh` fetches it and lands it in a base
in one transaction. Servers are not trusted: replies are bounded in time and size, words
are made printable, links may lead to the server's own hosts only, and nothing is read
back from a cache that anybody else could write.
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
