"""Delimited text (CSV): encoding, separator, header, and errors that name the line."""

import codecs
import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import polars as pl

from headstart.exceptions import ColumnError, HeadstartWarning, TableError
from headstart.tables.read.second_header import find_second_header

__all__ = ["Layout", "read_block", "read_delimited"]

_SEPARATORS = (",", ";", "\t", "|")
_NULLS = ["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "?"]
_SAMPLE_LINES = 50
_INFERENCE_ROWS = 10_000
_DECIMAL_COMMA = re.compile(r"(^|;)\s*-?\d+,\d+\s*(;|$)", re.MULTILINE)
_DECIMAL_POINT = re.compile(r"(^|;)\s*-?\d+\.\d+\s*(;|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Layout:
    """Encoding, separator and header of a file.

    Parameters
    ----------
    names : list of str
        One a column.
    separator : str
    decimal_comma : bool
    """

    names: list[str]
    separator: str
    decimal_comma: bool


def read_delimited(data: bytes, file: str, texts: Sequence[str] = ()) -> pl.DataFrame:
    """Read delimited text with a header line.

    Empty fields and the usual words for missing (``NA``, ``NaN``, ``null``, ``?``) are
    missing. Columns without a name are called ``column_3`` by their place, from 1.
    Where a second header row gives them names, both are joined: ``Films seen: Alien``.

    Parameters
    ----------
    data : bytes
        What the file holds, decompressed.
    file : str
        Its name, for messages.
    texts : sequence of str
        Columns that are text, whatever their values look like.

    Raises
    ------
    TableError
        If it is empty, no text, or a line has more or fewer fields than the header.
    ColumnError
        If two columns have one name.
    """
    return read_block(data, file, texts=texts)[0]


def read_block(
    data: bytes,
    file: str,
    layout: Layout | None = None,
    line: int = 1,
    texts: Sequence[str] = (),
) -> tuple[pl.DataFrame, Layout]:
    """Read whole lines of delimited text, the first of a file or later ones.

    Parameters
    ----------
    data : bytes
    file : str
        Its name, for messages.
    layout : Layout or None
        What the first lines said; None if these are they, with the header.
    line : int
        Number of the first line in the file, from 1.
    texts : sequence of str
        Columns that are text, whatever their values look like.

    Raises
    ------
    TableError, ColumnError
        As `read_delimited`.
    """
    text = _decode(data, file, line)
    if layout is None:
        text, layout = _find_layout(text, file)
    else:
        # The readers expect a header line: this one has no line of its own in the file.
        text = layout.separator.join("c" * len(layout.names)) + "\n" + text
        line -= 1
    try:
        frame = _parse(text, layout, texts)
    except pl.exceptions.PolarsError:
        # Quotes in odd places, or a wrong number of fields: the slow reader says
        # which, and makes regular text of the first.
        rewritten = _rewrite(text, layout, file, line)
        try:
            frame = _parse(rewritten, layout, texts)
        except pl.exceptions.PolarsError as error:
            raise TableError(f"The file {file} cannot be read: {error}") from error
    if len(layout.names) > 1:
        frame = _without_blank_lines(frame, text)
        # The fast reader fills rows that are too short with missing values.
        last = frame[layout.names[-1]]
        if (frame.height and frame[-1, -1] is None) or last.null_count():
            _rewrite(text, layout, file, line)
    return frame, layout


def _find_layout(text: str, file: str) -> tuple[str, Layout]:
    """Return the text from its header on, and how it is written."""
    if not text.strip():
        raise TableError(
            f"The file {file} is empty. Expected a header line and rows below it."
        )
    text = text.lstrip("\r\n")
    sample = "".join(islice(io.StringIO(text), _SAMPLE_LINES))
    separator = _find_separator(sample)
    names = _header(text, separator, file)
    second = find_second_header(text, separator)
    if second is not None:
        names, text = _unique(second.names, file), second.text
        warnings.warn(
            f"The file {file} has two header rows; names were joined, such as "
            f"{second.example[:80]!r}.",
            HeadstartWarning,
            stacklevel=6,
        )
    decimal_comma = (
        separator == ";"
        and _DECIMAL_COMMA.search(sample) is not None
        and _DECIMAL_POINT.search(sample) is None
    )
    return text, Layout(names, separator, decimal_comma)


def _decode(data: bytes, file: str, first_line: int = 1) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + first_line
        text = _decode_western(data)
        warnings.warn(
            f"The file {file} is not UTF-8 (line {line}); it was read as Windows-1252 "
            "(Western European). hint: save it as UTF-8 if letters come out wrong.",
            HeadstartWarning,
            stacklevel=6,
        )
    if "\n" not in text:
        text = text.replace("\r", "\n")  # As files of old Macs end their lines.
    if "\0" in text:
        raise TableError(
            f"The file {file} is not text: it holds zero bytes. Expected CSV."
        )
    return text


def _decode_western(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")  # Which knows every byte.


def _find_separator(sample: str) -> str:
    """Return the separator that gives most lines one number of fields above 1."""
    best, best_key = ",", (0.0, 0)
    for separator in _SEPARATORS:
        widths = [len(fields) for fields in _lenient_rows(sample, separator) if fields]
        width, n_lines = Counter(widths).most_common(1)[0] if widths else (1, 0)
        key = (n_lines / max(1, len(widths)), width)
        if width > 1 and key > best_key:
            best, best_key = separator, key
    return best


def _lenient_rows(sample: str, separator: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(sample), delimiter=separator))
    except csv.Error:
        return []


def _header(text: str, separator: str, file: str) -> list[str]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        fields = next(row for row in rows if row)
    except (csv.Error, StopIteration) as error:
        raise TableError(f"The header of {file} cannot be read: {error}") from error
    return _unique(
        [f.strip() or f"column_{i}" for i, f in enumerate(fields, start=1)], file
    )


def _unique(names: list[str], file: str) -> list[str]:
    doubled = [name for name, n in Counter(names).items() if n > 1]
    if doubled:
        shown = ", ".join(repr(name) for name in doubled[:10])
        raise ColumnError(
            f"Column names must differ. The header of {file} has more than one column "
            f"named {shown}. hint: rename or remove the others."
        )
    return names


def _parse(text: str, layout: Layout, texts: Sequence[str]) -> pl.DataFrame:
    data = text.encode()
    told = {name: pl.String for name in texts if name in layout.names}
    for n_rows in (_INFERENCE_ROWS, None):
        try:
            return pl.read_csv(
                io.BytesIO(data),
                separator=layout.separator,
                new_columns=layout.names,
                schema_overrides=told,
                null_values=_NULLS,
                infer_schema_length=n_rows,
                decimal_comma=layout.decimal_comma,
            )
        except pl.exceptions.PolarsError:
            # A value far down was not of the type the first rows had.
            if n_rows is None or text.count("\n") < n_rows:
                raise
    raise AssertionError  # The loop returns or raises.


def _rewrite(text: str, layout: Layout, file: str, first_line: int) -> str:
    """Check every row, and return the text with regular quotes."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=layout.separator)
    n_fields = len(layout.names)
    for line, row in _strict_rows(text, layout.separator, file, first_line):
        if not row:
            continue
        if len(row) != n_fields:
            raise TableError(
                f"Line {line} of {file} has {len(row)} fields. Expected {n_fields}, as "
                "in the header. hint: correct the line, or put quotes around a field "
                f"that holds {layout.separator!r}."
            )
        writer.writerow(row)
    return out.getvalue()


def _strict_rows(
    text: str, separator: str, file: str, line: int = 1
) -> Iterator[tuple[int, list[str]]]:
    source = io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=separator, strict=True)
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


def _without_blank_lines(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    if "\n\n" not in text and "\r\n\r\n" not in text:
        return frame
    return frame.filter(~pl.all_horizontal(pl.all().is_null()))
