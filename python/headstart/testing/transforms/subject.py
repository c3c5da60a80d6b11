"""The transform under test, with a small table."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import (
    Parameters,
    Resources,
    Step,
    TableColumn,
    TableColumns,
    TableRows,
    TaskKind,
    Transform,
)
from headstart.exceptions import TransformError
from headstart.execution.fit_step import fit_step
from headstart.execution.steps import apply_step
from headstart.tables import OTHER_LEVEL, known_levels
from headstart.testing.data import make_task
from headstart.testing.outcome import CheckError
from headstart.testing.subject import Subject

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FittedTable", "TransformSubject", "columns_of", "make_table", "make_target"]

N_ROWS = 80
_N_TRAIN = 60
_SEED = 7
_LEVELS = ("low", "middle", "high", "rare")
_WORDS = ("the", "red", "fox", "blue", "house", "sings", "a", "green", "song")


@dataclass(frozen=True, slots=True, eq=False)
class FittedTable:
    """A fitted transform with its transformed training rows."""

    step: Any
    made: "pl.DataFrame"


@dataclass(eq=False)
class TransformSubject(Subject):
    """A transform in the process of its checks."""

    models: dict[TaskKind, FittedTable] = field(default_factory=dict)

    @property
    def transform(self) -> Transform:
        """The transform."""
        transform: Transform = self.tested
        return transform

    @property
    def kinds(self) -> list[TaskKind]:
        """Kinds of task of the transform."""
        return sorted(self.transform.tasks)

    def train(self) -> "pl.DataFrame":
        """Return the training rows."""
        return make_table()[:_N_TRAIN]

    def held_out(self) -> "pl.DataFrame":
        """Return rows other than the training rows."""
        return make_table()[_N_TRAIN:]

    def fitted(self, kind: TaskKind) -> FittedTable:
        """Return a shared fit of the kind, which checks must not change."""
        if kind not in self.models:
            self.models[kind] = self.fit(kind, self.train())
        return self.models[kind]

    def fit(
        self,
        kind: TaskKind,
        table: "pl.DataFrame",
        *,
        y: NDArray[Any] | None = None,
        parameters: Parameters | None = None,
    ) -> FittedTable:
        """Return the fit on its columns; an error becomes a `CheckError`.

        Parameters
        ----------
        kind : TaskKind
        table : DataFrame
        y : ndarray, optional
            By default `make_target` of the table.
        parameters : mapping, optional
            Other than the defaults.
        """
        chosen = {} if parameters is None else parameters
        space = self.transform.search_space(make_task(kind))
        try:
            step, columns = fit_step(
                self.transform,
                Step(self.transform.name, {**space.default, **chosen}),
                TableRows(
                    table,
                    make_target(kind, table) if y is None else y,
                    None,
                    np.arange(table.height) % 3,
                ),
                columns_of(table),
                make_task(kind),
                Resources(1, _SEED),
            )
        except TransformError as error:
            raise CheckError(f"During its fit: {error}") from error.__cause__
        return FittedTable(step, columns)

    def apply(
        self, kind: TaskKind, fitted: FittedTable, table: "pl.DataFrame"
    ) -> "pl.DataFrame":
        """Return transformed new rows; an error becomes a `CheckError`.

        Parameters
        ----------
        kind : TaskKind
        fitted : FittedTable
        table : DataFrame
        """
        try:
            return apply_step(
                self.transform, fitted.step, table, make_task(kind), strict=True
            )
        except TransformError as error:
            raise CheckError(f"On new rows: {error}") from error.__cause__


def make_table(n_rows: int = N_ROWS) -> "pl.DataFrame":
    """Return a table of numbers, levels and text, with missing values in each."""
    import polars as pl

    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(_WORDS, 6)) for _ in range(n_rows)]
    levels = [_LEVELS[i] for i in rng.integers(0, 3, n_rows)]
    return pl.DataFrame(
        {
            "a": rng.normal(size=n_rows),
            "b": [None if i % 9 == 4 else float(i % 5) for i in range(n_rows)],
            "c": np.exp(rng.normal(size=n_rows)),
            "level": pl.Series(
                [None if i % 11 == 3 else x for i, x in enumerate(levels)],
                dtype=pl.Enum([*_LEVELS, OTHER_LEVEL]),
            ),
            "size": pl.Series(
                ["small" if v < 0 else "large" for v in rng.normal(size=n_rows)],
                dtype=pl.Enum(["small", "large", OTHER_LEVEL]),
            ),
            "text": [None if i % 13 == 5 else t for i, t in enumerate(texts)],
        }
    )


def make_target(kind: TaskKind, table: "pl.DataFrame") -> NDArray[Any]:
    """Return a target that depends on the first column."""
    signal = table["a"].fill_null(0.0).to_numpy()
    if kind is TaskKind.REGRESSION:
        return np.asarray(10.0 * signal)
    cuts = [0.0] if kind is TaskKind.BINARY else [-0.5, 0.5]
    return np.searchsorted(cuts, signal).astype(np.int64)


def columns_of(table: "pl.DataFrame") -> TableColumns:
    """Return the table's columns in the input format of transforms."""
    import polars as pl

    columns = []
    for series in table.get_columns():
        name, dtype = series.name, series.dtype
        if isinstance(dtype, pl.Enum):
            n_levels = len(known_levels(dtype))
            column = TableColumn(name, "categorical", name, "categorical", n_levels)
        elif dtype == pl.String:
            column = TableColumn(name, "text", name, "text")
        else:
            column = TableColumn(name, "numeric", name, "numeric")
        columns.append(column)
    return TableColumns(tuple(columns))
