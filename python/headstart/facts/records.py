"""Conversion of dataclasses to JSON and back, checked against their annotations.

Supported annotations: ``str``, ``int``, ``float``, ``bool``, dataclasses,
``X | Y``, ``tuple[X, ...]`` and ``Mapping[str, X]``. Numbers are finite.
"""

import json
import math
import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Any, NoReturn, Union, get_args, get_origin, get_type_hints

from headstart.exceptions import ArtifactError

__all__ = ["MOST_BYTES", "from_record", "read_json", "to_record"]

# Largest document in bytes that is read; written documents are far smaller.
MOST_BYTES = 8 * 2**20
_LARGEST = 2**63
_LARGEST_FLOAT = 1.7e308


def to_record(value: Any, kind: Any, where: str = "facts") -> Any:
    """Return a value of the type `kind` as JSON values.

    Parameters
    ----------
    value : object
    kind : type
        Annotation of the value.
    where : str
        Path of the value, for messages.

    Raises
    ------
    TypeError, ValueError
        If a value does not match its annotation, or a number is not finite.
    """
    if _is_dataclass(kind):
        if not isinstance(value, kind):
            raise TypeError(f"{where} must be a {_name(kind)}. {_got(value)}")
        return {
            name: to_record(getattr(value, name), hint, f"{where}.{name}")
            for name, (hint, _) in _fields(kind).items()
        }
    options = _options(kind)
    if options is not None:
        return to_record(value, _option_of(value, options, where), where)
    origin, arguments = _generic(kind)
    if origin is None:
        return _plain(value, kind, where)
    if origin is tuple:
        if not isinstance(value, tuple | list):
            raise TypeError(f"{where} must be a tuple. {_got(value)}")
        return [
            to_record(item, arguments[0], f"{where}[{place}]")
            for place, item in enumerate(value)
        ]
    if origin is Mapping:
        if not isinstance(value, Mapping) or not all(isinstance(k, str) for k in value):
            raise TypeError(f"{where} must be a mapping from str. {_got(value)}")
        return {
            name: to_record(item, arguments[1], f"{where}.{name}")
            for name, item in value.items()
        }
    raise TypeError(f"{where} may not be of type {kind}.")


def from_record(record: Any, kind: Any, where: str = "facts") -> Any:
    """Return the value of the type `kind` that `to_record` converted.

    Fields with a default may be missing: they may be newer than the document.

    Parameters
    ----------
    record : object
        JSON values.
    kind : type
        Annotation of the result.
    where : str
        Path of the record, for messages.

    Raises
    ------
    ArtifactError
        If the record is not of that type; the message names the field.
    """
    try:
        return _reader(kind)(record)
    except _WrongError as error:
        raise ArtifactError(
            f"The stored {where}{''.join(reversed(error.path))} {error.problem}"
        ) from None


def read_json(data: str | bytes) -> Any:
    """Return the JSON values of an untrusted document.

    Raises
    ------
    ArtifactError
        If it is too large, is not JSON, or is nested too deeply.
    """
    if len(data) > MOST_BYTES:
        raise ArtifactError(
            f"The stored facts have {len(data)} bytes; at most {MOST_BYTES} are read."
        )
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"The stored facts are not JSON: {error}.") from None


