"""Columns from Python objects: lists, and NumPy or pandas columns of dtype object."""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from headstart.exceptions import ColumnError

__all__ = ["from_objects"]

_TEXT = (str,)
_BOOLEAN = (bool, np.bool_)
_INTEGER = (int, np.integer)
_NUMBER = (int, float, np.integer, np.floating, Decimal)
_MOMENT = (dt.date, np.datetime64)
_CLOCK = (dt.time,)
_DURATION = (dt.timedelta, np.timedelta64)
_NESTED = (list, tuple, dict, set, frozenset, np.ndarray)
# Above this a float does not represent every whole number.
_EXACT = 2**53


def from_objects(name: str, values: Sequence[Any]) -> pl.Series:
    """Return Python objects as a column of the narrowest type that fits them all.

    None, NaN, and pandas' NA and NaT are missing. A column of strings and numbers is
    one of strings.

    Parameters
    ----------
    name : str
    values : sequence of object

    Raises
    ------
    ColumnError
        If there are complex numbers, bytes that are not UTF-8, or nested values of
        different structure.
    """
    types = set(map(type, values))
    if any(_is_pandas_missing(t) for t in types):
        values = [None if _is_pandas_missing(type(v)) else v for v in values]
        types = {t for t in types if not _is_pandas_missing(t)}
    types.discard(type(None))
    if not types:
        return pl.Series(name, [None] * len(values), dtype=pl.Null)
    if _all(types, _TEXT):
        return pl.Series(name, values, dtype=pl.String)
    if any(issubclass(t, complex | np.complexfloating) for t in types):
        raise ColumnError(
            f"Complex data not supported: column {name!r} has complex numbers. "
            "Expected real ones. hint: give real and imaginary parts as two columns."
        )
    # pandas marks a missing string, boolean or date by NaN.
    if _has_float(types) and not _all(types, _NUMBER):
        values = [None if _is_nan(v) else v for v in values]
        types = set(map(type, values)) - {type(None)}
    return _of_types(name, values, types)


def _of_types(name: str, values: Sequence[Any], types: set[type]) -> pl.Series:
    if not types:
        return pl.Series(name, [None] * len(values), dtype=pl.Null)
    if _all(types, _BOOLEAN):
        return pl.Series(
            name, [None if v is None else bool(v) for v in values], dtype=pl.Boolean
        )
    if _all(types, _INTEGER):
        try:
            return pl.Series(name, values, dtype=pl.Int64)
        except (OverflowError, TypeError, pl.exceptions.PolarsError):
            pass
    if _all(types, (*_NUMBER, *_BOOLEAN)):
        numbers = [None if v is None else float(v) for v in values]
        return pl.Series(name, numbers, dtype=pl.Float64)
    if _all(types, _TEXT):
        return pl.Series(name, values, dtype=pl.String)
    if _all(types, _DURATION) or (_all(types, _MOMENT) and _one_clock(values)):
        return pl.Series(name, _as_datetimes(values), strict=False)
    if _all(types, _CLOCK):
        return pl.Series(name, values, dtype=pl.Time)
    if _all(types, (bytes, str)):
        return pl.Series(name, _decoded(name, values), dtype=pl.String)
    if any(issubclass(t, _NESTED) for t in types):
        return _nested(name, values)
    texts = [None if v is None else _text(v) for v in values]
    return pl.Series(name, texts, dtype=pl.String)


def _all(types: Iterable[type], wanted: tuple[type, ...]) -> bool:
    # bool is a subclass of int, but not a number in a table.
    return all(
        issubclass(t, wanted) and (not issubclass(t, bool) or bool in wanted)
        for t in types
    )


def _has_float(types: Iterable[type]) -> bool:
    return any(issubclass(t, float | np.floating) for t in types)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float | np.floating) and bool(value != value)


def _is_pandas_missing(kind: type) -> bool:
    return kind.__name__ in {"NAType", "NaTType"} and kind.__module__.startswith(
        "pandas"
    )


def _one_clock(values: Sequence[Any]) -> bool:
    """Return whether all datetimes have a time zone, or none has."""
    zones = {
        v.utcoffset() is None if isinstance(v, dt.datetime) else True
        for v in values
        if v is not None
    }
    return len(zones) <= 1


def _as_datetimes(values: Sequence[Any]) -> list[Any]:
    """Return Python's own objects; polars refuses a mixture with NumPy's or pandas'."""
    plain: list[Any] = []
    any_datetime = any(isinstance(v, dt.datetime | np.datetime64) for v in values)
    for value in values:
        if isinstance(value, np.datetime64 | np.timedelta64):
            converted = value.astype(f"{value.dtype.str[1:3]}[us]").item()
        elif isinstance(value, dt.datetime):
            converted = value if value.tzinfo is None else value.astimezone(dt.UTC)
            converted = dt.datetime.combine(converted.date(), converted.timetz())
        elif any_datetime and isinstance(value, dt.date):
            converted = dt.datetime(value.year, value.month, value.day)
        elif isinstance(value, dt.timedelta):
            converted = dt.timedelta(value.days, value.seconds, value.microseconds)
        else:
            converted = value
        plain.append(converted)
    return plain


def _decoded(name: str, values: Sequence[Any]) -> list[str | None]:
    try:
        return [v.decode() if isinstance(v, bytes) else v for v in values]
    except UnicodeDecodeError as error:
        raise ColumnError(
            f"Column {name!r} has bytes that are not UTF-8 text ({error}). "
            "hint: decode them, or leave the column out."
        ) from error


def _nested(name: str, values: Sequence[Any]) -> pl.Series:
    """Return lists or mappings as a nested column; the schema decides on its use."""
    plain = [
        sorted(v, key=repr) if isinstance(v, set | frozenset) else v for v in values
    ]
    try:
        series = pl.Series(name, plain, strict=False)
    except Exception as error:
        raise ColumnError(_nested_message(name)) from error
    if series.dtype == pl.Object:
        raise ColumnError(_nested_message(name))
    return series


def _nested_message(name: str) -> str:
    return (
        f"Column {name!r} has lists or mappings of different structure. Expected one "
        "value per row. hint: spread them over columns, or leave the column out."
    )


def _text(value: Any) -> str:
    """Return a value as text, as the schema writes the levels of numbers."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, float | np.floating | Decimal):
        number = float(value)
        if number.is_integer() and abs(number) < _EXACT:
            return str(int(number))
        return repr(number)
    return str(value)
