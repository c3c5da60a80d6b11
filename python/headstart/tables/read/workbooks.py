"""Tables from the sheets of workbooks, of Excel and others."""

import datetime as dt
import io
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

import polars as pl

from headstart.exceptions import HeadstartWarning, TableError
from headstart.tables.read.from_objects import from_objects
from headstart.tables.read.reading import NA_VALUES, Reading
from headstart.tables.read.text.layout import unique_names
from headstart.tables.read.totals import n_total_rows, warn_of_totals

__all__ = ["WORKBOOKS", "read_workbook"]

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
"""Endings of workbooks."""

_SAMPLE_ROWS = 50
# Day 0 of Excel's calendar for dates after February 1900, and its last day, 9999-12-31.
_EPOCH = dt.datetime(1899, 12, 30)
_LAST_DAY = 2_958_466
# Above this a float may not be the whole number that was written.
_EXACT = 2**53

_Rows = list[list[Any]]


def read_workbook(
    data: bytes, file: str, reading: Reading, *, has_totals: bool = True
) -> pl.DataFrame:
    """Read a sheet of a workbook; without a name the first one that holds a table.

    Titles above the header, blank rows and columns without any value are left out.
    Excel's error values and the usual words for missing are missing. Cells keep their
    types: numbers, text, booleans, dates, times of day; numbers among dates are Excel's
    numbers of days.

    Parameters
    ----------
    data : bytes
        What the file holds.
    file : str
        Its name, for messages.
    reading : Reading
        Options that the user declared: `header`, `skip_rows`, `na_values`, `sheet`.
    has_totals : bool
        Whether rows of totals at the end are left out, with a warning.

    Raises
    ------
    TableError
        If python-calamine is not installed, the file is damaged or encrypted, or no
        sheet has data.
    ColumnError
        If two columns have one name.
    """
    name, rows = _choose_sheet(_open(data, file), file, reading)
    place = f"sheet {name!r} of {file}"
    start = reading.skip_rows or 0
    rows = [row for row in rows[start:] if any(cell is not None for cell in row)]
    if not rows:
        raise TableError(f"The {place} has no rows after the first {start:,}.")
    if reading.skip_rows is None:
        rows = rows[_n_titles(rows, place) :]
    rows = _without_empty_columns(rows)
    has_header = reading.header
    if has_header is None:
        has_header = not _is_data(rows[0])
        if not has_header:
            warnings.warn(
                f"The first row of {place} holds values, not names: columns are called "
                "column_1, column_2, ... hint: header=True if they are names.",
                HeadstartWarning,
                stacklevel=6,
            )
    if has_header:
        header, *rows = rows
    else:
        header = [None] * len(rows[0])
    names = unique_names(
        [_name(cell) or f"column_{i}" for i, cell in enumerate(header, start=1)], place
    )
    missing = NA_VALUES if reading.na_values is None else reading.na_values
    rows = [[None if _is_in(cell, missing) else cell for cell in row] for row in rows]
    if has_totals:
        firsts = [next((c for c in row if c is not None), None) for row in rows]
        n_totals = n_total_rows(firsts)
        if n_totals:
            warn_of_totals(n_totals, place, firsts[-1], stacklevel=6)
            rows = rows[: len(rows) - n_totals]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pl.DataFrame(
        {name: _column(name, cells) for name, cells in zip(names, columns, strict=True)}
    )


def _open(data: bytes, file: str) -> Any:
    try:
        # It keeps the type of each cell, which a reader of whole columns loses where a
        # title stands above the table.
        import python_calamine
    except ImportError as error:
        raise TableError(
            f"The workbook {file} cannot be read: the package 'python-calamine' is not "
            "installed. hint: pip install 'headstart[excel]', or save the sheet as CSV."
        ) from error
    try:
        return python_calamine.load_workbook(io.BytesIO(data))
    except python_calamine.PasswordError as error:
        raise TableError(
            f"The workbook {file} is encrypted. hint: save it without a password."
        ) from error
    except python_calamine.CalamineError as error:
        raise TableError(f"The file {file} is not a whole workbook: {error}") from error


