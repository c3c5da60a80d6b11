"""Text and JSON on standard output, with reserved streams."""

import contextlib
import io
import json
import math
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

import typer

__all__ = [
    "print_json",
    "print_record",
    "print_rows",
    "reserved_output",
    "result_stream",
    "say",
    "write_data",
]

_Row = Mapping[str, Any]

_GAP = "  "
_INDENT = "    "
# Least width of a text column before it is wrapped.
_LEAST_TEXT = 16
_BREAKABLE = re.compile(r"[^._/-]*[._/-]|[^._/-]+")

# The streams for results while standard output is reserved.
_reserved: list[TextIO] = []


def _printable(text: str) -> str:
    """Return printable text; see `headstart.machine.printable`."""
    from headstart.machine.printable import printable

    return printable(text)


def say(text: str = "", *, err: bool = False) -> None:
    """Print a line, with control characters shown as escapes."""
    typer.echo(_printable(text), file=sys.stderr if err else result_stream())


def write_data(text: str) -> None:
    """Write data to standard output, unchanged unless it is a terminal."""
    stream = result_stream()
    stream.write(_printable(text) if stream.isatty() else text)
    stream.flush()


def result_stream() -> TextIO:
    """Return the stream for results, which is the original standard output."""
    return _reserved[-1] if _reserved else sys.stdout


@contextlib.contextmanager
def reserved_output() -> Iterator[None]:
    """Reserve standard output for results.

    Other output, by a plugin or by a C library that writes to the descriptor, goes to
    standard error. With a file descriptor, this lasts until the process ends, because
    C flushes its buffers at the very end.
    """
    printed = sys.stdout
    try:
        descriptor = printed.fileno()
    except (AttributeError, OSError, ValueError):
        # The stream of a program that calls the command in its own process.
        _reserved.append(printed)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
        finally:
            _reserved.pop()
        return
    printed.flush()
    duplicate = os.dup(descriptor)
    os.dup2(2, descriptor)
    encoding = printed.encoding or "utf-8"
    with io.TextIOWrapper(
        io.FileIO(duplicate, "w"), encoding, printed.errors
    ) as stream:
        _reserved.append(stream)
        try:
            yield
        finally:
            _reserved.pop()


def print_json(value: Any) -> None:
    """Print `value` as JSON, with null for NaN and infinity."""
    from headstart.machine.printable import printable_json

    text = json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False)
    write_data(f"{printable_json(text)}\n")


def print_rows(rows: Sequence[_Row], *, columns: Sequence[str] = ()) -> None:
    """Print a table of `rows`, with numbers aligned to the right.

    In a narrow terminal, long texts are wrapped within their column, and the last
    columns are printed below each row with their names. Elsewhere each row is one line.
    """
    names = list(columns) or list(rows[0] if rows else ())
    titles = [_printable(name) for name in names]
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    right = [
        any(_is_number(row.get(name)) for row in rows)
        and all(_is_number(row.get(name)) or row.get(name) is None for row in rows)
        for name in names
    ]
    widths = [
        max([_width(name), *(_width(line[i]) for line in cells)])
        for i, name in enumerate(titles)
    ]
    limit = _terminal_width()
    if limit is not None:
        widths = _fitting_widths(widths, right, limit)
    for line in [titles, *cells]:
        # Names are printed above the table, and again for columns below the rows.
        is_title = line is titles
        _print_row(line, widths, right)
        if limit is not None and not is_title and len(widths) < len(line):
            _print_below(titles[len(widths) :], line[len(widths) :], limit)


def _fitting_widths(
    widths: Sequence[int], right: Sequence[bool], limit: int
) -> list[int]:
    """Return the widths of the leading columns that fit into a terminal."""
    if sum(widths) + len(_GAP) * (len(widths) - 1) <= limit:
        return list(widths)
    longest = max(_LEAST_TEXT, limit // 3)
    fitting: list[int] = []
    remaining = limit
    for place, width in enumerate(widths):
        is_last = place == len(widths) - 1
        if not right[place] and width > longest:
            # The last column takes the remaining width.
            width = min(width, max(remaining, longest)) if is_last else longest
        if width > remaining and fitting:
            break
        fitting.append(min(width, remaining))
        remaining -= width + len(_GAP)
    return fitting


def _print_row(
    texts: Sequence[str], widths: Sequence[int], right: Sequence[bool]
) -> None:
    """Print a row, with long texts wrapped within their column."""
    parts = [_wrapped(text, width) for text, width in zip(texts, widths, strict=False)]
    for place in range(max(map(len, parts), default=0)):
        aligned = [
            _padded(lines[place] if place < len(lines) else "", width, to_right=number)
            for lines, width, number in zip(parts, widths, right, strict=False)
        ]
        say(_GAP.join(aligned).rstrip())


def _print_below(titles: Sequence[str], texts: Sequence[str], limit: int) -> None:
    """Print the columns that did not fit, with their names, except empty ones."""
    named = [
        f"{title}: {text}"
        for title, text in zip(titles, texts, strict=True)
        if text not in ("", "-")
    ]
    for line in _wrapped(" · ".join(named), max(1, limit - len(_INDENT))):
        say(f"{_INDENT}{line}".rstrip())


def _wrapped(text: str, width: int) -> list[str]:
    """Return text in lines of at most `width` columns of a terminal.

    Longer words are broken after a dot, dash or slash if possible.
    """
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if _width(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for part in _BREAKABLE.findall(word):
            if lines[-1] and _width(lines[-1] + part) > width:
                lines.append("")
            for letter in part:
                if lines[-1] and _width(lines[-1] + letter) > width:
                    lines.append("")
                lines[-1] += letter
    return lines


def _terminal_width() -> int | None:
    """Return the width of the terminal for results; None without a terminal."""
    return shutil.get_terminal_size().columns if result_stream().isatty() else None


def print_record(record: _Row) -> None:
    """Print a record: plain values as ``name  value``, nested ones under headings."""
    flat = {k: v for k, v in record.items() if not isinstance(v, Mapping | list)}
    width = max((_width(_printable(name)) for name in flat), default=0)
    for name, value in flat.items():
        say(f"{_padded(_printable(name), width)}  {_cell(value)}".rstrip())
    for name, value in record.items():
        if name in flat or not value:
            continue
        say(f"\n{name}")
        if isinstance(value, Mapping):
            print_record(value)
        elif all(isinstance(item, Mapping) for item in value):
            print_rows(value)
        else:
            for item in value:
                say(_cell(item))


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
    return _printable(" ".join(str(value).split()))


def _width(text: str) -> int:
    """Return the width of a text in columns of a terminal."""
    return sum(_width_of(letter) for letter in text)


def _width_of(letter: str) -> int:
    if letter.isascii():
        return 1
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _padded(text: str, width: int, *, to_right: bool = False) -> str:
    blanks = " " * max(0, width - _width(text))
    return blanks + text if to_right else text + blanks


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
