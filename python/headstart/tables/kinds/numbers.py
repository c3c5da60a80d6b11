"""Numbers from any column, text included."""

import numpy as np
import polars as pl

__all__ = ["MISSING_WORDS", "find_text", "has_leading_zeros", "to_numbers"]

MISSING_WORDS = (
    "", "?", "-", ".", "na", "n/a", "#n/a", "nan", "nil", "null", "none", "missing",
)  # fmt: skip
"""What stands for a missing number in a column of text, in any case."""


def to_numbers(series: pl.Series) -> pl.Series:
    """Return the column as Float64, missing where it is no finite number.

    Booleans are 0 and 1, durations and times of day seconds. In text, blanks around a
    number are ignored and what is not a number is missing: `find_text` finds it.
    """
    name = series.name
    dtype = series.dtype
    # Expressions cost 0.1 ms a column, which is most of the time of a single row.
    if dtype.is_integer() and dtype not in (pl.Int128, pl.UInt128):
        return series.cast(pl.Float64)
    if dtype == pl.Float64 and _is_finite(series):
        return series
    column = pl.col(name)
    if dtype == pl.Duration:
        column = column.dt.total_microseconds() / 1e6
    elif dtype == pl.Time:
        column = column.cast(pl.Int64) / 1e9
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


def find_text(series: pl.Series) -> tuple[int, str] | None:
    """Return row and value of the first text that is neither number nor missing."""
    text = series.cast(pl.String)
    trimmed = text.str.strip_chars()
    bad = (
        trimmed.is_not_null()
        & trimmed.cast(pl.Float64, strict=False).is_null()
        & ~trimmed.str.to_lowercase().is_in(MISSING_WORDS)
    )
    row = bad.arg_max() if bad.any() else None
    return None if row is None else (row, str(text[row]))


def has_leading_zeros(text: pl.Series) -> bool:
    """Return whether a value is a code like ``00501``, which a number would spoil."""
    return bool(text.str.contains(r"^\s*0\d+\s*$").any())