def _choose_sheet(workbook: Any, file: str, reading: Reading) -> tuple[str, _Rows]:
    """Return the name and the rows of the sheet that is read."""
    names = list(workbook.sheet_names)
    if reading.sheet is not None:
        if reading.sheet not in names:
            shown = ", ".join(map(repr, names[:10]))
            raise TableError(
                f"The workbook {file} has no sheet {reading.sheet!r}. It has {shown}."
            )
        return reading.sheet, _rows_of(workbook, reading.sheet, file)
    visible = [s.name for s in workbook.sheets_metadata if _is_visible(s)]
    filled: dict[str, _Rows] = {}
    # Hidden sheets count where the others are empty.
    for name in [*visible, *(n for n in names if n not in visible)]:
        if filled and name not in visible:
            break
        rows = _rows_of(workbook, name, file)
        if any(cell is not None for row in rows for cell in row):
            filled[name] = rows
    if not filled:
        raise TableError(f"The workbook {file} is empty: no sheet has data.")
    # Notes and covers stand before the data in many workbooks.
    tables = {name: rows for name, rows in filled.items() if _is_table(rows)} or filled
    chosen = next(iter(tables))
    if len(filled) > 1:
        others = [name for name in filled if name != chosen]
        warnings.warn(
            f"The workbook {file} has {len(filled)} sheets with data: {chosen!r} is "
            f"read, not {', '.join(map(repr, others))}. hint: sheet={others[0]!r} "
            "reads another one.",
            HeadstartWarning,
            stacklevel=7,
        )
    return chosen, filled[chosen]


def _is_visible(sheet: Any) -> bool:
    import python_calamine

    return bool(sheet.visible == python_calamine.SheetVisibleEnum.Visible)


def _rows_of(workbook: Any, name: str, file: str) -> _Rows:
    """Return all rows of a sheet from its first one, None where a cell is empty."""
    import python_calamine

    try:
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except python_calamine.CalamineError as error:
        raise TableError(
            f"The sheet {name!r} of {file} cannot be read: {error}"
        ) from error
    return [[None if cell == "" else cell for cell in row] for row in rows]


def _is_table(rows: _Rows) -> bool:
    """Return whether at least two rows have more than one cell."""
    widths = (sum(cell is not None for cell in row) for row in rows)
    return sum(width > 1 for width in widths) > 1


def _n_titles(rows: _Rows, place: str) -> int:
    """Return how many rows above the header have one cell, in a table of three."""
    widths = [sum(c is not None for c in row) for row in rows[:_SAMPLE_ROWS]]
    usual = Counter(widths[1:]).most_common(1)[0][0] if len(widths) > 1 else 0
    n = 0
    while usual > 2 and n < len(widths) - 1 and widths[n] <= 1:
        n += 1
    if n == len(widths) - 1:
        return 0
    if n:
        warnings.warn(
            f"The first {n} filled rows of {place} are not part of the table, and are "
            "left out.",
            HeadstartWarning,
            stacklevel=7,
        )
    return n


def _without_empty_columns(rows: _Rows) -> _Rows:
    kept = [any(c is not None for c in column) for column in zip(*rows, strict=True)]
    return [[c for c, keep in zip(row, kept, strict=True) if keep] for row in rows]


def _is_data(row: Sequence[Any]) -> bool:
    """Return whether a first row is no header: it has a fraction, or is no text."""
    cells = [cell for cell in row if cell is not None]
    if any(isinstance(c, bool) or (isinstance(c, float) and c % 1) for c in cells):
        return True
    numbers = [c for c in cells if isinstance(c, int | float)]
    # Years stand above columns, and no number twice.
    return len(numbers) == len(cells) > 1 and len(set(numbers)) < len(numbers)


def _name(cell: Any) -> str:
    """Return the name of a column: 2019 and not 2019.0."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _is_in(cell: Any, words: Sequence[str]) -> bool:
    return isinstance(cell, str) and (not cell.strip() or cell.strip() in words)


def _column(name: str, cells: Sequence[Any]) -> pl.Series:
    types = {type(cell) for cell in cells if cell is not None}
    numbers = types & {int, float}
    if numbers and numbers == types:
        is_whole = all(c is None or (c % 1 == 0 and abs(c) < _EXACT) for c in cells)
        dtype = pl.Int64 if is_whole else pl.Float64
        return pl.Series(name, cells, dtype=dtype, strict=False)
    if numbers and types - numbers <= {dt.date, dt.datetime} and _are_dates(cells):
        cells = [_of_serial(c) if isinstance(c, int | float) else c for c in cells]
    if types == {dt.time, dt.timedelta}:
        # Hours from 24 on are durations, those below are durations as well.
        cells = [_since_midnight(c) if isinstance(c, dt.time) else c for c in cells]
    return from_objects(name, cells)


def _are_dates(cells: Sequence[Any]) -> bool:
    """Return whether half of the cells are dates, and the numbers may be days."""
    values = [cell for cell in cells if cell is not None]
    numbers = [c for c in values if isinstance(c, int | float)]
    return 2 * len(numbers) <= len(values) and all(
        0 < number < _LAST_DAY for number in numbers
    )


def _of_serial(number: float) -> dt.datetime:
    return _EPOCH + dt.timedelta(seconds=round(number * 86_400))


def _since_midnight(time: dt.time) -> dt.timedelta:
    return dt.datetime.combine(dt.date.min, time) - dt.datetime.min
