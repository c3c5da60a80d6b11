"""How commands write what they found: text tables, JSON, table files."""

import json
import math
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

__all__ = ["check_ending", "check_folder", "print_json", "print_record", "print_rows"]

_Row = Mapping[str, Any]


def print_json(value: Any) -> None:
    """Print `value` as JSON; what JSON has no word for (NaN, infinity) as null."""
    text = json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False)
    typer.echo(text)


def print_rows(rows: Sequence[_Row], *, columns: Sequence[str] = ()) -> None:
    """Print a table of `rows`: a line each, numbers to the right.

    In a terminal long lines are cut to its width; elsewhere they are whole.
    """
    names = list(columns) or list(rows[0] if rows else ())
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [
        max([len(name), *(len(line[i]) for line in cells)])
        for i, name in enumerate(names)
    ]
    right = [
        any(_is_number(row.get(name)) for row in rows)
        and all(_is_number(row.get(name)) or row.get(name) is None for row in rows)
        for name in names
    ]
    limit = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in [names, *cells]:
        aligned = [
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        ]
        typer.echo("  ".join(aligned).rstrip()[:limit])


def print_record(record: _Row) -> None:
    """Print a record: plain values as ``name  value``, nested ones below a heading."""
    flat = {k: v for k, v in record.items() if not isinstance(v, Mapping | list)}
    width = max(map(len, flat), default=0)
    for name, value in flat.items():
        typer.echo(f"{name:<{width}}  {_cell(value)}".rstrip())
    for name, value in record.items():
        if name in flat or not value:
            continue
        typer.echo(f"\n{name}")
        if isinstance(value, Mapping):
            print_record(value)
        elif all(isinstance(item, Mapping) for item in value):
            print_rows(value)
        else:
            for item in value:
                typer.echo(_cell(item))


def check_ending(path: Path) -> None:
    """Refuse an ending that no table is written to, before the work is done."""
    known = (".csv", ".tsv", ".parquet", ".arrow", ".feather")
    if path.suffix.lower() not in known:
        raise typer.BadParameter(
            f"the file must end in {', '.join(known)}. Got {path.name!r}.",
            param_hint="--output",
        )


def check_folder(path: Path) -> None:
    """Refuse a path that cannot be written now, not after the time is spent."""
    if not path.absolute().parent.is_dir():
        raise typer.BadParameter(
            f"there is no folder {str(path.parent)!r}.", param_hint="--output"
        )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    item = getattr(value, "item", None)  # a NumPy scalar
    return _plain(item()) if item is not None else str(value)


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_cell(item)}" for name, item in value.items())
    return " ".join(str(value).split())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
