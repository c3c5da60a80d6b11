"""Conversion of columns to the types of operators."""

from typing import Any

import numpy as np
import polars as pl

from headstart.base import FloatArray
from headstart.exceptions import ColumnError
from headstart.tables.kinds.dates import to_clock
from headstart.tables.kinds.numbers import to_numbers

__all__ = [
    "check_kind",
    "is_number",
    "is_words",
    "read_clock",
    "read_column",
    "read_numbers",
    "read_words",
    "zone_of",
]


def is_number(dtype: Any) -> bool:
    """Return whether a column of this type counts as numeric, as booleans do."""
    return bool(dtype.is_numeric() or dtype in (pl.Boolean, pl.Null))


def is_words(dtype: Any) -> bool:
    """Return whether a column of this type counts as text."""
    return isinstance(dtype, pl.String | pl.Categorical | pl.Enum) or dtype == pl.Null


def read_column(frame: pl.DataFrame, name: str) -> pl.Series:
    """Return a column.

    Raises
    ------
    ColumnError
        If there is no such column.
    """
    series: pl.Series | None = frame.get_column(name, default=None)
    if series is None:
        shown = ", ".join(repr(c) for c in frame.columns[:10])
        raise ColumnError(
            f"The table lacks column {name!r}, which a feature needs. It has {shown}."
        )
    return series


def read_numbers(frame: pl.DataFrame, name: str) -> FloatArray:
    """Return a column as float64, NaN where it is missing or not finite."""
    series = read_column(frame, name)
    if not is_number(series.dtype):
        raise _wrong(series, "numbers")
    return np.ascontiguousarray(to_numbers(series).to_numpy(), dtype=np.float64)


def read_words(frame: pl.DataFrame, name: str) -> pl.Series:
    """Return a column as String."""
    series = read_column(frame, name)
    if not is_words(series.dtype):
        raise _wrong(series, "words")
    return series if series.dtype == pl.String else series.cast(pl.String)


def read_clock(frame: pl.DataFrame, name: str, zone: str) -> pl.Series:
    """Return a date column as Datetime in microseconds, in local time of `zone`."""
    series = read_column(frame, name)
    dtype = series.dtype
    if not _is_moment(dtype):
        raise _wrong(series, "dates")
    return to_clock(
        series.cast(pl.Datetime("us")) if dtype == pl.Null else series, zone
    )


def check_kind(frame: pl.DataFrame, name: str, kind: str) -> None:
    """Check that a column exists and is of a kind.

    Raises
    ------
    ColumnError
        If the column is missing or of another kind.
    """
    series = read_column(frame, name)
    dtype = series.dtype
    if kind == "numeric" and not is_number(dtype):
        raise _wrong(series, "numbers")
    if kind == "text" and not is_words(dtype):
        raise _wrong(series, "words")
    if kind == "category" and not (is_number(dtype) or is_words(dtype)):
        raise _wrong(series, "words or numbers")
    if kind == "datetime" and not _is_moment(dtype):
        raise _wrong(series, "dates")


def zone_of(frame: pl.DataFrame, name: str) -> str:
    """Return the time zone of a date column, "" if it has none."""
    return getattr(read_column(frame, name).dtype, "time_zone", None) or ""


def _is_moment(dtype: Any) -> bool:
    return dtype in (pl.Date, pl.Datetime, pl.Null)


def _wrong(series: pl.Series, expected: str) -> ColumnError:
    return ColumnError(
        f"Column {series.name!r} must hold {expected} for a feature that reads it. Got "
        f"{series.dtype} instead."
    )
