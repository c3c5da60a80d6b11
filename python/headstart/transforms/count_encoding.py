"""Frequencies of levels, for columns with many levels."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from headstart.base import Parameters, Resources, TableRows, Task, Transform
from headstart.base.table_columns import TableColumns
from headstart.features import Candidate
from headstart.plugins import hookimpl
from headstart.transforms.levels import leveled, most_levels
from headstart.transforms.of_plans import PlanTransform

__all__ = ["CountEncoding", "register_transforms"]

_FEW_ROWS = 300
_MANY_LEVELS = 20  # with fewer, trees and one-hot columns are as informative


class CountEncoding(PlanTransform):
    """The share of training rows with a row's level, for each categorical column.

    It separates rare levels from common ones if each level has too few rows by itself.
    Unseen levels get 0.
    """

    name: ClassVar[str] = "count_encoding"
    order: ClassVar[int] = 50

    def columns(self, table: TableColumns, task: Task) -> Sequence[str]:
        """Return the columns with more than two levels."""
        del task
        return leveled(table)

    def promise(self, table: TableColumns, task: Task) -> float:
        """Return a small prior gain; 0 for few rows or columns with few levels."""
        if task.n_rows < _FEW_ROWS or most_levels(table) < _MANY_LEVELS:
            return 0.0
        return 0.3

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds, proportional to the number of categorical cells."""
        del parameters
        return 0.01 + 1e-7 * n_rows * (1 + task.n_categorical)

    def choose(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        resources: Resources,
    ) -> tuple[Sequence[Candidate], Sequence[float | None]]:
        """Return one frequency feature per column."""
        del task, parameters, resources
        candidates = [Candidate("frequency", (name,)) for name in rows.X.columns]
        return candidates, [None] * len(candidates)


@hookimpl
def register_transforms(register: Callable[[Transform], None]) -> None:
    """Register frequencies of levels."""
    register(CountEncoding())
