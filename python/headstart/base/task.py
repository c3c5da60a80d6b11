"""What is to be learnt: the kind of problem, its size, its metric."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Task", "TaskKind"]


class TaskKind(StrEnum):
    """The three kinds of problem headstart solves."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"

    @property
    def is_classification(self) -> bool:
        """Whether the target is a class."""
        return self is not TaskKind.REGRESSION


@dataclass(frozen=True, slots=True)
class Task:
    """A problem as learners see it: targets are codes or floats, never labels.

    Parameters
    ----------
    kind : TaskKind
    n_rows : int
        Rows of the whole training table (a fold has fewer).
    n_numeric, n_categorical : int
        Usable columns by what they become: dates and text count as numeric.
    n_classes : int
        2 or more; 0 for regression. Targets are the integers ``0 .. n_classes - 1``.
    metric : str
        Name of the metric that the search optimises.
    text_lengths : tuple of int
        Mean number of characters of each column of raw text, which transforms read;
        empty where there is none, or nobody has counted.
    """

    kind: TaskKind
    n_rows: int
    n_numeric: int
    n_categorical: int
    n_classes: int
    metric: str
    text_lengths: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        # JSON has lists only.
        object.__setattr__(self, "text_lengths", tuple(self.text_lengths))

    @property
    def n_features(self) -> int:
        """Usable columns of the table."""
        return self.n_numeric + self.n_categorical

    @property
    def n_outputs(self) -> int:
        """Columns of a stored prediction: 1, or one a class above two classes."""
        return self.n_classes if self.kind is TaskKind.MULTICLASS else 1
