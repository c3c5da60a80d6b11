"""Delimited text (CSV): encoding, separator, header, and errors that name the line."""

import codecs
import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import polars as pl

from headstart.exceptions import ColumnError, HeadstartWarning, TableError
from headstart.tables.second_header import find_second_header

__all__ = ["read_delimited"]

_SEPARATORS = (",", ";", "\t", "|")
_NULLS = ["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "?"]
_SAMPLE_LINES = 50
_INFERENCE_ROWS = 10_000
_DECIMAL_COMMA = re.compile(r"(^|;)\s*-?\d+,\d+\s*(;|$)", re.MULTILINE)
_DECIMAL_POINT = re.compile(r"(^|;)\s*-?\d+\.\d+\s*(;|$)", re.MULTILINE)


def read_delimited(data: bytes, file: str) -> pl.DataFrame:
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

    Raises
    ------
    TableError
        If it is empty, no text, or a line has more or fewer fields than the header.
    ColumnError
        If two columns have one name.
    """
    text = _decode(data, file)
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
            stacklevel=4,
        )
    decimal_comma = (
        separator == ";"
        and _DECIMAL_COMMA.search(sample) is not None
        and _DECIMAL_POINT.search(sample) is None
    )
    try:
        frame = _parse(text, separator, names, decimal_comma=decimal_comma)
    except pl.exceptions.PolarsError:
        # Quotes in odd places, or a wrong number of fields: the slow reader says
        # which, and makes regular text of the first.
        rewritten = _rewrite(text, separator, len(names), file)
        try:
            frame = _parse(rewritten, separator, names, decimal_comma=decimal_comma)
        except pl.exceptions.PolarsError as error:
            raise TableError(f"The file {file} cannot be read: {error}") from error
    if len(names) > 1:
        frame = _without_blank_lines(frame, text)
        # The fast reader fills rows that are too short with missing values.
        if (frame.height and frame[-1, -1] is None) or frame[names[-1]].null_count():
            _rewrite(text, separator, len(names), file)
    return frame


def _decode(data: bytes, file: str) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        text = _decode_western(data)
        warnings.warn(
            f"The file {file} is not UTF-8 (line {line}); it was read as Windows-1252 "
            "(Western European). hint: save it as UTF-8 if letters come out wrong.",
            HeadstartWarning,
            stacklevel=5,
        )
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


def _parse(
    text: str, separator: str, names: list[str], *, decimal_comma: bool
) -> pl.DataFrame:
    data = text.encode()
    for n_rows in (_INFERENCE_ROWS, None):
        try:
            return pl.read_csv(
                io.BytesIO(data),
                separator=separator,
                new_columns=names,
                null_values=_NULLS,
                infer_schema_length=n_rows,
                decimal_comma=decimal_comma,
            )
        except pl.exceptions.PolarsError:
            # A value far down was not of the type the first rows had.
            if n_rows is None or text.count("\n") < n_rows:
                raise
    raise AssertionError  # The loop returns or raises.


def _rewrite(text: str, separator: str, n_fields: int, file: str) -> str:
    """Check every row, and return the text with regular quotes."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator)
    for line, row in _strict_rows(text, separator, file):
        if not row:
            continue
        if len(row) != n_fields:
            raise TableError(
                f"Line {line} of {file} has {len(row)} fields. Expected {n_fields}, as "
                "in the header. hint: correct the line, or put quotes around a field "
                f"that holds {separator!r}."
            )
        writer.writerow(row)
    return out.getvalue()


def _strict_rows(
    text: str, separator: str, file: str
) -> Iterator[tuple[int, list[str]]]:
    source = io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=separator, strict=True)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise TableError(
            f"Line {line} of {file} is malformed: {error}. hint: look for a quote that "
            "is not closed."
        ) from error


def _without_blank_lines(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    if "\n\n" not in text and "\r\n\r\n" not in text:
        return frame
    return frame.filter(~pl.all_horizontal(pl.all().is_null()))
