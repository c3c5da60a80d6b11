"""Tables and columns from pandas objects.

Neither pandas nor pyarrow is imported: a caller with an object of pandas has imported
pandas, which does not need pyarrow.
"""

from typing import Any

import numpy as np
import polars as pl

from headstart.exceptions import ColumnError
from headstart.tables.kinds.levels import level_text
from headstart.tables.read.from_numpy import series_of_array
from headstart.tables.read.from_objects import from_objects

__all__ = ["columns_of_pandas", "indexes_differ", "is_pandas", "series_of_pandas"]


def is_pandas(data: Any) -> bool:
    """Return whether `data` is an instance of a class of pandas or of a subclass."""
    return any(t.__module__.split(".")[0] == "pandas" for t in type(data).__mro__)


def indexes_differ(X: Any, y: Any) -> bool:
    """Return whether two pandas objects of equal length have different indexes."""
    if not (is_pandas(X) and is_pandas(y)):
        return False
    index_of_X, index_of_y = getattr(X, "index", None), getattr(y, "index", None)
    if index_of_X is None or index_of_y is None or len(index_of_X) != len(index_of_y):
        return False
    return not index_of_X.equals(index_of_y)


def columns_of_pandas(frame: Any) -> list[pl.Series]:
    """Return the columns of a pandas DataFrame; its index is not one of them."""
    return [
        series_of_pandas(str(name), frame.iloc[:, i])
        for i, name in enumerate(frame.columns)
    ]


def series_of_pandas(name: str, values: Any) -> pl.Series:
    """Return a pandas Series, Index or extension array as a column."""
    dtype = values.dtype
    if isinstance(dtype, np.dtype):
        return series_of_array(name, np.asarray(values))
    array = getattr(values, "array", values)
    kind = type(dtype).__name__
    if kind == "CategoricalDtype":
        return _categorical(name, array)
    if kind == "DatetimeTZDtype":
        return _zoned(name, array)
    if kind == "SparseDtype":
        return series_of_array(name, np.asarray(array.to_dense()))
    if kind == "PeriodDtype":
        return series_of_array(name, np.asarray(array.to_timestamp()))
    if getattr(dtype, "_is_numeric", False) and hasattr(dtype, "numpy_dtype"):
        return _masked(name, array, dtype.numpy_dtype)
    if kind == "BooleanDtype":
        return _masked(name, array, np.dtype(bool))
    if kind == "ArrowDtype":
        # pandas' Arrow arrays exist only if pyarrow is installed.
        return pl.Series(name, array.__arrow_array__())
    # Strings, intervals and types of other packages.
    return from_objects(name, array.astype(object).tolist())


def _masked(name: str, array: Any, dtype: np.dtype[Any]) -> pl.Series:
    missing = np.asarray(array.isna())
    plain = array.to_numpy(dtype=dtype, na_value=dtype.type(0))
    return series_of_array(name, np.ma.MaskedArray(plain, mask=missing))


def _categorical(name: str, array: Any) -> pl.Series:
    # The same text as the schema's levels of plain values: a column may have categories
    # at training and plain values at prediction.
    categories = level_text(series_of_pandas(name, array.categories))
    if categories.n_unique() != len(categories):
        raise ColumnError(
            f"Column {name!r} has categories that are the same as text: "
            f"{_doubled(categories)!r}. Expected different ones. "
            "hint: rename_categories()."
        )
    raw_codes = np.asarray(array.codes, dtype=np.int64)
    codes = series_of_array("code", np.ma.MaskedArray(raw_codes, mask=raw_codes < 0))
    levels = categories.cast(pl.Enum(categories.drop_nulls()))
    return levels.gather(codes).alias(name)


def _doubled(categories: pl.Series) -> str:
    return str(categories.filter(categories.is_duplicated())[0])


def _zoned(name: str, array: Any) -> pl.Series:
    moments = np.asarray(array.tz_convert("UTC").tz_localize(None))
    series = series_of_array(name, moments).dt.replace_time_zone("UTC")
    try:
        return series.dt.convert_time_zone(str(array.tz))
    except pl.exceptions.PolarsError:
        return series  # polars has no such zone, for example a fixed offset.
