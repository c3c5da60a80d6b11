"""Delimited text (CSV): parse rows by a layout; errors name the line."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from headstart import _core
from headstart.exceptions import TableError
from headstart.tables.read.reading import ANY_READING, Reading
from headstart.tables.read.text.layout import HEAD_BYTES, Layout, find_layout, to_tabs
from headstart.tables.read.text.odd_quotes import regular, text_stream
from headstart.tables.read.totals import n_total_rows, warn_of_totals

__all__ = [
    "head_of",
    "parse_rows",
    "read_delimited",
]

_INFERENCE_ROWS = 10_000
# Below this size, one pass over all columns is enough.
_SMALL_BYTES = 1 << 20
# Columns of grouped digits are read as text, a quarter of them at a time: text takes a
# multiple of what the numbers take.
_GROUPED_PASSES = 4
_TRAILING = "\0beyond"

# Flags of a column from the compiled scanner (`headstart-core`, parse/delimited.rs).
_LEADING_ZERO, _POINT, _COMMA, _OPEN_POINT, _OPEN_COMMA = 1, 2, 4, 8, 16
_GROUPED_POINT, _GROUPED_COMMA, _LONG, _TEXT, _EXPONENT, _BLANKS = (
    32, 64, 128, 256, 512, 1024,
)  # fmt: skip
_POINTS = _OPEN_POINT | _GROUPED_POINT
_COMMAS = _OPEN_COMMA | _GROUPED_COMMA


@dataclass(frozen=True, slots=True)
class _Scan:
    n_records: int
    blank: list[int]
    wrong: tuple[int, int] | None
    n_trailing: int
    flags: list[int]
    has_odd_quote: bool


def read_delimited(
    data: bytes,
    file: str,
    texts: Sequence[str] = (),
    reading: Reading = ANY_READING,
    *,
    encoding: str = "utf-8",
    has_totals: bool = True,
) -> tuple[pl.DataFrame, Layout]:
    """Return the table in delimited text, and the layout of the text.

    Empty fields and the usual words for missing (``NA``, ``NaN``, ``null``, ``?``) are
    missing. A column without a name is called by its position, such as ``column_3``.
    If a second header row names such columns, both names are joined:
    ``Films seen: Alien``. Rows of totals at the end are left out, with a warning.

    Parameters
    ----------
    data : bytes
        The file's decompressed content, as `to_utf8` returns it.
    file : str
        Its name, for messages.
    texts : sequence of str
        Columns that are read as text, whatever their values look like.
    reading : Reading
        Options that the user declared.
    encoding : str
        What the text was encoded in.
    has_totals : bool
        Whether rows of totals at the end are left out.

    Raises
    ------
    TableError
        If the file is empty, or a line has more or fewer fields than the header.
    ColumnError
        If two columns have the same name.
    """
    layout = find_layout(head_of(data), file, reading, encoding=encoding)
    frame, layout = parse_rows(data, file, layout, texts=texts, is_first=True)
    return (_without_totals(frame, file) if has_totals else frame), layout


def head_of(data: bytes) -> str:
    """Return the whole lines among the first bytes of text."""
    head = data[:HEAD_BYTES]
    if len(head) < len(data):
        head = head[: head.rfind(b"\n") + 1] or head
    return head.decode("utf-8", errors="replace")


def parse_rows(
    data: bytes,
    file: str,
    layout: Layout,
    *,
    line: int = 1,
    texts: Sequence[str] = (),
    is_first: bool = False,
) -> tuple[pl.DataFrame, Layout]:
    """Return the table in whole lines of a file, and the layout that they were read by.

    Parameters
    ----------
    data : bytes
        In UTF-8.
    file : str
        Its name, for messages.
    layout : Layout
    line : int
        Number of the first line in the file, from 1.
    texts : sequence of str
        Columns that are read as text, whatever their values look like.
    is_first : bool
        Whether these are the first lines of the file: the decimal mark and the columns
        of codes are inferred from them.

    Raises
    ------
    TableError
        If a line has more or fewer fields than the header, or a quote is not closed.
    """
    start = _behind_lines(data, layout.n_lines) if is_first else 0
    line += layout.n_lines if is_first else 0
    if layout.is_spaced:
        data = _spaced_to_tabs(data[start:])
        start = 0
    scan = _scan(data, start, layout)
    n_columns = len(layout.names)
    all_trail = scan.n_trailing and scan.n_trailing == scan.n_records - len(scan.blank)
    if (
        scan.wrong is not None
        or scan.has_odd_quote
        or (scan.n_trailing and not all_trail)
    ):
        # Quotes in odd places, or a wrong number of fields. The slow reader regularises
        # the former, and raises an error that names the line of the latter.
        data, start, all_trail = regular(data, start, layout, file, line), 0, 0
        scan = _scan(data, 0, layout)
    if is_first:
        layout = _with_numbers(layout, scan, texts)
    names = [*layout.names, *([_TRAILING] if all_trail else [])]
    try:
        frame = _parse(data, start, layout, names, texts)
    except pl.exceptions.PolarsError:
        # The fast reader fails at a lone quote within a field.
        data, all_trail = regular(data, start, layout, file, line), 0
        scan = _scan(data, 0, layout)
        try:
            frame = _parse(data, 0, layout, list(layout.names), texts)
        except pl.exceptions.PolarsError as error:
            raise TableError(f"The file {file} cannot be read: {error}") from error
    if all_trail:
        frame = frame.drop(_TRAILING)
    if scan.blank and n_columns > 1 and frame.height == scan.n_records:
        is_kept = pl.Series([True]).extend_constant(value=True, n=frame.height - 1)
        is_kept[scan.blank] = False
        frame = frame.filter(is_kept)
    return frame, layout


def _behind_lines(data: bytes, n_lines: int) -> int:
    start = 0
    for _ in range(n_lines):
        end = data.find(b"\n", start)
        if end < 0:
            return len(data)
        start = end + 1
    return start


def _spaced_to_tabs(data: bytes) -> bytes:
    out = io.BytesIO()
    for line in text_stream(data, newline="\n"):
        out.write(to_tabs(line).encode())
    return out.getvalue()


def _scan(data: bytes, start: int, layout: Layout) -> _Scan:
    return _Scan(
        *_core.scan_delimited(data, start, layout.separator, len(layout.names))
    )


def _with_numbers(layout: Layout, scan: _Scan, texts: Sequence[str]) -> Layout:
    """Return the layout with its decimal mark, columns of codes and grouped digits."""
    flags = dict(zip(layout.names, scan.flags, strict=True))
    codes = [
        name
        for name, bits in flags.items()
        if bits & (_LEADING_ZERO | _EXPONENT)
        and not bits & (_POINT | _COMMA | _TEXT)
        # 1e5 beside 20 may be a number, 1E5 beside 2E3 are codes.
        and (bits & _LEADING_ZERO or not bits & (_LONG | _POINTS | _COMMAS))
    ]
    plain = {n: f for n, f in flags.items() if n not in codes and not f & _TEXT}
    decimal = layout.decimal or _decimal_mark(layout, list(plain.values()))
    if layout.thousands is not None:
        mark = layout.thousands
    else:
        mark = "." if decimal == "," else ","
        if not _groups(plain, mark):
            mark = ""
    in_favour, against = (_POINTS, _POINT) if mark == "." else (_COMMAS, _COMMA)
    grouped = tuple(
        name
        for name, bits in plain.items()
        if name not in texts
        and (bits & _BLANKS or (mark and bits & in_favour and not bits & against))
    )
    if mark and mark not in ".,":
        # The scanner takes apostrophes and blanks for text.
        grouped = tuple(n for n in flags if n not in texts and n not in codes)
    return replace(
        layout, decimal=decimal, thousands=mark, texts=tuple(codes), grouped=grouped
    )


def _decimal_mark(layout: Layout, flags: list[int]) -> str:
    """Return the decimal mark that more columns prove."""
    if layout.separator == ",":
        return "."  # Numbers with decimal commas are text here; the schema reads them.
    n_points = sum(bool(f & (_POINT | _GROUPED_COMMA)) for f in flags)
    n_commas = sum(bool(f & (_COMMA | _GROUPED_POINT)) for f in flags)
    if n_commas > n_points:
        return ","
    return "."


def _groups(flags: dict[str, int], mark: str) -> bool:
    """Return whether the mark separates thousands in at least one column."""
    opens, groups = (
        (_OPEN_POINT, _GROUPED_POINT) if mark == "." else (_OPEN_COMMA, _GROUPED_COMMA)
    )
    return any(f & (opens | groups) for f in flags.values())


def _parse(
    data: bytes, start: int, layout: Layout, names: list[str], texts: Sequence[str]
) -> pl.DataFrame:
    """Return the columns; those of grouped or padded digits as numbers."""
    if start >= len(data):
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    as_text = {*texts, *layout.texts, *layout.grouped}
    grouped = [n for n in names if n in layout.grouped and n not in texts]
    if len(data) < _SMALL_BYTES or len(grouped) < _GROUPED_PASSES:
        frame = _parse_columns(data, start, layout, names, names, as_text)
        return _ungrouped(frame, layout, texts)
    passes = [grouped[k::_GROUPED_PASSES] for k in range(_GROUPED_PASSES)]
    if len(grouped) < len(names):
        passes.append([n for n in names if n not in grouped])
    frames = [
        _ungrouped(
            _parse_columns(data, start, layout, names, wanted, as_text), layout, texts
        )
        for wanted in passes
    ]
    return pl.concat(frames, how="horizontal").select(names)


def _parse_columns(
    data: bytes,
    start: int,
    layout: Layout,
    names: list[str],
    wanted: list[str],
    texts: set[str],
) -> pl.DataFrame:
    """Return some of the columns, of which `texts` are read as text."""
    skipped = data.count(b"\n", 0, start)
    overrides = {name: pl.String for name in names if name in texts}
    for n_rows in (_INFERENCE_ROWS, None, 0):
        table = pl.scan_csv(
            data,
            separator=layout.separator,
            has_header=False,
            skip_lines=skipped,
            new_columns=names,
            schema_overrides=overrides,
            null_values=list(layout.na_values),
            infer_schema_length=n_rows,
            decimal_comma=layout.decimal == "," and layout.separator != ",",
        )
        try:
            frame = table.select(wanted).collect()
        except pl.exceptions.PolarsError:
            # A later value does not have the type that the first rows suggest, or
            # polars takes for numbers what it cannot read as such.
            if n_rows == 0:
                raise
            continue
        return frame if n_rows != 0 else _with_types(frame, overrides)
    raise AssertionError  # The loop returns or raises.


def _with_types(frame: pl.DataFrame, overrides: Mapping[str, object]) -> pl.DataFrame:
    """Return columns of text as numbers where all their values are some."""
    for name in frame.columns:
        series = frame[name]
        for dtype in (pl.Int64, pl.Float64):
            numbers = series.cast(dtype, strict=False)
            if name not in overrides and numbers.null_count() == series.null_count():
                frame = frame.with_columns(numbers)
                break
    return frame


def _ungrouped(
    frame: pl.DataFrame, layout: Layout, texts: Sequence[str]
) -> pl.DataFrame:
    """Return the table with columns of grouped or padded digits as numbers."""
    if layout.skips_blanks:
        frame = frame.with_columns(pl.col(pl.String).str.strip_chars_start(" "))
    mark = layout.thousands or ""
    for series in frame.select(pl.col(pl.String)):
        name = series.name
        if name in texts or name not in layout.grouped:
            continue
        plain = series.str.strip_chars()
        if mark:
            plain = plain.str.replace_all(mark, "", literal=True)
        if mark == " ":
            plain = plain.str.replace_all("[\u00a0\u202f\u2009]", "")
        if layout.decimal == ",":
            plain = plain.str.replace(",", ".", literal=True)
        # 1,2 has no group of three digits: the mark has another meaning there.
        numbers = plain.cast(pl.Float64, strict=False)
        if numbers.null_count() > series.null_count():
            continue
        is_whole = not plain.str.contains(r"[.eE]").any()
        frame = frame.with_columns(
            (plain.cast(pl.Int64, strict=False) if is_whole else numbers).alias(name)
        )
    return frame


def _without_totals(frame: pl.DataFrame, file: str) -> pl.DataFrame:
    """Return the table without rows of totals at its end."""
    if not frame.width or frame.dtypes[0] != pl.String:
        return frame
    first = frame.to_series(0)
    n_totals = n_total_rows(first)
    if not n_totals:
        return frame
    warn_of_totals(n_totals, file, first[-1], stacklevel=6)
    return frame.head(frame.height - n_totals)
