"""The subject of findings: a table with its schema, target and a sample of rows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.base import FloatArray, IntArray, TaskKind
from headstart.tables import ColumnKind, Schema

__all__ = ["SAMPLE_ROWS", "Subject"]

SAMPLE_ROWS = 20_000
"""Number of rows that the more expensive finders read."""


@dataclass(frozen=True)
class Subject:
    """A table for the finders.

    Parameters
    ----------
    frame : DataFrame
        The user's table without the target.
    schema : Schema
    table : DataFrame
        The canonical form of `frame`.
    y : ndarray of shape (n_rows,)
        Class codes or values.
    kind : TaskKind
    target : str
        Name of the target.
    classes : tuple of str
        Labels in the order of the codes; empty for regression.
    is_over : callable of () -> bool
        Whether the time for findings is over; called before each finder and column.
    """

    frame: pl.DataFrame
    schema: Schema
    table: pl.DataFrame
    y: NDArray[np.int64] | NDArray[np.float64]
    kind: TaskKind
    target: str
    classes: tuple[str, ...] = ()
    is_over: Callable[[], bool] = bool

    @property
    def n_rows(self) -> int:
        """Rows of the table."""
        return self.frame.height

    @cached_property
    def sample(self) -> IntArray:
        """Sorted indices of the sample: all rows, or `SAMPLE_ROWS` drawn once."""
        if self.n_rows <= SAMPLE_ROWS:
            return np.arange(self.n_rows)
        drawn = np.random.default_rng(0).permutation(self.n_rows)[:SAMPLE_ROWS]
        return np.sort(drawn)

    @cached_property
    def is_learning(self) -> NDArray[np.bool_]:
        """Mask of the half of `sample` on which group means are computed."""
        half = np.random.default_rng(1).permutation(self.sample.size)
        return half < self.sample.size // 2

    @cached_property
    def outputs(self) -> FloatArray:
        """The target of `sample`: one column of values, or one-hot classes.

        Shape (n_sample, n_outputs).
        """
        y = self.y[self.sample]
        if self.kind is TaskKind.REGRESSION:
            return y.astype(np.float64)[:, np.newaxis]
        n_classes = max(len(self.classes), int(y.max(initial=0)) + 1)
        return np.eye(n_classes)[y.astype(np.int64)]

    def codes(self, series: pl.Series, n_bins: int = 64) -> IntArray:
        """Return codes of levels or quantile bins of a column; 0 is missing.

        The number of bins is at most `n_bins`, and smaller for small samples.
        """
        n_bins = max(8, min(n_bins, self.sample.size // 16))
        column = series.gather(self.sample)
        if isinstance(column.dtype, pl.Enum | pl.Categorical) or not (
            column.dtype.is_numeric()
        ):
            ranks = column.cast(pl.String).rank("dense").fill_null(0)
            return ranks.to_numpy().astype(np.int64)
        values = column.cast(pl.Float64).to_numpy()
        finite = values[np.isfinite(values)]
        if finite.size == 0:
            return np.zeros(values.size, dtype=np.int64)
        cuts = np.unique(np.quantile(finite, np.linspace(0, 1, n_bins + 1)[1:-1]))
        codes = np.searchsorted(cuts, values, side="right").astype(np.int64) + 1
        codes[~np.isfinite(values)] = 0
        return codes

    def columns_of(self, *kinds: ColumnKind) -> list[str]:
        """Return the names of the columns of these kinds."""
        return [c.name for c in self.schema.columns if c.kind in kinds]
