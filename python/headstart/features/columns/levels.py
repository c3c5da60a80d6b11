"""Codes of the levels of a column: distinct values, or bins of numbers."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray

__all__ = ["Bins", "Codes", "Levels", "hash_values", "one_table", "plain_values"]

Codes = NDArray[np.uint32]

# Values are distinguished by a hash of 64 bits. Comparing them as well would double the
# time. Two of 10,000 levels share a hash with a probability of about 3e-12.
_SEED = 0
_WITHIN_INT64 = frozenset(
    {pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32}
)


@dataclass(frozen=True, eq=False)
class Levels:
    """Distinct values of a column, in the order of their codes.

    Codes are indices of `values`. The next code is for missing values, and the last
    code for unseen values.

    Parameters
    ----------
    values : Series
        Without missing values.
    """

    values: pl.Series

    @property
    def n_groups(self) -> int:
        """Number of codes, without the code of unseen values."""
        return len(self.values) + 1

    def codes(self, series: pl.Series) -> Codes:
        """Return the code of each row."""
        series, values = plain_values(series), self.values
        n_levels = len(values)
        missing = series.is_null()
        if n_levels and series.dtype != values.dtype:
            is_whole = series.dtype.is_integer() and values.dtype.is_integer()
            numeric = series.dtype.is_numeric() and values.dtype.is_numeric()
            if numeric and not is_whole:
                # A cast to whole numbers would map fractions to levels.
                values = values.cast(pl.Float64)
            series = series.cast(values.dtype, strict=False)
        [level_ids], [ids] = hash_values([values]), hash_values([series])
        codes = _core.find_codes(level_ids, ids)
        # `find_codes` gives unseen values the code n_levels.
        codes[codes == n_levels] = n_levels + 1
        if missing.any():
            codes[missing.to_numpy()] = n_levels
        return codes


@dataclass(frozen=True, eq=False)
class Bins:
    """Ranges of numbers between neighbouring cuts.

    Codes are indices of ranges. The next code is for missing values. No value is
    unseen.

    Parameters
    ----------
    cuts : ndarray
        Finite, ascending.
    """

    cuts: FloatArray

    @property
    def n_groups(self) -> int:
        """Number of codes."""
        return len(self.cuts) + 2

    def codes(self, numbers: FloatArray) -> Codes:
        """Return the code of each row; NaN means missing."""
        codes = np.searchsorted(self.cuts, numbers, side="right").astype(np.uint32)
        codes[np.isnan(numbers)] = len(self.cuts) + 1
        return codes


def plain_values(series: pl.Series) -> pl.Series:
    """Return a column in a type in which equal values have equal hashes."""
    dtype = series.dtype
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return series.cast(pl.String)
    if dtype == pl.Null:
        return series.cast(pl.String)
    if dtype.is_float():
        return series.cast(pl.Float64).fill_nan(None)
    if dtype.is_integer():
        is_narrow = dtype in _WITHIN_INT64
        return series.cast(pl.Int64 if is_narrow else pl.Int128, strict=False)
    return series


def hash_values(columns: list[pl.Series]) -> list[NDArray[np.uint64]]:
    """Return a hash of each value, with one query for all columns."""
    hashed = one_table(columns).select_seq(pl.all().hash(_SEED))
    return [series.to_numpy() for series in hashed]


def one_table(columns: list[pl.Series]) -> pl.DataFrame:
    """Return a table of the columns, numbered because their names may repeat."""
    return pl.DataFrame([s.alias(str(index)) for index, s in enumerate(columns)])
