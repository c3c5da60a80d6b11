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
        In the order of their probabilities; of two, the second is the positive class.
        Empty for regression.
    n_rows : int
        Number of training rows.
    n_features : int
        Columns of the user's table without the target.
    metric : str
        The optimised metric.
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
    """A column of the table: its inferred kind with the reason.

    `steps` describes its preparation: dates parsed, units read.
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
    """A warning or note on the table.

    `severity` is ``"warning"`` (scores may mislead) or ``"note"``; `evidence` has the
    numbers behind the message; `remedy` is the suggested action, or "".
    """

    code: str
    severity: str
    columns: tuple[str, ...]
    message: str
    evidence: Mapping[str, Scalar]
    remedy: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The number of rows left out of training, with the reason."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class ValidationFacts:
    """The validation scheme of the fit.

    Parameters
    ----------
    words : str
        Description: ``"stratified 8-fold cross-validation"``.
    n_folds, n_repeats : int
    groups : str or None
        The column whose values are never split, ``"given"`` for a vector; or None.
    time_column : str or None
        The column whose order the folds follow.
    gap : str or None
        Description of the gap between training and validation rows.
    reason : str
        Reason for the choice; "" where the user chose.
    """

    words: str
    n_folds: int
    n_repeats: int
    groups: str | None
    time_column: str | None
    gap: str | None
    reason: str
