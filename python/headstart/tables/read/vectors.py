"""One column from any one-dimensional data: targets, weights, groups."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl

from headstart.exceptions import TableError
from headstart.tables.read.from_numpy import series_of_array
from headstart.tables.read.from_objects import from_objects
from headstart.tables.read.from_pandas import is_pandas, series_of_pandas

__all__ = ["labels_of_categories", "to_series"]


def to_series(values: Any, name: str = "") -> pl.Series:
    """Return any one-dimensional data as a polars Series.

    Parameters
    ----------
    values : Series, Index or array of pandas, polars or pyarrow, ndarray, sequence
        A table or matrix of one column stands for that column.
    name : str
        Name of the result.

    Raises
    ------
    TableError
        If it is not one-dimensional, or has values of no type that a column can have.
    """
    if isinstance(values, pl.Series):
        return _plain(values.alias(name))
    if isinstance(values, pl.LazyFrame):
        values = values.collect()
    if isinstance(values, pl.DataFrame):
        return to_series(_only(values.get_columns(), values.width, name), name)
    if is_pandas(values):
        if getattr(values, "ndim", 1) == 2:
            n_columns = values.shape[1]
            columns = [values.iloc[:, i] for i in range(n_columns)]
            values = _only(columns, n_columns, name)
        return series_of_pandas(name, values)
    if isinstance(values, np.ndarray):
        return _of_array(values, name)
    if hasattr(values, "__arrow_c_array__") or hasattr(values, "__arrow_c_stream__"):
        return _of_arrow(values, name)
    if isinstance(values, str | bytes | dict) or not (
        isinstance(values, Iterable) or hasattr(values, "__array__")
    ):
        raise TableError(
            f"{_called(name)} must be a column of values. Got {_shown(values)} instead."
        )
    if hasattr(values, "__array__"):
        return _of_array(np.asarray(values), name)
    listed: Sequence[Any] = values if isinstance(values, list | tuple) else list(values)
    if listed and isinstance(listed[0], list | tuple | np.ndarray):
        return _of_array(np.asarray(listed), name)
    return from_objects(name, listed)


def labels_of_categories(values: Any) -> pl.Series | None:
    """Return pandas' categories of numbers or booleans as such, None for other data.

    A column of a table keeps them as categories; labels keep their type.
    """
    if not is_pandas(values):
        return None
    if getattr(values, "ndim", 1) == 2:
        if values.shape[1] != 1:
            return None
        values = values.iloc[:, 0]
    dtype: Any = getattr(values, "dtype", None)
    if type(dtype).__name__ != "CategoricalDtype":
        return None
    categories = np.asarray(dtype.categories)
    if categories.dtype.kind not in "biuf":
        return None
    array = getattr(values, "array", values)
    codes = np.asarray(array.codes, dtype=np.int64)
    masked = np.ma.MaskedArray(categories[np.maximum(codes, 0)], mask=codes < 0)
    return series_of_array("target", masked)


def _of_array(values: np.ndarray[Any, Any], name: str) -> pl.Series:
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise TableError(
            f"{_called(name)} must have 1 dimension. Got an array of shape "
            f"{values.shape} instead."
        )
    return series_of_array(name, values)


def _of_arrow(values: Any, name: str) -> pl.Series:
    try:
        series = pl.Series(name, values)
    except Exception as error:
        raise TableError(
            f"{_called(name)} cannot be read from Arrow data: {error}"
        ) from error
    if series.dtype == pl.Struct:
        columns = series.struct.unnest().get_columns()
        series = _only(columns, len(columns), name).alias(name)
    return _plain(series)


def _plain(series: pl.Series) -> pl.Series:
    if series.dtype == pl.Object:
        return from_objects(series.name, series.to_list())
    return series


def _only(columns: list[Any], n_columns: int, name: str) -> Any:
    if n_columns != 1:
        raise TableError(
            f"{_called(name)} must be one column. Got a table of {n_columns} columns "
            "instead."
        )
    return columns[0]


def _called(name: str) -> str:
    return f"Column {name!r}" if name else "The data"


def _shown(values: Any) -> str:
    return f"{str(values)[:40]!r} ({type(values).__name__})"
