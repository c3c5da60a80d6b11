"""Conversion of every kind of table that a user may have to a polars DataFrame."""

import datetime as dt
import difflib
import numbers
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from headstart.exceptions import ColumnError, TableError
from headstart.machine.forked import refuse_if_forked
from headstart.tables.kinds.levels import level_text
from headstart.tables.kinds.numbers import is_missing
from headstart.tables.kinds.target_numbers import find_numbers
from headstart.tables.read.files import read_by_plugin, read_file, with_categories
from headstart.tables.read.from_numpy import (
    columns_of_matrix,
    columns_of_records,
    dense,
)
from headstart.tables.read.from_pandas import columns_of_pandas, is_pandas
from headstart.tables.read.reading import ANY_READING, Reading
from headstart.tables.read.vectors import to_series

__all__ = [
    "feature_names",
    "split_target",
    "to_frame",
    "to_frame_like",
    "to_table",
    "with_known_target",
]


def to_frame(
    data: Any,
    names: Sequence[str] | None = None,
    *,
    read_as_text: Sequence[str] = (),
    reading: Reading = ANY_READING,
) -> pl.DataFrame:
    """Return any table as a polars DataFrame.

    Parameters
    ----------
    data : table
        A DataFrame of pandas or polars (lazy ones are collected), a pyarrow table or
        anything else with ``__arrow_c_stream__``, a NumPy matrix or structured array,
        a SciPy sparse matrix, a dictionary of columns, a list of dictionaries or of
        rows, or the path of a file (see `read_table`) or address that a plugin reads.
        Not copied where possible.
    names : sequence of str, optional
        Names for the columns of data that has none (matrices, lists of rows);
        ``x0, x1, ...`` otherwise.
    read_as_text : sequence of str
        Columns of a CSV file that are read as text even if they look like numbers.
    reading : Reading
        Options for reading a file.

    Raises
    ------
    TableError
        If `data` is not a table, a file cannot be read, or the number of columns
        without names differs from that of `names`.
    ColumnError
        If two columns have the same name, or values of a column have no type that a
        table can have.
    ForkedProcessError
        If this process was forked after its parent had used tables.

    Examples
    --------
    >>> import numpy as np
    >>> to_frame(np.zeros((2, 3))).columns
    ['x0', 'x1', 'x2']
    """
    return to_table(data, names, read_as_text=read_as_text, reading=reading)[0]


def to_table(
    data: Any,
    names: Sequence[str] | None = None,
    *,
    read_as_text: Sequence[str] = (),
    reading: Reading = ANY_READING,
) -> tuple[pl.DataFrame, Reading]:
    """Return any table as a polars DataFrame, and how its file is written.

    Parameters
    ----------
    data, names, read_as_text, reading
        As for `to_frame`.

    Raises
    ------
    TableError, ColumnError, ForkedProcessError
        As `to_frame`.
    """
    refuse_if_forked()
    if isinstance(data, str | Path):
        plugin_table = read_by_plugin(data)
        if plugin_table is None:
            return read_file(data, read_as_text, reading)
        return to_frame(plugin_table, names), reading
    return _of_object(data, names), reading


def _of_object(data: Any, names: Sequence[str] | None) -> pl.DataFrame:
    if isinstance(data, pl.LazyFrame):
        data = data.collect()
    if isinstance(data, pl.DataFrame):
        return _without_objects(data)
    if is_pandas(data):
        return _of_pandas(data)
    if hasattr(data, "toarray") and hasattr(data, "nnz"):
        return _joined(columns_of_matrix(dense(data), names))
    if isinstance(data, np.ndarray):
        return _of_array(data, names)
    if isinstance(data, Mapping):
        return _of_mapping(data)
    if isinstance(data, list | tuple):
        return _of_rows(data, names)
    if hasattr(data, "__arrow_c_stream__") and not isinstance(data, pl.Series):
        return _of_arrow(data)
    if hasattr(data, "__array__") and not isinstance(data, pl.Series):
        return _of_array(np.asarray(data), names)
    raise TableError(_no_table(data))


