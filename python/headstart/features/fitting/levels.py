"""The fit of levels and bins to the columns of training rows."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray
from headstart.features.columns.levels import (
    Bins,
    Codes,
    Levels,
    hash_values,
    one_table,
    plain_values,
)

__all__ = ["learn_bins", "learn_levels", "number_ids", "number_words"]


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
            hash_values(plain), n_threads=n_threads, out=out
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
    frame = one_table(columns).rechunk()
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
    indices = np.arange(1, n_bins) * len(present) // n_bins
    cuts = np.unique(present[indices])
    return Bins(cuts[cuts > present[0]])


def _without_missing(values: pl.Series, codes: Codes) -> tuple[Levels, Codes]:
    """Return codes in which missing values have the code after the last level."""
    if not values.null_count():
        return Levels(values), codes
    missing_index = values.is_null().arg_max() or 0
    renumbered: NDArray[Any] = np.arange(len(values), dtype=np.uint32)
    renumbered[missing_index + 1 :] -= 1
    renumbered[missing_index] = len(values) - 1
    return Levels(values.drop_nulls()), renumbered[codes]
