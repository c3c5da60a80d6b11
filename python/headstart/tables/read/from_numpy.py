"""Tables and columns from NumPy arrays and SciPy sparse matrices."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.exceptions import ColumnError, TableError
from headstart.machine import capacity
from headstart.tables.read.from_objects import from_objects

__all__ = ["columns_of_matrix", "columns_of_records", "dense", "series_of_array"]


def columns_of_matrix(
    values: NDArray[Any], names: Sequence[str] | None
) -> list[pl.Series]:
    """Return the columns of a matrix of shape (n_rows, n_columns).

    Parameters
    ----------
    values : ndarray
    names : sequence of str or None
        Names for the columns; ``x0, x1, ...`` if None.

    Raises
    ------
    TableError
        If the array does not have two dimensions, or as many columns as `names`.
    """
    if values.ndim != 2:
        raise TableError(
            f"A table must have 2 dimensions. Got an array of shape {values.shape} "
            "instead. Reshape your data: array.reshape(-1, 1) if it is a single "
            "column, array.reshape(1, -1) if it is a single row."
        )
    n_columns = values.shape[1]
    if names is None:
        names = [f"x{i}" for i in range(n_columns)]
    elif len(names) != n_columns:
        raise TableError(
            f"X has {n_columns} features, but headstart is expecting {len(names)} "
            "features as input: the columns it was trained on, in the same order."
        )
    return [series_of_array(n, values[:, i]) for i, n in enumerate(names)]


def columns_of_records(values: NDArray[Any]) -> list[pl.Series]:
    """Return the fields of a structured array of shape (n_rows,) as columns."""
    if values.ndim != 1:
        raise TableError(
            f"A structured array must have 1 dimension. Got shape {values.shape}."
        )
    return [series_of_array(n, values[n]) for n in values.dtype.names or ()]


def dense(matrix: Any) -> NDArray[Any]:
    """Return a SciPy sparse matrix as a dense one.

    Raises
    ------
    TableError
        If the dense matrix would take more than half of the free memory.
    """
    n_rows, n_columns = matrix.shape
    n_bytes = n_rows * n_columns * matrix.dtype.itemsize
    limit = capacity.available_memory() // 2
    if n_bytes > limit:
        raise TableError(
            f"A sparse matrix of shape {matrix.shape} would take {n_bytes:,} bytes "
            f"as a dense table. Expected at most {limit:,} bytes, half of the free "
            "memory. hint: reduce its columns first (sklearn's TruncatedSVD, "
            "SelectKBest)."
        )
    return np.asarray(matrix.toarray())


def series_of_array(name: str, values: NDArray[Any]) -> pl.Series:
    """Return a one-dimensional array as a column; masked entries are missing.

    Raises
    ------
    ColumnError
        If the array has complex numbers, records or bytes that are not UTF-8.
    """
    if isinstance(values, np.ma.MaskedArray):
        series = series_of_array(name, np.asarray(values.data))
        missing = pl.Series(np.ma.getmaskarray(values))
        return series.to_frame().select(pl.when(~missing).then(pl.col(name)))[name]
    kind = values.dtype.kind
    if kind == "O":
        return from_objects(name, values.tolist())
    if kind == "c":
        raise ColumnError(
            f"Complex data not supported: column {name!r} has complex numbers. "
            "Expected real ones. hint: give real and imaginary parts as two columns."
        )
    if kind == "V":
        raise ColumnError(
            f"Column {name!r} has records ({values.dtype}). Expected one value per "
            "row. hint: give each field as a column."
        )
    if kind == "S":
        return from_objects(name, values.tolist())
    if kind in "Mm":
        # polars has these units; others (months, seconds) become microseconds.
        if np.datetime_data(values.dtype)[0] not in {"D", "ms", "us", "ns"}:
            values = values.astype(f"{kind}8[us]")
        elif kind == "m":
            values = values.astype("m8[us]")
    elif kind == "f" and values.dtype.itemsize not in {4, 8}:
        values = values.astype(np.float64)
    elif kind in "iuf" and not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    return pl.Series(name, np.ascontiguousarray(values))
