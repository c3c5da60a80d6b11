"""What a server said, in our own words: small values, checked when they were made."""

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
"""Numbers of OpenML's types of task that can be used."""


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
        Of the dataset, the target counted; None where the server does not say.
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
    """A dataset's description; `md5` is empty where there is none."""

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
    """A score of somebody's run."""

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
