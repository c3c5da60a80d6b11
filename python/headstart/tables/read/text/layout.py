"""The layout of delimited text: header, separator, decimal mark and lines to skip."""

import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from headstart.exceptions import ColumnError, HeadstartWarning, TableError
from headstart.tables.read.reading import NA_VALUES, Reading
from headstart.tables.read.text.second_header import find_second_header

__all__ = ["HEAD_BYTES", "Layout", "find_layout", "to_tabs", "unique_names"]

HEAD_BYTES = 1 << 16
"""Bytes of text from which the layout is inferred."""

_SEPARATORS = (",", ";", "\t", "|")
# Where none of these separates: of mainframes, Hive and others, in each line alike.
_RARE_SEPARATORS = ("~", "^", "\x01")
_SAMPLE_LINES = 50
_BLANKS = re.compile(r"[ \t]+")
_NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d+)*|[.,]\d+)([eE][-+]?\d+)?\s*")
_SEP_LINE = re.compile(r"\s*sep=(.)\s*", re.IGNORECASE)
# Share of lines with the same number of words, where blanks separate fields.
_REGULAR = 0.95


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a delimited file.

    Parameters
    ----------
    names : tuple of str
        One per column.
    separator : str
    n_lines : int
        Lines before the first row.
    encoding : str
        Of the bytes, as Python names it.
    na_values : tuple of str
    decimal, thousands : str or None
        As declared, or inferred from all rows.
    is_spaced : bool
        Whether runs of blanks separate the fields.
    skips_blanks : bool
        Whether blanks after a separator do not belong to the field.
    texts : tuple of str
        Columns of digits that are codes.
    grouped : tuple of str
        Columns of numbers with marks between thousands, or blanks around them.
    """

    names: tuple[str, ...]
    separator: str
    n_lines: int = 1
    encoding: str = "utf-8"
    na_values: tuple[str, ...] = NA_VALUES
    decimal: str | None = None
    thousands: str | None = None
    is_spaced: bool = False
    skips_blanks: bool = False
    texts: tuple[str, ...] = ()
    grouped: tuple[str, ...] = ()

    def reading(self, declared: Reading) -> Reading:
        """Return the options for another file of the same source."""
        separator = " " if self.is_spaced else self.separator
        has_thousands = self.grouped and self.thousands
        return replace(
            declared,
            separator=separator,
            decimal=self.decimal,
            thousands=self.thousands if has_thousands else declared.thousands,
        )


def find_layout(head: str, file: str, declared: Reading, *, encoding: str) -> Layout:
    """Return the layout of a file, inferred from its first lines.

    Comments (``#``), titles above the header and Excel's ``sep=;`` are skipped.

    Parameters
    ----------
    head : str
        Whole lines.
    file : str
        Its name, for messages.
    declared : Reading
        Options that the user declared.
    encoding : str

    Raises
    ------
    TableError
        If there is no header.
    ColumnError
        If two columns have the same name.
    """
    _check_is_table(head, file)
    lines = list(io.StringIO(head, newline=""))
    start = declared.skip_rows or 0
    if start >= len(lines):
        raise TableError(
            f"The file {file} has no line after the first {start:,}, which "
            "skip_rows leaves out."
        )
    while start < len(lines) - 1 and not lines[start].strip():
        start += 1
    separator = declared.separator
    sep_line = _SEP_LINE.fullmatch(lines[start])
    if sep_line and start + 1 < len(lines):
        separator = separator or sep_line[1]
        start += 1
    if declared.skip_rows is None:
        start = _after_comments(lines, start)
    is_spaced = separator == " "
    if separator is None:
        separator = _find_separator("".join(lines[start : start + _SAMPLE_LINES]))
        is_spaced = separator is None and _is_spaced(lines[start:])
        if separator is None and not is_spaced:
            separator = _find_rare_separator(lines[start : start + _SAMPLE_LINES])
        separator = separator or ","
    if is_spaced:
        lines = [*lines[:start], *map(to_tabs, lines[start:])]
        separator = "\t"
    if declared.skip_rows is None and not is_spaced:
        start = _after_titles(lines, start, separator, file)
    rows = csv.reader(
        lines[start:], delimiter=separator, skipinitialspace=_pads(lines, separator)
    )
    try:
        header = next(row for row in rows if row)
        n_lines = start + rows.line_num
        following = [row for _, row in zip(range(_SAMPLE_LINES), rows, strict=False)]
    except (csv.Error, StopIteration) as error:
        if not isinstance(error, StopIteration):
            header = next(csv.reader([lines[start]], delimiter=separator))
            n_lines, following = start + 1, []
        else:
            raise TableError(f"The header of {file} cannot be read: {error}") from error
    following = [row for row in following if row]
    header = _without_trailing(header, following)
    has_header = declared.header
    if has_header is None:
        has_header = not _is_data(header, following)
        if not has_header:
            warnings.warn(
                f"The first line of {file} has values, not names: columns are called "
                "column_1, column_2, ... hint: header=True if they are names.",
                HeadstartWarning,
                stacklevel=7,
            )
    if has_header:
        names, n_lines = _names(
            header, following, lines, start, n_lines, separator, file
        )
    else:
        names = [f"column_{i}" for i in range(1, len(header) + 1)]
        n_lines = start
    return Layout(
        tuple(names),
        separator,
        n_lines,
        encoding,
        NA_VALUES if declared.na_values is None else declared.na_values,
        declared.decimal,
        declared.thousands,
        is_spaced,
        _pads(lines[start:], separator) or _follows_blanks(header, following),
    )


def _check_is_table(head: str, file: str) -> None:
    """Raise TableError where the first lines are of no delimited text."""
    start = head[:200].strip().lower()
    if not start and not head.strip():
        raise TableError(
            f"The file {file} is empty. Expected a header line and rows below it."
        )
    if start.startswith(("<!doctype html", "<html", "<?xml")):
        raise TableError(
            f"The file {file} is a web page or XML, not a table. hint: it may be a "
            "login or error page; save the data as CSV."
        )
    if start.startswith(("[{", '{"')):
        raise TableError(
            f"The file {file} is JSON, not delimited text. hint: name it .jsonl if "
            "it has an object on each line, or read it with pandas.read_json."
        )


def _without_trailing(fields: list[str], following: list[list[str]]) -> list[str]:
    """Return a header without blank names at its end for which no row has a field."""
    longest = max(map(len, following), default=len(fields))
    while len(fields) > longest and not fields[-1].strip():
        fields = fields[:-1]
    return fields


def to_tabs(line: str) -> str:
    """Return a line of words separated by single tabs."""
    ending = "\n" if line.endswith("\n") else ""
    return _BLANKS.sub("\t", line.strip()) + ending


def _names(
    fields: list[str],
    following: list[list[str]],
    lines: list[str],
    start: int,
    n_lines: int,
    separator: str,
    file: str,
) -> tuple[list[str], int]:
    widths = Counter(len(row) for row in following)
    usual = widths.most_common(1)[0][0] if widths else len(fields)
    # R writes row names in a column without a header.
    if usual == len(fields) + 1 and not all(
        row[-1].strip() == "" for row in following if len(row) == usual
    ):
        fields = ["", *fields]
    elif fields and fields[0].startswith("#") and len(fields) > 1:
        fields = [fields[0].lstrip("# "), *fields[1:]]
    second = find_second_header("".join(lines[start:]), separator)
    if second is not None:
        warnings.warn(
            f"The file {file} has two header rows; names were joined, such as "
            f"{second.example[:80]!r}.",
            HeadstartWarning,
            stacklevel=8,
        )
        return unique_names(second.names, file), start + second.n_lines
    named = [f.strip() or f"column_{i}" for i, f in enumerate(fields, start=1)]
    return unique_names(named, file), n_lines


def unique_names(names: list[str], file: str) -> list[str]:
    """Return the names of columns; raise ColumnError if two are equal."""
    duplicates = [name for name, n in Counter(names).items() if n > 1]
    if duplicates:
        shown = ", ".join(repr(name) for name in duplicates[:10])
        raise ColumnError(
            f"Column names must differ. The header of {file} has more than one column "
            f"named {shown}. hint: rename or remove the others."
        )
    return names


def _after_comments(lines: Sequence[str], start: int) -> int:
    """Return the index of the first line after comments, or of a commented header."""
    line = start
    while line < len(lines) and lines[line].lstrip().startswith("#"):
        line += 1
    while line < len(lines) and not lines[line].strip():
        line += 1
    if line in (start, len(lines)):
        return start
    last_comment = lines[line - 1]
    for separator in _SEPARATORS:
        n_fields = last_comment.count(separator)
        if n_fields and n_fields == lines[line].count(separator):
            return line - 1
    return line


def _after_titles(lines: list[str], start: int, separator: str, file: str) -> int:
    """Return the header's index: the first line with as many fields as most rows."""
    sample = lines[start : start + _SAMPLE_LINES]
    widths = [_width(line, separator) for line in sample]
    counted = Counter(w for w in widths[1:] if w > 0)
    if not counted:
        return start
    usual, n = counted.most_common(1)[0]
    if usual < 2 or 2 * n < sum(counted.values()):
        return start
    n_titles = 0
    while n_titles < len(widths) - 1:
        fields = sample[n_titles].rstrip("\r\n").split(separator)
        n_filled = sum(bool(f.strip()) for f in fields)
        # A title has one field, or one that is not empty: "Report 2021,,,".
        is_title = widths[n_titles] < usual - 1 and widths[n_titles] <= 1
        is_title |= (
            usual > 2
            and n_filled <= 1
            and widths[n_titles] == usual
            # A header may have one name: ",,price", with two columns of an index.
            and (
                bool(fields[0].strip()) or _precedes_names(sample[n_titles:], separator)
            )
        )
        if '"' in sample[n_titles] or not is_title:
            break
        n_titles += 1
    if n_titles == 0 or n_titles == len(widths) - 1:
        return start
    warnings.warn(
        f"The first {start + n_titles} lines of {file} are not part of the table, and "
        "are left out.",
        HeadstartWarning,
        stacklevel=8,
    )
    return start + n_titles


def _precedes_names(lines: Sequence[str], separator: str) -> bool:
    """Return whether the next line with several fields has names and no numbers."""
    for line in lines:
        fields = [f.strip() for f in line.rstrip("\r\n").split(separator)]
        if sum(map(bool, fields)) > 1:
            return all(fields) and not any(map(_NUMBER.fullmatch, fields))
    return False


def _width(line: str, separator: str) -> int:
    """Return the number of fields of a line, 0 for a blank line."""
    if not line.strip():
        return 0
    try:
        return len(next(csv.reader([line], delimiter=separator)))
    except (csv.Error, StopIteration):
        return 0


def _pads(lines: Sequence[str], separator: str) -> bool:
    """Return whether a blank follows a separator before a quote."""
    if separator == "\t":
        return False
    pattern = f'{separator} "'
    return any(pattern in line for line in lines[:_SAMPLE_LINES])


def _follows_blanks(fields: list[str], following: list[list[str]]) -> bool:
    """Return whether a blank follows each separator: ``x, y``."""
    rows = [row for row in (fields, *following[:10]) if len(row) > 1]
    cells = [cell for row in rows for cell in row[1:]]
    return len(rows) > 1 and all(cell[:1] == " " for cell in cells)


def _find_separator(sample: str) -> str | None:
    """Return the separator that splits most lines into equally many fields, over 1."""
    best, best_key = None, (0.0, 0)
    for separator in _SEPARATORS:
        widths = [len(fields) for fields in _lenient_rows(sample, separator) if fields]
        width, n_lines = Counter(widths).most_common(1)[0] if widths else (1, 0)
        key = (n_lines / max(1, len(widths)), width)
        if width > 1 and key > best_key:
            best, best_key = separator, key
    return best


def _find_rare_separator(lines: Sequence[str]) -> str | None:
    """Return a rare separator that every line holds equally often."""
    for separator in _RARE_SEPARATORS:
        counts = {line.count(separator) for line in lines if line.strip()}
        if len(counts) == 1 and counts != {0} and len(lines) > 1:
            return separator
    return None


def _lenient_rows(sample: str, separator: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(sample), delimiter=separator))
    except csv.Error:
        return []


def _is_spaced(lines: Sequence[str]) -> bool:
    """Return whether blanks separate equally many fields per line, mostly numbers."""
    rows = [line.split() for line in lines[:_SAMPLE_LINES] if line.strip()]
    if len(rows) < 3 or any('"' in line for line in lines[:_SAMPLE_LINES]):
        return False
    header, *data = rows
    width, n = Counter(map(len, data)).most_common(1)[0]
    if width < 2 or n < _REGULAR * len(data) or len(header) not in (width, width - 1):
        return False
    cells = [cell for row in data if len(row) == width for cell in row]
    n_numbers = sum(bool(_NUMBER.fullmatch(cell)) for cell in cells)
    return 2 * n_numbers >= len(cells)


def _is_data(fields: list[str], following: list[list[str]]) -> bool:
    """Return whether the first row is data: it has decimals, or one number twice."""
    if not following:
        return False
    numbers = [f.strip() for f in fields if _NUMBER.fullmatch(f)]
    if any("." in n or n.startswith("-") for n in numbers):
        return True
    is_all = len(numbers) == len(fields) and len(fields) > 1
    return is_all and len(set(numbers)) < len(numbers)
