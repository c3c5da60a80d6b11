"""Rules: validation of the fields of records.

A rule takes an untrusted value (of a record, or of a line of a file) and returns its
canonical form, or raises a ``ValueError`` with the expected form. NaN becomes None;
infinities are refused. Sizes are bounded: a record beyond a bound is damaged or
hostile.
"""

import math
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import numpy as np

from headstart.base import Configuration

__all__ = [
    "Rule",
    "UnknownValueError",
    "configuration",
    "count",
    "identifier",
    "integer",
    "name",
    "names",
    "number",
    "numbers_by_name",
    "one_of",
    "optional_configuration",
    "scores",
    "seconds",
    "sentence",
    "text",
    "texts_by_name",
    "uid",
]

Rule = Callable[[Any], Any]

_UID = re.compile("[0-9a-f]{64}")
_LONGEST_TEXT = 300
_LONGEST_SENTENCE = 500
_LONGEST_VALUES = 500_000
_MOST_NAMES = 2_000
_MOST_STEPS = 50
_MOST_SCORES = 100_000


class UnknownValueError(ValueError):
    """A value of the right form that this version does not know.

    A newer version may have written it.
    """


def uid(value: Any) -> str:
    """Return a SHA-256 in hexadecimal."""
    if not isinstance(value, str) or not _UID.fullmatch(value):
        raise _refused("64 hexadecimal digits in lower case", value)
    return value


def text(value: Any) -> str:
    """Return a printable text of one line, which may be empty."""
    if (
        not isinstance(value, str)
        or len(value) > _LONGEST_TEXT
        or not value.isprintable()
    ):
        raise _refused(
            f"text of at most {_LONGEST_TEXT} printable characters (no line breaks, "
            "no control characters)",
            value,
        )
    return str(value)


def name(value: Any) -> str:
    """Return a text that is not blank."""
    if not text(value).strip():
        raise _refused("a name, not an empty text", value)
    return str(value)


def sentence(value: Any) -> str:
    """Return any text as one printable line; errors come from foreign code."""
    if not isinstance(value, str):
        raise _refused("text", value)
    line = " ".join(value.split())
    line = "".join(c if c.isprintable() else "?" for c in line)
    return line[:_LONGEST_SENTENCE].rstrip()


def one_of(kinds: type[StrEnum]) -> Rule:
    """Return the rule for values of an enumeration."""
    allowed = {member.value for member in kinds}

    def rule(value: Any) -> str:
        expected = f"one of {', '.join(sorted(allowed))}"
        if not isinstance(value, str):
            raise _refused(expected, value)
        if value not in allowed:
            raise UnknownValueError(str(_refused(expected, value)))
        return str(kinds(value).value)

    return rule


def count(value: Any) -> int:
    """Return a whole number that is not negative."""
    if not _is_whole(value) or not 0 <= value < 2**53:
        raise _refused("a whole number, 0 or more", value)
    return int(value)


def integer(value: Any) -> int:
    """Return a whole number of at most 64 bits."""
    if not _is_whole(value) or not -(2**63) <= value < 2**63:
        raise _refused("a whole number of at most 64 bits", value)
    return int(value)


identifier = integer
"""Rule for a number by which a server identifies an object."""