class _WrongError(Exception):
    """A record of the wrong type; `path` has the keys to it, the innermost first."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path: list[str] = []


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """Return a function that reads records of a type.

    A document has thousands of numbers. Readers are therefore made once per type, and
    the path of an error is built only when an error occurs.
    """
    if _is_dataclass(kind):
        return _reader_of_fields(kind)
    options = _options(kind)
    if options is not None:
        return _reader_of_options(options)
    origin, arguments = _generic(kind)
    if origin is tuple:
        return _reader_of_list(_reader(arguments[0]))
    if origin is Mapping:
        return _reader_of_object(_reader(arguments[1]))

    def read(record: Any) -> Any:
        # The fast path for nearly all values: the checks below take ten times as long.
        if type(record) is kind and (
            kind is str or (kind is float and abs(record) <= _LARGEST_FLOAT)
        ):
            return record
        try:
            return _plain(record, kind, "")
        except (TypeError, ValueError) as error:
            raise _WrongError(str(error).strip()) from None

    return read


def _reader_of_fields(kind: Any) -> Callable[[Any], Any]:
    fields_of_kind = _fields(kind)
    readers = {name: _reader(hint) for name, (hint, _) in fields_of_kind.items()}
    required = [
        name
        for name, (_, field) in fields_of_kind.items()
        if field.default is MISSING and field.default_factory is MISSING
    ]

    def read(record: Any) -> Any:
        if not isinstance(record, dict):
            _refuse("an object", record)
        for name in record:
            if name not in readers:
                raise _WrongError(f"has the key {name[:40]!a}.")
        for name in required:
            if name not in record:
                raise _WrongError(f"lacks {name!r}.")
        name, values = "", {}
        try:
            for name in record:
                values[name] = readers[name](record[name])
        except _WrongError as error:
            error.path.append(f".{name}")
            raise
        try:
            return kind(**values)
        except ValueError as error:
            raise _WrongError(f"is damaged: {error}") from None

    return read


def _reader_of_options(options: tuple[Any, ...]) -> Callable[[Any], Any]:
    readers = {option: _reader(option) for option in options}
    plain = {t: readers[t] for t in (str, float, int, bool, type(None)) if t in readers}

    def read(record: Any) -> Any:
        if read_plain := plain.get(type(record)):
            return read_plain(record)
        try:
            chosen = _option_of(record, options, "")
        except TypeError as error:
            raise _WrongError(str(error).strip()) from None
        return readers[chosen](record)

    return read


def _reader_of_list(read_item: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(record: Any) -> Any:
        if not isinstance(record, list):
            _refuse("a list", record)
        items: list[Any] = []
        try:
            for item in record:
                items.append(read_item(item))  # noqa: PERF401 - its length is the index of the error
        except _WrongError as error:
            error.path.append(f"[{len(items)}]")
            raise
        return tuple(items)

    return read


def _reader_of_object(read_item: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(record: Any) -> Any:
        if not isinstance(record, dict):
            _refuse("an object", record)
        name, items = "", {}
        try:
            for name, item in record.items():
                items[name] = read_item(item)
        except _WrongError as error:
            error.path.append(f".{name[:40]}")
            raise
        return items

    return read


def _plain(value: Any, kind: Any, where: str) -> Any:
    if kind is type(None) and value is None:
        return None
    if kind is bool and isinstance(value, bool):
        return value
    if kind is str and isinstance(value, str):
        return str(value)
    is_int = isinstance(value, int) and not isinstance(value, bool)
    if kind is int and is_int:
        if abs(value) >= _LARGEST:
            raise ValueError(f"{where} must lie within 64 bits.")
        return int(value)
    if kind is float and (isinstance(value, float) or is_int):
        if not math.isfinite(value) or abs(value) > _LARGEST_FLOAT:
            raise ValueError(f"{where} must be a finite number. {_got(value)}")
        return float(value)
    raise TypeError(f"{where} must be {_name(kind)}. {_got(value)}")


def _option_of(value: Any, options: tuple[Any, ...], where: str) -> Any:
    """Return the type in ``X | Y`` that a value has."""
    if value is None and type(None) in options:
        return type(None)
    for option in (bool, int, float, str):
        # A bool is an int to Python, and an int is a number to JSON: strictest first.
        if option in options and isinstance(value, option):
            return option
    if float in options and isinstance(value, int) and not isinstance(value, bool):
        return float
    others = [o for o in options if o not in (type(None), bool, int, float, str)]
    if len(others) == 1 and value is not None:
        return others[0]
    raise TypeError(
        f"{where} must be {' or '.join(map(_name, options))}. {_got(value)}"
    )


@cache
def _is_dataclass(kind: Any) -> bool:
    return is_dataclass(kind)


@cache
def _generic(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(kind), get_args(kind)


@cache
def _fields(kind: Hashable) -> Mapping[str, tuple[Any, Field[Any]]]:
    cls: Any = kind
    hints = get_type_hints(cls)
    return {field.name: (hints[field.name], field) for field in fields(cls)}


@cache
def _options(kind: Any) -> tuple[Any, ...] | None:
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else None


def _name(kind: Any) -> str:
    if kind is type(None):
        return "None"
    return str(getattr(kind, "__name__", kind))


def _refuse(expected: str, value: Any) -> NoReturn:
    raise _WrongError(f"must be {expected}. {_got(value)}")


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"it has {text}")


def _got(value: Any) -> str:
    shown = ascii(value) if isinstance(value, str | int | float) else "it"
    shown = shown if len(shown) <= 40 else f"{shown[:37]}..."
    kind = type(value).__name__
    return f"Got {kind} instead." if shown == "it" else f"Got {shown} ({kind}) instead."
