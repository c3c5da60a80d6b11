"""The learning task: its kind, its size, and the objective of models."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Self

__all__ = ["Objective", "Task", "TaskKind", "link_of", "objective_of", "stopping_of"]

# Their best constant is the median, not the mean.
_OF_THE_MEDIAN = {"mae", "medae", "mape", "pinball"}
# Metrics of labels change in steps of one row, which is too coarse for early stopping,
# so log loss is used instead. A ranking may be perfect on few validation rows after one
# round, with all probabilities near the prior, so log loss is added to its metric.
_RANKING = {"roc_auc", "average_precision"}


class TaskKind(StrEnum):
    """The three kinds of task that headstart solves."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"

    @property
    def is_classification(self) -> bool:
        """True for binary and multiclass tasks."""
        return self is not TaskKind.REGRESSION


@dataclass(frozen=True, slots=True)
class Objective:
    """The loss to minimise.

    Parameters
    ----------
    loss : str
        ``"log_loss"`` for classes; ``"squared_error"``, ``"absolute_error"`` or
        ``"quantile"`` for values.
    parameter : float or None
        Parameter of the loss: the level of a quantile.
    link : str
        Link between raw scores and predictions: ``"identity"``, ``"logit"`` or
        ``"softmax"``.
    """

    loss: str
    parameter: float | None = None
    link: str = "identity"


_NO_OBJECTIVE = Objective("")


@dataclass(frozen=True, slots=True)
class Task:
    """A task as learners receive it: targets are codes or floats, never labels.

    Defaults of `objective`, `stopping` and `n_outputs` follow from the kind and the
    metric.

    Parameters
    ----------
    kind : TaskKind
    n_rows : int
        Rows of the whole training table (a fold has fewer).
    n_numeric, n_categorical : int
        Numbers of usable columns; dates and text count as numeric.
    n_classes : int
        2 or more; 0 for regression. Targets are the integers ``0 .. n_classes - 1``.
    metric : str
        Name of the metric that scores; learners read `objective` and `stopping`.
    text_lengths : tuple of int
        Mean number of characters per column of raw text, which transforms read; empty
        if there are none or they were not counted.
    objective : Objective
        The loss to minimise, with its parameter and link.
    stopping : tuple of str
        Names of the metrics for early stopping: the sum of their losses. A learner
        leaves out those that it cannot compute.
    n_outputs : int
        Columns of a stored prediction: 1, or one per class if there are more than two.
    constraints : tuple of (str, int)
        Name and direction (+1 or -1) of each column in which predictions are monotone.
    """

    kind: TaskKind
    n_rows: int
    n_numeric: int
    n_categorical: int
    n_classes: int
    metric: str
    text_lengths: tuple[int, ...] = ()
    objective: Objective = _NO_OBJECTIVE
    stopping: tuple[str, ...] = ()
    n_outputs: int = 0
    constraints: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        # JSON has lists only.
        values: dict[str, Any] = {"text_lengths": tuple(self.text_lengths)}
        if not self.objective.loss:
            values["objective"] = objective_of(self.kind, self.metric)
        if not self.stopping:
            values["stopping"] = stopping_of(self.kind, self.metric)
        if not self.n_outputs:
            values["n_outputs"] = _n_outputs(self.kind, self.n_classes)
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def n_features(self) -> int:
        """Number of usable columns."""
        return self.n_numeric + self.n_categorical

    def with_classes(self, n_classes: int) -> Self:
        """Return the task of a fold with `n_classes` classes, 0 for regression.

        Examples
        --------
        >>> task = Task(TaskKind.MULTICLASS, 100, 3, 0, 5, "log_loss")
        >>> fold = task.with_classes(2)
        >>> fold.kind.value, fold.objective.link, fold.n_outputs
        ('binary', 'logit', 1)
        """
        if n_classes == self.n_classes:
            return self
        kind = TaskKind.MULTICLASS if n_classes > 2 else TaskKind.BINARY
        return replace(
            self,
            kind=kind,
            n_classes=n_classes,
            objective=replace(self.objective, link=link_of(kind)),
            n_outputs=_n_outputs(kind, n_classes),
        )

    def with_metric(self, metric: str) -> Self:
        """Return the task scored by `metric`, with its objective and stopping."""
        return replace(
            self,
            metric=metric,
            objective=objective_of(self.kind, metric),
            stopping=stopping_of(self.kind, metric),
        )

    def to_record(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Return the task of a record, also of one without an objective.

        Raises
        ------
        KeyError, TypeError, ValueError
            If the record has another form.
        """
        fields = {**record, "kind": TaskKind(record["kind"])}
        if "objective" in fields:
            fields["objective"] = Objective(**fields["objective"])
        if "stopping" in fields:
            fields["stopping"] = tuple(map(str, fields["stopping"]))
        if "constraints" in fields:
            pairs = fields["constraints"]
            fields["constraints"] = tuple(
                (str(name), int(sign)) for name, sign in pairs
            )
        return cls(**fields)


def link_of(kind: TaskKind) -> str:
    """Return the link between raw scores and the predictions of a kind of task."""
    links = {TaskKind.BINARY: "logit", TaskKind.MULTICLASS: "softmax"}
    return links.get(kind, "identity")


def objective_of(kind: TaskKind, metric: str) -> Objective:
    """Return the objective that serves a metric.

    Examples
    --------
    >>> objective_of(TaskKind.REGRESSION, "mae").loss
    'absolute_error'
    """
    if kind.is_classification:
        return Objective("log_loss", link=link_of(kind))
    median = metric in _OF_THE_MEDIAN
    return Objective("absolute_error" if median else "squared_error")


def stopping_of(kind: TaskKind, metric: str) -> tuple[str, ...]:
    """Return the names of the metrics for early stopping, the metric's own first.

    Examples
    --------
    >>> stopping_of(TaskKind.BINARY, "roc_auc")
    ('roc_auc', 'log_loss')
    """
    if kind.is_classification:
        return (metric, "log_loss") if metric in _RANKING else ("log_loss",)
    return ("mae",) if metric in _OF_THE_MEDIAN else ("rmse",)


def _n_outputs(kind: TaskKind, n_classes: int) -> int:
    return n_classes if kind is TaskKind.MULTICLASS else 1