def to_frame_like(data: Any, names: Sequence[str]) -> pl.DataFrame:
    """Return a table for a model that was trained on columns with these names.

    Columns are matched by position if the data has no names, or if the model was
    trained on data without names. Otherwise the schema matches them by name.

    Parameters
    ----------
    data : table
        As for `to_frame`.
    names : sequence of str
        All columns of the training table, as `Schema.names`.

    Raises
    ------
    TableError
        As `to_frame`, and if data without names has a different number of columns.

    Examples
    --------
    >>> import numpy as np
    >>> to_frame_like(np.zeros((1, 2)), ["age", "size"]).columns
    ['age', 'size']
    """
    frame = to_frame(data, names)
    nameless = [f"x{i}" for i in range(len(names))] == list(names)
    if nameless and frame.width == len(names) and set(frame.columns).isdisjoint(names):
        return frame.rename(dict(zip(frame.columns, names, strict=True)))
    return frame


def feature_names(data: Any) -> tuple[str, ...] | None:
    """Return the column names of a table, None if it has none.

    The result is None for paths, too, since nothing is read here. Names that are not
    strings count as none, as in scikit-learn.
    """
    if isinstance(data, pl.LazyFrame):
        return tuple(data.collect_schema().names())
    if isinstance(data, np.ndarray):
        return tuple(data.dtype.names) if data.dtype.names else None
    if isinstance(data, Mapping):
        columns: Any = list(data)
    else:
        columns = getattr(data, "columns", None)
        if columns is None or (
            not isinstance(data, pl.DataFrame) and not is_pandas(data)
        ):
            columns = getattr(data, "column_names", None)
    if columns is None or not all(isinstance(c, str) for c in columns):
        return None
    return tuple(columns)


def split_target(
    frame: pl.DataFrame, target: str, role: str = "target"
) -> tuple[pl.DataFrame, pl.Series]:
    """Return the table without the target column, and that column.

    Parameters
    ----------
    frame : DataFrame
    target : str
    role : str
        The column's role for messages, such as ``"weight"``.

    Raises
    ------
    ColumnError
        If there is no such column; the message suggests the nearest name.
    """
    if target not in frame.columns:
        word = str(target).strip().casefold()
        near = [c for c in frame.columns if c.strip().casefold() == word]
        near = near or difflib.get_close_matches(str(target), frame.columns, 1)
        shown = ", ".join(repr(c) for c in frame.columns[:10])
        more = ", ..." if frame.width > 10 else ""
        hint = f" hint: did you mean {near[0]!r}?" if near else ""
        raise ColumnError(
            f"The table has no {role} column {target!r}. It has {shown}{more}.{hint}"
        )
    return frame.drop(target), frame[target]


def with_known_target(
    X: pl.DataFrame, y: pl.Series
) -> tuple[pl.DataFrame, pl.Series, pl.Series]:
    """Return the rows whose target is not missing, and a mask of them.

    Blank text is missing; so are words for missing values if the other values are
    numbers written as text. The target encoder refuses other text.

    Returns
    -------
    X : DataFrame
    y : Series
    is_known : Series of bool
        One value per row of the input.
    """
    is_known = y.is_not_null()
    if y.dtype.is_float():
        is_known &= y.is_not_nan().fill_null(value=False)
    elif y.dtype == pl.String:
        is_known = level_text(y).is_not_null()
        notation = find_numbers(y)
        if notation is not None:
            is_known &= ~is_missing(y)
    if is_known.all():
        return X, y, is_known
    return X.filter(is_known), y.filter(is_known), is_known


def _of_pandas(data: Any) -> pl.DataFrame:
    if getattr(data, "ndim", 0) != 2:
        raise TableError(
            f"A table must have 2 dimensions. Got a pandas {type(data).__name__} "
            "instead. Reshape your data: use series.to_frame() if it is a column."
        )
    _check_names([str(name) for name in data.columns])
    frame = _joined(columns_of_pandas(data))
    return frame if frame.width else pl.DataFrame()


def _of_array(data: np.ndarray[Any, Any], names: Sequence[str] | None) -> pl.DataFrame:
    if isinstance(data, np.matrix):
        data = np.asarray(data)  # A column of a np.matrix is a matrix.
    if data.dtype.names is not None:
        return _joined(columns_of_records(data))
    return _joined(columns_of_matrix(data, names))


