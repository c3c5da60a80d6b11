"""Codes of the levels of a column: distinct values, or bins of numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray

__all__ = ["Bins", "Codes", "Levels", "learn_bins", "learn_levels", "number_ids"]

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
        [level_ids], [ids] = _hashes([values]), _hashes([series])
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


def learn_levels(
    columns: list[pl.Series], *, n_threads: int = 1, out: Codes | None = None
) -> list[tuple[Levels, Codes]]:
    """Return the levels of each column by first appearance, and their codes.

    Parameters
    ----------
    columns : list of Series
        Of the same length.
    n_threads : int
    out : ndarray of shape (n_columns, n_rows) or None
        Array that receives the codes. New memory costs as much time as the coding.
    """
    plain = [plain_values(series) for series in columns]
    if all(series.dtype == pl.String for series in plain):
        codes_by_column, firsts = number_words(plain, n_threads=n_threads, out=out)
    else:
        codes_by_column, firsts = number_ids(
            _hashes(plain), n_threads=n_threads, out=out
        )
    return [
        _without_missing(series[first], codes)
        for series, codes, first in zip(plain, codes_by_column, firsts, strict=True)
    ]


def number_ids(
    columns: list[NDArray[np.uint64]],
    *,
    n_threads: int = 1,
    out: Codes | None = None,
) -> tuple[Codes, list[NDArray[np.uint32]]]:
    """Return codes by first appearance, one row per column, and their first rows."""
    if out is None:
        n_rows = columns[0].size if columns else 0
        out = np.empty((len(columns), n_rows), dtype=np.uint32)
    return out, _core.factorize(columns, out, n_threads)


def number_words(
    columns: list[pl.Series],
    *,
    n_threads: int = 1,
    out: Codes | None = None,
) -> tuple[Codes, list[NDArray[np.uint32]]]:
    """Return what `number_ids` returns, for strings; missing values are one level."""
    frame = _one_table(columns).rechunk()
    if out is None:
        out = np.empty((frame.width, frame.height), dtype=np.uint32)
    return out, _core.factorize_words(frame, out, n_threads)


def learn_bins(numbers: FloatArray, n_bins: int) -> Bins:
    """Return quantile bins, or one bin per value if there are few distinct values."""
    present = np.sort(numbers[~np.isnan(numbers)])
    distinct = (
        present[np.r_[True, present[1:] != present[:-1]]] if len(present) else present
    )
    if len(distinct) <= n_bins:
        return Bins(distinct[1:].copy())
    places = np.arange(1, n_bins) * len(present) // n_bins
    cuts = np.unique(present[places])
    return Bins(cuts[cuts > present[0]])


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


def _hashes(columns: list[pl.Series]) -> list[NDArray[np.uint64]]:
    """Return a hash of each value, with one query for all columns."""
    hashed = _one_table(columns).select_seq(pl.all().hash(_SEED))
    return [series.to_numpy() for series in hashed]


def _one_table(columns: list[pl.Series]) -> pl.DataFrame:
    """Return a table of the columns, numbered because their names may repeat."""
    return pl.DataFrame([s.alias(str(place)) for place, s in enumerate(columns)])


def _without_missing(values: pl.Series, codes: Codes) -> tuple[Levels, Codes]:
    """Return codes in which missing values have the code after the last level."""
    if not values.null_count():
        return Levels(values), codes
    missing_place = values.is_null().arg_max() or 0
    renumbered: NDArray[Any] = np.arange(len(values), dtype=np.uint32)
    renumbered[missing_place + 1 :] -= 1
    renumbered[missing_place] = len(values) - 1
    return Levels(values.drop_nulls()), renumbered[codes]
