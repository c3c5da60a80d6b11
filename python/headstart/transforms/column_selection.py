"""Selection of columns that are relevant to the target and not redundant."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from headstart.base import (
    Choice,
    Condition,
    Float,
    MadeFeature,
    Parameters,
    Resources,
    SearchSpace,
    TableRows,
    Task,
    Transform,
)
from headstart.base.arrays import require
from headstart.base.table_columns import TableColumns
from headstart.machine.compute import Compute
from headstart.plugins import hookimpl
from headstart.predict import SelectedColumns
from headstart.scoring import select_features
from headstart.transforms.null_importance import above_chance

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ColumnSelection", "register_transforms"]

_FEW_ROWS = 300
_FEW_COLUMNS = 20  # below, each may be relevant
_MOST_LEVELS = 5_000
_MOST_ROWS = 50_000  # on which columns are compared
_DEFAULT: Parameters = {"method": "mrmr", "share": 0.8}
# Why a column was kept and why one was left out, by the method.
_REASONS = {
    "mrmr": (
        "kept: number {rank} by relevance less redundancy",
        "left out: it says little of the target that others do not say",
    ),
    "null_importance": (
        "kept: more important than with a shuffled target",
        "left out: no more important than with a shuffled target",
    ),
}


class ColumnSelection(Transform):
    """A selection of the columns, to protect learners from irrelevant ones.

    `"mrmr"` keeps the `share` of columns with the most relevance to the target and the
    least redundancy [1]_; `"null_importance"` keeps those that are more important in a
    forest than with a shuffled target [2]_. Both use the fold's training rows only.

    References
    ----------
    .. [1] H. Peng et al., "Feature selection based on mutual information", IEEE
       Transactions on Pattern Analysis and Machine Intelligence 27(8), 2005.
    .. [2] A. Altmann et al., "Permutation importance: a corrected feature importance
       measure", Bioinformatics 26(10), 2010.
    """

    name: ClassVar[str] = "column_selection"
    order: ClassVar[int] = 90
    replaces: ClassVar[bool] = True
    reads_target: ClassVar[bool] = True
    stored_as: ClassVar[type[SelectedColumns]] = SelectedColumns

    def columns(self, table: TableColumns, task: Task) -> Sequence[str]:
        """Return the numeric columns and the categorical ones without many levels."""
        del task
        return [
            column.name
            for column in table.columns
            if column.contents != "text" and column.n_levels <= _MOST_LEVELS
        ]

    def promise(self, table: TableColumns, task: Task) -> float:
        """Return a small prior gain; 0 for few columns or rows.

        On tables of 20 columns and more, half of the columns were worse than all with
        nearly every learner, and four fifths were as good. A knowledge base has other
        tables.
        """
        width = len(self.columns(table, task))
        return 0.0 if task.n_rows < _FEW_ROWS or width < _FEW_COLUMNS else 0.1

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space: the method, and the share of columns for the first one."""
        del task
        return SearchSpace(
            {
                "method": Choice("mrmr", "null_importance"),
                "share": Float(0.1, 0.9),
            },
            default=_DEFAULT,
            conditions={"share": Condition("method", ("mrmr",))},
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return a stricter selection, and the other method."""
        del task
        return ({"share": 0.5}, {"method": "null_importance"})

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds: pairs of columns, or seven small forests."""
        chosen = {**_DEFAULT, **parameters}
        width = max(1, task.n_features)
        copies = 0.02 + 3e-8 * n_rows * width
        if chosen["method"] == "mrmr":
            return copies + 2e-9 * min(n_rows, _MOST_ROWS) * width * width
        return copies + 1.0 + 2e-5 * min(n_rows, 5_000) * math.sqrt(width)

    def n_outputs(self, parameters: Parameters, n_columns: int) -> int:
        """Return the number of kept columns, about half by null importance."""
        chosen = {**_DEFAULT, **parameters}
        share = chosen["share"] if chosen["method"] == "mrmr" else 0.5
        assert isinstance(share, float)
        return max(1, round(share * n_columns))

    def fit(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> SelectedColumns:
        """Return the selected columns; see `Transform.fit`."""
        del validation
        assert rows.y is not None
        method = str({**_DEFAULT, **parameters}["method"])
        X, y = rows.X, rows.y
        if X.height > _MOST_ROWS:
            random = np.random.default_rng(resources.seed)
            drawn = np.sort(random.permutation(X.height)[:_MOST_ROWS])
            X, y = X[drawn], y[drawn]
        chosen: Sequence[str] = ()
        if (y != y[0]).any() and resources.seconds_left() > 0:
            if method == "mrmr":
                max_columns = self.n_outputs(parameters, X.width)
                ranking = select_features(
                    X,
                    y,
                    max_columns,
                    task=task.kind,
                    # With more bins, columns look redundant by chance.
                    n_bins=min(16, max(4, int(X.height**0.5) // 4)),
                    compute=Compute(seed=resources.seed, n_threads=resources.threads),
                )
                chosen = ranking["feature"].to_list()
            else:
                chosen = above_chance(X, y, task.kind, resources)
        # If no column is selected, all are kept.
        ranks = {name: rank for rank, name in enumerate(chosen or X.columns, start=1)}
        return SelectedColumns(
            method, tuple(X.columns), tuple(ranks.get(name, 0) for name in X.columns)
        )

    def fit_transform(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> tuple[SelectedColumns, "pl.DataFrame"]:
        """Return columns selected once: no value depends on the row's own target."""
        fitted = self.fit(task, parameters, rows, validation, resources)
        return fitted, fitted.apply(rows.X)

    def explain(self, fitted: SelectedColumns) -> Sequence[MadeFeature]:
        """Return each column with the reason why it was kept or left out."""
        require(
            fitted.method in _REASONS,
            f"A stored selection has the unknown method {fitted.method[:40]!r}.",
        )
        reason_kept, reason_left_out = _REASONS[fitted.method]
        return [
            MadeFeature(
                name,
                (reason_kept if rank else reason_left_out).format(rank=rank),
                kept=rank > 0,
            )
            for name, rank in zip(fitted.columns, fitted.ranks, strict=True)
        ]


@hookimpl
def register_transforms(register: Callable[[Transform], None]) -> None:
    """Register the selection of columns."""
    register(ColumnSelection())