def _of_mapping(data: Mapping[Any, Any]) -> pl.DataFrame:
    if data and all(map(_is_single, data.values())):
        data = {name: [value] for name, value in data.items()}  # One row.
    columns = [to_series(values, str(name)) for name, values in data.items()]
    lengths = {c.name: len(c) for c in columns}
    if len(set(lengths.values())) > 1:
        first, *others = lengths
        other = next(n for n in others if lengths[n] != lengths[first])
        raise TableError(
            f"All columns must have the same length. Got {lengths[first]} rows in "
            f"column {first!r} and {lengths[other]} in column {other!r}."
        )
    return _joined(columns)


def _is_single(value: Any) -> bool:
    return value is None or isinstance(
        value,
        str | bytes | numbers.Number | dt.date | dt.time | dt.timedelta | np.generic,
    )


def _of_rows(data: Sequence[Any], names: Sequence[str] | None) -> pl.DataFrame:
    if data and all(isinstance(row, Mapping) for row in data):
        keys = list(dict.fromkeys(key for row in data for key in row))
        return _joined(
            [to_series([row.get(key) for row in data], str(key)) for key in keys]
        )
    if data and all(isinstance(row, list | tuple) for row in data):
        widths = Counter(len(row) for row in data)
        if len(widths) > 1:
            usual = widths.most_common(1)[0][0]
            row = next(i for i, r in enumerate(data) if len(r) != usual)
            raise TableError(
                f"All rows must have the same length. Got {len(data[row])} values in "
                f"row {row}, and {usual} in most others."
            )
        columns = list(zip(*data, strict=True))
        if names is not None and len(names) != len(columns):
            columns_of_matrix(np.empty((0, len(columns))), names)  # Raises.
        names = names or [f"x{i}" for i in range(len(columns))]
        return _joined([to_series(c, n) for c, n in zip(columns, names, strict=True)])
    return _of_array(np.asarray(data), names)


def _of_arrow(data: Any) -> pl.DataFrame:
    names = getattr(data, "column_names", None)
    if names is None:
        names = getattr(getattr(data, "schema", None), "names", None)
    if names is not None:
        _check_names([str(name) for name in names])
    try:
        frame = pl.DataFrame(data)
    except Exception as error:
        raise TableError(
            f"The Arrow data ({type(data).__name__}) cannot be read: {error}"
        ) from error
    return with_categories(_without_objects(frame), _coded_columns(data))


def _coded_columns(data: Any) -> list[str]:
    """Return the columns of Arrow data that are dictionaries of numbers or booleans."""
    fields = getattr(data, "schema", None)
    if fields is None or not hasattr(fields, "names"):
        return []
    types = {name: str(fields.field(name).type) for name in fields.names}
    return [n for n, t in types.items() if t.startswith("dictionary<")]


def _without_objects(frame: pl.DataFrame) -> pl.DataFrame:
    objects = [n for n, t in frame.schema.items() if t == pl.Object]
    return frame.with_columns(to_series(frame[n], n) for n in objects)


def _joined(columns: list[pl.Series]) -> pl.DataFrame:
    _check_names([c.name for c in columns])
    # Not a list: polars renames a column named "" there.
    return pl.DataFrame({c.name: c for c in columns})


def _check_names(names: Sequence[str]) -> None:
    duplicates = [name for name, n in Counter(names).items() if n > 1]
    if duplicates:
        shown = ", ".join(repr(name) for name in duplicates[:10])
        raise ColumnError(
            f"Column names must differ. More than one column is named {shown}. "
            "hint: rename or drop the others (names are compared as text)."
        )


def _no_table(data: Any) -> str:
    if isinstance(data, pl.Series) or np.isscalar(data) or data is None:
        got = f"{type(data).__name__}, which has less than 2 dimensions"
    else:
        got = f"{type(data).__module__}.{type(data).__name__}"
    return (
        f"X must be a table. Got {got}. Expected a pandas or polars DataFrame, a "
        "pyarrow table, a NumPy matrix, a SciPy sparse matrix, a dictionary of "
        "columns, or the path of a CSV or Parquet file. Reshape your data if it is a "
        "single column: a table must have 2 dimensions."
    )
