"""Replies of a server as small classes; their values were checked."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "CLASSIFICATION",
    "REGRESSION",
    "DescriptionReply",
    "EvaluationReply",
    "FeatureReply",
    "SetupReply",
    "SuiteReply",
    "TaskReply",
]

CLASSIFICATION, REGRESSION = 1, 2
"""Numbers of OpenML's task types that headstart solves."""


@dataclass(frozen=True, slots=True)
class SuiteReply:
    """A benchmark suite, and the tasks it names."""

    suite_id: int
    name: str
    tasks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TaskReply:
    """A task: a dataset and its target.

    Parameters
    ----------
    kind_id : int
        1 is supervised classification, 2 supervised regression.
    n_rows, n_columns : int or None
        Numbers of the dataset, with the target; None if the server has none.
    """

    task_id: int
    kind_id: int
    did: int
    name: str
    target: str
    n_rows: int | None = None
    n_columns: int | None = None


@dataclass(frozen=True, slots=True)
class DescriptionReply:
    """A dataset's description; `md5` is empty if there is none."""

    did: int
    name: str
    version: int
    form: str
    licence: str
    md5: str


@dataclass(frozen=True, slots=True)
class FeatureReply:
    """A column; `kind` is numeric, nominal, string or date."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class EvaluationReply:
    """A score of a user's run."""

    run_id: int
    task_id: int
    setup_id: int
    flow_id: int
    flow_name: str
    value: float
    upload_time: str


@dataclass(frozen=True, slots=True)
class SetupReply:
    """A flow's parameters: the full name of each, and its value as JSON text."""

    setup_id: int
    flow_id: int
    parameters: Mapping[str, str]
