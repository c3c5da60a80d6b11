"""Columns to score: numbers and levels of arrays and tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.exceptions import ColumnError
from headstart.scoring.columns import (
    Array,
    column_names,
    readable_matrix,
    which_columns,
)
from headstart.tables import to_frame

__all__ = ["Features"]


@dataclass(frozen=True)
class Features:
    """Named columns that the core can read.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_features), or list of 1-D arrays
        Numbers, and codes of levels: -1 or NaN where missing.
    names : tuple of str
    is_categorical : tuple of bool
    levels : tuple
        The levels of each categorical column of a table, else None.
    """

    values: Array | list[Array]
    names: tuple[str, ...]
    is_categorical: tuple[bool, ...]
    levels: tuple[pl.Series | None, ...]

    @classmethod
    def of(
        cls,
        X: Any,
        *,
        names: Sequence[str] | None = None,
        categorical: Sequence[int] | Sequence[bool] | NDArray[Any] | None = None,
        levels: Sequence[pl.Series | None] | None = None,
    ) -> Self:
        """Return the columns of a numeric matrix, or of any input of `to_frame`.

        Tables are read through the Arrow C data interface: numeric columns in one chunk
        and without nulls are not copied. Text, categories and booleans are categorical,
        dates and times become numbers since 1970. `categorical` marks the columns of a
        matrix that contain codes.

        Raises
        ------
        ColumnError
            If a column contains lists, mappings or bytes.
        """
        if isinstance(X, np.ndarray) and X.dtype.kind in "biuf":
            matrix = readable_matrix(X)
            width = matrix.shape[1]
            return cls(
                matrix,
                column_names(names, width),
                tuple(which_columns(categorical, width)),
                (None,) * width,
            )
        frame = to_frame(X, names)
        chosen = which_columns(categorical, frame.width)
        known_levels = [None] * frame.width if levels is None else list(levels)
        columns = [
            _read(series, is_chosen=is_chosen, levels=of_column)
            for series, is_chosen, of_column in zip(
                frame, chosen, known_levels, strict=True
            )
        ]
        new_levels = [levels for _, levels in columns]
        return cls(
            [values for values, _ in columns],
            tuple(frame.columns),
            tuple(
                is_chosen or column_levels is not None
                for is_chosen, column_levels in zip(chosen, new_levels, strict=True)
            ),
            tuple(new_levels),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        if isinstance(self.values, list):
            return (self.values[0].size if self.values else 0), len(self.values)
        return self.values.shape[0], self.values.shape[1]

    def some(self, indices: Sequence[int]) -> Array | list[Array]:
        """Return some columns, without a copy if all are selected."""
        if isinstance(self.values, list):
            return [self.values[index] for index in indices]
        if len(indices) == self.shape[1]:
            return self.values
        return np.asfortranarray(self.values[:, list(indices)])

    @property
    def numeric(self) -> list[int]:
        """Indices of the numeric columns."""
        return [
            p for p, is_category in enumerate(self.is_categorical) if not is_category
        ]

    @property
    def categorical(self) -> list[int]:
        """Indices of the categorical columns."""
        return [p for p, is_category in enumerate(self.is_categorical) if is_category]


def _read(
    series: pl.Series, *, is_chosen: bool, levels: pl.Series | None
) -> tuple[Array, pl.Series | None]:
    dtype = series.dtype
    if dtype.is_nested() or dtype in (pl.Object, pl.Binary):
        raise ColumnError(
            f"Column {series.name!r} has {dtype} values. Expected one number, text, "
            "boolean or date per row. hint: split the column into several, or drop it."
        )
    if dtype == pl.Null:
        return np.full(len(series), np.nan), None
    if levels is not None or not (is_chosen or _is_number(dtype)):
        return _codes(series, levels)
    if dtype.is_temporal():
        series = series.to_physical()
    if dtype.is_decimal() or series.null_count():
        series = series.cast(pl.Float64)
    # One chunk without nulls is not copied.
    return np.ascontiguousarray(series.to_numpy()), None


def _is_number(dtype: pl.DataType) -> bool:
    return (dtype.is_numeric() or dtype.is_temporal()) and dtype != pl.Boolean


def _codes(series: pl.Series, levels: pl.Series | None) -> tuple[Array, pl.Series]:
    text = series.cast(pl.String)
    if levels is None:
        levels = text.drop_nulls().unique().sort()
    level_codes = pl.DataFrame(
        {"level": levels, "code": np.arange(levels.len(), dtype=np.int32)},
        schema_overrides={"level": pl.String},
    )
    matched = (
        text.alias("level")
        .to_frame()
        .join(level_codes, on="level", how="left", maintain_order="left")["code"]
    )
    # All unseen levels share the code after the last level.
    unseen = matched.is_null() & text.is_not_null()
    codes = matched.fill_null(-1).to_numpy().copy()
    codes[unseen.to_numpy()] = max(levels.len(), 1)
    return codes, levels
