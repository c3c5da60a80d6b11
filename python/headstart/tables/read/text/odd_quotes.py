"""Delimited text with quotes in odd places, rewritten by the strict rules of CSV."""

import csv
import io
from collections.abc import Iterable, Iterator

from headstart.exceptions import TableError
from headstart.tables.read.text.layout import Layout

__all__ = ["regular", "text_stream"]


def regular(data: bytes, start: int, layout: Layout, file: str, line: int) -> bytes:
    """Return the text with regular quotes.

    Parameters
    ----------
    data : bytes
        In UTF-8.
    start : int
        Where the rows begin.
    layout : Layout
    file : str
        Its name, for messages.
    line : int
        Number of the first row's line in the file, from 1.

    Raises
    ------
    TableError
        If a row has more or fewer fields than the header, or a quote is not closed.
    """
    content = io.BytesIO()
    out = io.TextIOWrapper(content, encoding="utf-8", newline="")
    writer = csv.writer(out, delimiter=layout.separator, lineterminator="\n")
    n_fields = len(layout.names)
    source = text_stream(data, start)
    for line_number, row in _strict_rows(source, layout, file, line):
        if not row:
            out.write("\n")
            continue
        while len(row) > n_fields and not row[-1].strip():
            row.pop()
        if len(row) != n_fields:
            raise TableError(
                f"Line {line_number} of {file} has {len(row)} fields. Expected "
                f"{n_fields}, as in the header. hint: correct the line, or put quotes "
                f"around a field that contains {layout.separator!r}."
            )
        writer.writerow(row)
    out.flush()
    return content.getvalue()


def _strict_rows(
    source: Iterable[str], layout: Layout, file: str, line: int = 1
) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(
        source,
        delimiter=layout.separator,
        strict=True,
        skipinitialspace=layout.skips_blanks,
    )
    first = line
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + first
    except csv.Error as error:
        raise TableError(
            f"Line {line} of {file} is malformed: {error}. hint: look for a quote that "
            "is not closed."
        ) from error


def text_stream(data: bytes, start: int = 0, newline: str = "") -> io.TextIOWrapper:
    """Return the text behind a position as a stream, which shares the bytes.

    Parameters
    ----------
    data : bytes
        In UTF-8.
    start : int
    newline : str
        Which ends of lines it knows and keeps, as `open` does.
    """
    source = io.BytesIO(data)
    source.seek(start)
    return io.TextIOWrapper(source, encoding="utf-8", errors="replace", newline=newline)
