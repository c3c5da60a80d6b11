"""Dataclasses as JSON and back, checked field by field against their annotations.

What may stand in an annotation: ``str``, ``int``, ``float``, ``bool``, dataclasses,
``X | Y``, ``tuple[X, ...]`` and ``Mapping[str, X]``. Numbers are finite.
"""

import json
import math
import types
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Any, NoReturn, Union, get_args, get_origin, get_type_hints

from headstart.exceptions import ArtifactError

__all__ = ["MOST_BYTES", "from_record", "read_json", "to_record"]

# Bytes of a document that are read at most; what is written is far below.
MOST_BYTES = 8 * 2**20
_LARGEST = 2**63


def to_record(value: Any, kind: Any, where: str = "facts") -> Any:
    """Return JSON values of what is of the type `kind`.

    Raises
    ------
    TypeError, ValueError
        If a value is not what its annotation says, or a number is not finite.
    """
    if _is_parted(kind):
        if not isinstance(value, kind):
            raise TypeError(f"{where} must be a {_name(kind)}. {_got(value)}")
        return {
            name: to_record(getattr(value, name), hint, f"{where}.{name}")
            for name, (hint, _) in _fields(kind).items()
        }
    options = _options(kind)
    if options is not None:
        return to_record(value, _fitting(value, options, where), where)
    origin, arguments = _built(kind)
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
    """Return what is of the type `kind`, from what `to_record` made.

    Fields that have a default may be missing: they are younger than the document.

    Raises
    ------
    ArtifactError
        If the record is not of that type; the message says where.
    """
    if _is_parted(kind):
        return _read_fields(record, kind, where)
    options = _options(kind)
    if options is not None:
        try:
            chosen = _fitting(record, options, where)
        except TypeError as error:
            raise ArtifactError(f"The stored {error}") from None
        return from_record(record, chosen, where)
    origin, arguments = _built(kind)
    if origin is tuple:
        if not isinstance(record, list):
            _refuse(where, "a list", record)
        return tuple(
            from_record(item, arguments[0], f"{where}[{place}]")
            for place, item in enumerate(record)
        )
    if origin is Mapping:
        if not isinstance(record, dict):
            _refuse(where, "an object", record)
        return {
            name: from_record(item, arguments[1], f"{where}.{name[:40]}")
            for name, item in record.items()
        }
    try:
        return _plain(record, kind, where)
    except (TypeError, ValueError) as error:
        raise ArtifactError(f"The stored {error}") from None


def read_json(data: str | bytes) -> Any:
    """Return the JSON values of a document from elsewhere.

    Raises
    ------
    ArtifactError
        If it is too large, is not JSON, or is nested too deep to be read.
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


def _read_fields(record: Any, kind: Any, where: str) -> Any:
    known = _fields(kind)
    if not isinstance(record, dict):
        _refuse(where, "an object", record)
    strange = [name for name in record if name not in known]
    if strange:
        raise ArtifactError(f"The stored {where} has the key {strange[0][:40]!a}.")
    values = {}
    for name, (hint, field) in known.items():
        if name in record:
            values[name] = from_record(record[name], hint, f"{where}.{name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ArtifactError(f"The stored {where} lacks {name!r}.")
    try:
        return kind(**values)
    except ValueError as error:
        raise ArtifactError(f"The stored {where} is damaged: {error}") from None


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
        if not math.isfinite(value) or abs(value) > 1.7e308:
            raise ValueError(f"{where} must be a finite number. {_got(value)}")
        return float(value)
    raise TypeError(f"{where} must be {_name(kind)}. {_got(value)}")


def _fitting(value: Any, options: tuple[Any, ...], where: str) -> Any:
    """Return which of the types in ``X | Y`` a value is of."""
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
def _is_parted(kind: Any) -> bool:
    return is_dataclass(kind)


@cache
def _built(kind: Any) -> tuple[Any, tuple[Any, ...]]:
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


def _refuse(where: str, expected: str, value: Any) -> NoReturn:
    raise ArtifactError(f"The stored {where} must be {expected}. {_got(value)}")


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"it has {text}")


def _got(value: Any) -> str:
    shown = ascii(value) if isinstance(value, str | int | float) else "it"
    shown = shown if len(shown) <= 40 else f"{shown[:37]}..."
    kind = type(value).__name__
    return f"Got {kind} instead." if shown == "it" else f"Got {shown} ({kind}) instead."
