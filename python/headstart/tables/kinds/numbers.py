"""Numbers of columns of any type, including text."""

import numpy as np
import polars as pl

from headstart.tables.kinds.words import IS_MISSING, IS_NUMBER, flag_words

__all__ = [
    "find_text",
    "is_missing",
    "is_word",
    "to_numbers",
]


def to_numbers(series: pl.Series) -> pl.Series:
    """Return the column as Float64, missing where a value is not a finite number.

    Booleans are 0 and 1; durations and times of day are seconds. In text, blanks around
    a number are ignored, and other text is missing; `find_text` returns the first such
    text.
    """
    name = series.name
    dtype = series.dtype
    # An expression takes 0.1 ms per column, most of the time for a single row.
    if dtype.is_integer() and dtype not in (pl.Int128, pl.UInt128):
        return series.cast(pl.Float64)
    if dtype == pl.Float64 and _is_finite(series):
        return series
    column = pl.col(name)
    if dtype == pl.Duration:
        column = column.dt.total_microseconds() / 1e6
    elif dtype == pl.Time:
        column = (column.cast(pl.Int64) // 1_000) / 1e6
    elif isinstance(dtype, pl.Categorical | pl.Enum):
        column = column.cast(pl.String)
    if dtype == pl.String or isinstance(dtype, pl.Categorical | pl.Enum):
        column = column.str.strip_chars()
    number = column.cast(pl.Float64, strict=False)
    finite = pl.when(number.is_finite()).then(number)
    return series.to_frame().select(finite.alias(name))[name]


def _is_finite(series: pl.Series) -> bool:
    """Return whether every value that is not missing is finite."""
    n_finite = np.count_nonzero(np.isfinite(series.to_numpy()))
    return bool(n_finite == series.len() - series.null_count())


def is_missing(text: pl.Series) -> pl.Series:
    """Return a mask of the values that are missing or stand for it, as ``n/a``."""
    return pl.Series(text.name, flag_words(text) & IS_MISSING != 0)


def is_word(series: pl.Series) -> pl.Series:
    """Return a mask of the texts that are neither a number nor missing."""
    flags = flag_words(series.cast(pl.String))
    return pl.Series(series.name, flags & (IS_NUMBER | IS_MISSING) == 0)


def find_text(series: pl.Series) -> tuple[int, str] | None:
    """Return the row and value of the first text that is neither number nor missing."""
    is_other = is_word(series)
    row = is_other.arg_max() if is_other.any() else None
    return None if row is None else (row, str(series.cast(pl.String)[row]))