def number(value: Any) -> float | None:
    """Return a finite number, None for None and NaN."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(
        value, int | float | np.integer | np.floating
    ):
        raise _refused("a number, or null for NaN", value)
    try:
        as_float = float(value)
    except OverflowError as error:
        raise _refused("a finite number", value) from error
    if math.isinf(as_float):
        raise _refused("a finite number, or NaN where there is none", value)
    return None if math.isnan(as_float) else as_float


def seconds(value: Any) -> float | None:
    """Return a number that is not negative, None for NaN."""
    duration = number(value)
    if duration is not None and duration < 0:
        raise _refused("a number of seconds, 0 or more", value)
    return duration


def names(value: Any) -> list[str]:
    """Return a list of different names."""
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= _MOST_NAMES:
        raise _refused(f"a list of 1 to {_MOST_NAMES} names", value)
    texts = [name(item) for item in value]
    if len(set(texts)) < len(texts):
        raise _refused("a list of different names", value)
    return texts


def numbers_by_name(value: Any) -> dict[str, float | None]:
    """Return a mapping of names to numbers."""
    return {name(k): number(v) for k, v in _mapping(value).items()}


def texts_by_name(value: Any) -> dict[str, str]:
    """Return a mapping of names to texts of any form."""
    texts = _mapping(value)
    for item in texts.values():
        if not isinstance(item, str) or "\0" in item:
            raise _refused("a mapping to texts without null characters", item)
        try:
            item.encode()
        except UnicodeEncodeError as error:
            raise _refused("a mapping to texts that UTF-8 can write", item) from error
    if sum(map(len, texts.values())) > _LONGEST_VALUES:
        raise _refused(f"a mapping to {_LONGEST_VALUES} characters at most", value)
    return {name(k): str(v) for k, v in texts.items()}


def scores(value: Any) -> list[list[float | None]]:
    """Return an array of folds by metrics, or such lists, as lists.

    The numbers are the shortest decimals of the same float32 values.
    """
    if isinstance(value, np.ndarray):
        if value.dtype.kind != "f" or value.ndim != 2:
            raise _refused("an array of floats, folds by metrics", value)
        table = value
    elif isinstance(value, list) and all(isinstance(row, list) for row in value):
        checked = [[number(item) for item in row] for row in value]
        if len({len(row) for row in checked}) > 1:
            raise _refused("rows of equal length, one per fold", value)
        table = np.array(checked, dtype=np.float64).reshape(
            len(checked), len(checked[0]) if checked else 0
        )
    else:
        raise _refused("a list of rows of numbers, one per fold", value)
    if max(len(table), table.size) > _MOST_SCORES:
        raise _refused(f"at most {_MOST_SCORES} numbers", value)
    with np.errstate(over="ignore"):
        small = table.astype(np.float32)
    if np.isinf(small).any():
        raise _refused(
            "finite float32 numbers; hint: store NaN for a fold that failed", value
        )
    return [
        [None if item != item else float(str(item)) for item in row] for row in small
    ]


def configuration(value: Any) -> dict[str, Any]:
    """Return the canonical mapping of a Configuration, or of such a mapping."""
    if isinstance(value, Configuration):
        steps = [step.to_record() for step in value.transforms]
        value = {
            "learner": value.learner,
            "parameters": dict(value.parameters),
            "space_version": value.space_version,
            **({"transforms": steps} if steps else {}),
        }
    fields = _mapping(value)
    required = {"learner", "parameters", "space_version"}
    if set(fields) - {"transforms"} != required:
        refused = _refused(
            "learner, parameters and space_version, and no more than transforms",
            sorted(fields),
        )
        if required < set(fields):
            raise UnknownValueError(str(refused))
        raise refused
    checked: dict[str, Any] = {
        "learner": name(fields["learner"]),
        "parameters": _parameters(fields["parameters"]),
        "space_version": count(fields["space_version"]),
    }
    if "transforms" in fields:
        checked["transforms"] = _steps(fields["transforms"])
    return checked


def optional_configuration(value: Any) -> dict[str, Any] | None:
    """Return the canonical mapping of a configuration, None for None."""
    return None if value is None else configuration(value)


def _parameters(value: Any) -> dict[str, Any]:
    return {name(k): _parameter(v) for k, v in _mapping(value).items()}


def _steps(value: Any) -> list[dict[str, Any]]:
    # An empty list would be a second form of a configuration without transforms.
    if not isinstance(value, list | tuple) or not 0 < len(value) <= _MOST_STEPS:
        raise _refused(f"a list of 1 to {_MOST_STEPS} transforms", value)
    checked = []
    for step in map(_mapping, value):
        required = {"name", "parameters", "space_version"}
        if set(step) != required:
            refused = _refused(
                "name, parameters and space_version, no more", sorted(step)
            )
            if required < set(step):
                raise UnknownValueError(str(refused))
            raise refused
        checked.append(
            {
                "name": name(step["name"]),
                "parameters": _parameters(step["parameters"]),
                "space_version": count(step["space_version"]),
            }
        )
    return checked


def _parameter(value: Any) -> bool | int | float | str | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int):
        return integer(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    raise _refused(
        "a parameter: true, false, null, text, a whole or a finite number", value
    )


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or len(value) > _MOST_NAMES:
        raise _refused(f"a mapping of at most {_MOST_NAMES} names", value)
    return dict(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _refused(expected: str, value: Any) -> ValueError:
    """Return the error with the expected form and the value, cut short."""
    try:
        shown = repr(value)
    except (ValueError, RecursionError):  # thousands of digits, or of brackets
        shown = f"one too long to show ({type(value).__name__})"
    if len(shown) > 80:
        shown = f"{shown[:77]}..."
    return ValueError(f"must be {expected}. Got {shown}.")
