"""Target encoding: the mean target of each level, out-of-fold."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from headstart.base import (
    Choice,
    Parameters,
    Resources,
    SearchSpace,
    TableRows,
    Task,
    TaskKind,
    Transform,
)
from headstart.base.table_columns import TableColumns
from headstart.features import Candidate
from headstart.plugins import hookimpl
from headstart.transforms.levels import leveled, most_levels
from headstart.transforms.of_plans import PlanTransform

__all__ = ["TargetEncoding", "register_transforms"]

_FEW_ROWS = 300
_MANY_LEVELS = 10  # with fewer, trees and one-hot columns are as informative
_DEFAULT: Parameters = {"smoothing": "auto"}


class TargetEncoding(PlanTransform):
    """The mean target of a row's level, for each categorical column [1]_.

    Training rows get the mean over the other inner folds, so that no feature depends on
    the row's own target; new rows get the mean over all training rows. With three or
    more classes there is one column per class.

    References
    ----------
    .. [1] D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical
       attributes in classification and prediction problems", SIGKDD Explorations 3(1),
       2001.
    """

    name: ClassVar[str] = "target_encoding"
    order: ClassVar[int] = 50
    reads_target: ClassVar[bool] = True

    def columns(self, table: TableColumns, task: Task) -> Sequence[str]:
        """Return the columns with more than two levels."""
        del task
        return leveled(table)

    def promise(self, table: TableColumns, task: Task) -> float:
        """Return a larger prior gain for many levels; 0 for few rows."""
        levels = most_levels(table)
        if task.n_rows < _FEW_ROWS or levels < _MANY_LEVELS:
            return 0.0
        return 0.5 if levels > 2 * _MANY_LEVELS else 0.3

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space: the smoothing, as rows with the overall mean per level."""
        del task
        return SearchSpace({"smoothing": Choice("auto", 5, 50)}, default=_DEFAULT)

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return a strong smoothing, for levels with a few rows each."""
        del task
        return ({"smoothing": 50},)

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds, proportional to the number of categorical cells."""
        del parameters
        return 0.01 + 2e-7 * n_rows * (1 + task.n_categorical)

    def n_outputs(self, parameters: Parameters, n_columns: int) -> int:
        """Return one column per input column; with many classes there are more."""
        del parameters
        return n_columns

    def choose(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        resources: Resources,
    ) -> tuple[Sequence[Candidate], Sequence[float | None]]:
        """Return one target mean per column; fewer if there are many classes."""
        del resources
        smoothing = {**_DEFAULT, **parameters}["smoothing"]
        assert isinstance(smoothing, str | int)
        n_outputs = task.n_classes if task.kind is TaskKind.MULTICLASS else 1
        max_columns = max(1, _MOST_OUTPUTS // n_outputs)
        candidates = [
            Candidate("target_mean", (name,), {"smoothing": smoothing})
            for name in rows.X.columns[:max_columns]
        ]
        return candidates, [None] * len(candidates)


_MOST_OUTPUTS = 1_000


@hookimpl
def register_transforms(register: Callable[[Transform], None]) -> None:
    """Register the target encoding."""
    register(TargetEncoding())
