"""Parsers of option values: durations, sizes, column kinds."""

import re
from collections.abc import Sequence

import typer

__all__ = ["parse_columns", "parse_memory", "parse_seconds"]

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def parse_seconds(text: str, option: str = "--time-limit") -> float | None:
    """Return the seconds of ``60``, ``90s``, ``5m``, ``1h30m``; None for ``none``.

    Raises
    ------
    typer.BadParameter
        If the text has another form.

    Examples
    --------
    >>> parse_seconds("1h30m")
    5400.0
    """
    duration = text.strip().lower()
    if duration == "none":
        return None
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*(min|[a-z]?)\s*", duration)
    read = re.fullmatch(r"(?:\d+(?:\.\d+)?\s*(?:min|[a-z]?)\s*)+", duration)
    if not read or any(unit not in _SECONDS for _, unit in parts):
        raise typer.BadParameter(
            f"a duration is seconds or has a unit: 60, 90s, 5m, 1h30m. Got {text!r}.",
            param_hint=option,
        )
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def parse_memory(text: str, option: str = "--memory-limit") -> int:
    """Return the bytes of ``2000000``, ``512M``, ``4GB``, ``4GiB``.

    Raises
    ------
    typer.BadParameter
        If the text has another form, or is less than a byte.

    Examples
    --------
    >>> parse_memory("4GiB"), parse_memory("4G")
    (4294967296, 4000000000)
    """
    from headstart.exceptions import BudgetError
    from headstart.search.run.settings import parse_bytes

    try:
        size = parse_bytes(text)
    except BudgetError:
        size = 0
    if size < 1:
        raise typer.BadParameter(
            "a size is bytes or has a unit, 1 byte or more: 512M (millions), 4GiB "
            f"(of 1024). Got {text!r}.",
            param_hint=option,
        )
    return size


def parse_columns(pairs: Sequence[str], option: str = "--column") -> dict[str, str]:
    """Return column kinds from ``zip=categorical`` pairs, split at the last ``=``.

    Raises
    ------
    typer.BadParameter
        If one has no ``=``, no name or no kind, or a column is named twice.
    """
    columns: dict[str, str] = {}
    for pair in pairs:
        name, _, kind = pair.rpartition("=")
        if not name or not kind:
            raise typer.BadParameter(
                f"write NAME=KIND, for example zip=categorical. Got {pair!r}.",
                param_hint=option,
            )
        if name in columns:
            raise typer.BadParameter(
                f"column {name!r} occurs twice.", param_hint=option
            )
        columns[name] = kind
    return columns
