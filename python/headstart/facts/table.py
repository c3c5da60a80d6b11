"""Records of the task, the columns, the findings and the validation."""

from collections.abc import Mapping
from dataclasses import dataclass

from headstart.facts.values import Scalar

__all__ = ["ColumnFact", "FindingFact", "LeftOut", "TaskFacts", "ValidationFacts"]


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """The target, the kind of task and its metric.

    Parameters
    ----------
    kind : str
        ``"binary"``, ``"multiclass"`` or ``"regression"``.
    target : str
        Name of the target's column; "" where it had none.
    classes : tuple of str
        In the order of their probabilities; the second is the positive one of two.
        Empty for regression.
    n_rows : int
        Rows that were learnt from.
    n_features : int
        Columns of the table as it was given, without the target.
    metric : str
        What was optimised.
    weighted : bool
        Whether rows had weights.
    """

    kind: str
    target: str
    classes: tuple[str, ...]
    n_rows: int
    n_features: int
    metric: str
    greater_is_better: bool
    weighted: bool


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """A column of the table: what it was taken for, and why.

    `steps` are what was done to it, in words: dates parsed, units read.
    """

    name: str
    kind: str
    reason: str
    n_missing: int
    n_distinct: int | None
    used: bool
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingFact:
    """Something about the table that its owner should know.

    `severity` is ``"warning"`` (scores may mislead) or ``"note"``; `evidence` are the
    figures behind the message; `remedy` is what to do, "" where there is nothing.
    """

    code: str
    severity: str
    columns: tuple[str, ...]
    message: str
    evidence: Mapping[str, Scalar]
    remedy: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows that were not learnt from, and why."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class ValidationFacts:
    """The validation scheme of the fit.

    Parameters
    ----------
    words : str
        For people: ``"stratified 8-fold cross-validation"``.
    n_folds, n_repeats : int
    groups : str or None
        The column whose values are never split, ``"given"`` for a vector; or None.
    time_column : str or None
        The column whose order the folds follow.
    gap : str or None
        What is left out between training and validation, in words.
    why : str
        Why it was chosen; "" where the user did.
    """

    words: str
    n_folds: int
    n_repeats: int
    groups: str | None
    time_column: str | None
    gap: str | None
    why: str
