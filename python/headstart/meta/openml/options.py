"""The options, plan, progress and report of a refresh."""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl

from headstart.exceptions import KnowledgeBaseError
from headstart.machine.places import show_place
from headstart.meta.records import DatasetRecord, Record

__all__ = [
    "DEFAULT_FLOWS",
    "Evaluate",
    "PlannedTask",
    "Progress",
    "RefreshOptions",
    "RefreshPlan",
    "RefreshProgress",
    "RefreshReport",
]

DEFAULT_FLOWS = (6969, 7707)
"""Flows of the bot that made most of OpenML's runs: random forest, support vectors.

The name of each is fetched before it is used, since numbers differ between servers and
`flows` maps by name.
"""

Evaluate = Callable[[DatasetRecord, pl.DataFrame, str], Iterable[Record]]
"""A function of dataset, table with target, and target name that yields records."""


@dataclass(frozen=True, slots=True)
class RefreshOptions:
    """Server, datasets and limits of a refresh.

    Parameters
    ----------
    server : str
        URL of the XML interface.
    suite : int or str
        Number or alias of a benchmark suite: ``"OpenML-CC18"``, 271, 269.
    limit : int or None
        Maximum number of tasks, in the order of the suite.
    evaluations : bool
        Whether to fetch evaluations of other users, too.
    flows : tuple of int
        Flows of these evaluations; those without a rule are left out.
    functions : mapping of bool to str
        OpenML's score for classification (True) and for regression (False).
    max_cells, max_columns : int
        Datasets with more values or columns are left out before they are downloaded.
    max_reply_bytes, max_xml_bytes : int
        Limits of a reply; the second is for replies that are not tables, which are
        read as a whole.
    max_evaluations : int
        Maximum number of evaluations of one flow on one slice of tasks.
    calls_per_second : float
        0 for no limit.
    connect_seconds, read_seconds, total_seconds : float
        Limits for connecting, between two bytes, and for one reply.
    attempts : int
        Maximum number of calls if one fails with a temporary error.
    first_wait, longest_wait : float
        Seconds before a further attempt, doubled each time, up to the longest.
    tasks_per_call, tasks_per_slice, page_size : int
        Tasks of one listing; tasks of one listing of evaluations; rows of a page.
    evaluation : str
        Description of `evaluate`. A refresh that was stopped continues only if the
        description is the same.
    data_hosts : tuple of str
        Further hosts that links in replies may lead to, as ``host`` or ``host:port``.
    staging : Path or None
        Folder for fetched data until all of it is added to the base; by default in the
        user's cache. It is removed afterwards.
    """

    server: str = "https://www.openml.org/api/v1/xml"
    suite: int | str = "OpenML-CC18"
    limit: int | None = None
    evaluations: bool = False
    flows: tuple[int, ...] = DEFAULT_FLOWS
    functions: Mapping[bool, str] = field(
        default_factory=lambda: {
            True: "area_under_roc_curve",
            False: "root_mean_squared_error",
        }
    )
    max_cells: int = 10_000_000
    max_columns: int = 5_000
    max_reply_bytes: int = 500_000_000
    max_xml_bytes: int = 50_000_000
    max_evaluations: int = 100_000
    calls_per_second: float = 2.0
    connect_seconds: float = 10.0
    read_seconds: float = 60.0
    total_seconds: float = 900.0
    attempts: int = 5
    first_wait: float = 2.0
    longest_wait: float = 60.0
    tasks_per_call: int = 200
    tasks_per_slice: int = 20
    page_size: int = 10_000
    evaluation: str = ""
    data_hosts: tuple[str, ...] = ()
    staging: Path | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.server)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise KnowledgeBaseError(
                "The server must be the URL of an XML interface, such as "
                f"'https://www.openml.org/api/v1/xml'. Got {show_place(self.server)!r}."
            )
        if "@" in parts.netloc:
            raise KnowledgeBaseError(
                "The URL of the server must have no user and no password, because it "
                f"is stored in the base. Got {show_place(self.server)!r}."
            )
        for name in (
            "max_cells",
            "max_columns",
            "max_reply_bytes",
            "max_xml_bytes",
            "max_evaluations",
            "connect_seconds",
            "read_seconds",
            "total_seconds",
            "attempts",
            "tasks_per_call",
            "tasks_per_slice",
            "page_size",
        ):
            if not getattr(self, name) > 0:
                raise KnowledgeBaseError(
                    f"The {name!r} of a refresh must be above 0. "
                    f"Got {getattr(self, name)}."
                )
        if self.limit is not None and self.limit < 1:
            raise KnowledgeBaseError(
                f"The limit of a refresh must be at least 1 task. Got {self.limit}."
            )

    @property
    def hosts(self) -> frozenset[str]:
        """Hosts that links in replies may lead to."""
        parts = urlsplit(self.server)
        host = (parts.hostname or "").lower()
        hosts = {parts.netloc.lower()}
        if host == "openml.org" or host.endswith(".openml.org"):
            hosts |= {"openml.org", ".openml.org"}
        return frozenset(hosts | {name.lower() for name in self.data_hosts})

    def identity(self, *, base: str, evaluated: bool, engine: str) -> str:
        """Return a hash of all that determines the result of a refresh.

        A staged refresh with another hash is not continued.

        Parameters
        ----------
        base : str
            Place of the base.
        evaluated : bool
            Whether datasets are evaluated.
        engine : str
            Version of headstart.
        """
        facts = {
            "base": base if "://" in base else str(Path(base).resolve()),
            "server": self.server,
            "suite": str(self.suite),
            "limit": self.limit,
            "evaluations": self.evaluations,
            "flows": list(self.flows),
            "functions": [self.functions[True], self.functions[False]],
            "max_cells": self.max_cells,
            "max_columns": self.max_columns,
            "max_evaluations": self.max_evaluations,
            "slices": [self.tasks_per_call, self.tasks_per_slice, self.page_size],
            "evaluated": [evaluated, self.evaluation],
            "engine": engine,
        }
        text = json.dumps(facts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """A task of the suite; `left_out` is the reason if it will not be fetched."""

    task_id: int
    did: int
    name: str
    target: str
    n_rows: int | None
    n_columns: int | None
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class RefreshPlan:
    """The datasets and requests of a refresh before it is done.

    Parameters
    ----------
    calls : mapping of str to int
        Number of calls by their subject; for evaluations, the least possible number.
    calls_per_second : float
    """

    server: str
    suite_id: int
    suite_name: str
    tasks: tuple[PlannedTask, ...]
    calls: Mapping[str, int]
    calls_per_second: float

    @property
    def n_calls(self) -> int:
        """Total number of calls."""
        return sum(self.calls.values())

    @property
    def seconds(self) -> float:
        """Seconds by the limit on calls per second, without downloads."""
        if self.calls_per_second <= 0:
            return 0.0
        return math.ceil(self.n_calls / self.calls_per_second)


@dataclass(frozen=True, slots=True)
class RefreshProgress:
    """A finished step, or a message (then `done` is the number of the last step)."""

    stage: str
    done: int
    total: int
    message: str


Progress = Callable[[RefreshProgress], None]


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """The records that a refresh fetched and added.

    Parameters
    ----------
    n_datasets, n_own_evaluations, n_evaluations, n_setups, n_mapped : int
        Numbers of records: datasets, own evaluations, evaluations of other users,
        their setups, and the setups that map to a configuration.
    n_unchanged : int
        Tasks whose dataset is in the base and unchanged on the server.
    n_new, n_known : int
        Numbers of records that were added, and that the base had already.
    conflicts : tuple of str
        Records that contradict others of the base; all are kept.
    left_out : tuple of (str, str)
        Names of tasks, flows or evaluations that were left out, with reasons.
    n_calls, n_retries, n_resumed : int
        Numbers of replies, repeated calls, and steps of an earlier refresh.
    """

    server: str
    suite_id: int
    suite_name: str
    n_tasks: int
    n_datasets: int
    n_unchanged: int
    n_own_evaluations: int
    n_evaluations: int
    n_setups: int
    n_mapped: int
    n_new: int
    n_known: int
    conflicts: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    n_calls: int
    n_retries: int
    n_resumed: int
