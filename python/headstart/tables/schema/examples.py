"""Examples of a column's values, as written and as read."""

import polars as pl

from headstart.tables.kinds.dates import read_clock
from headstart.tables.kinds.inference import ColumnKind
from headstart.tables.schema.columns import Column, apply_column

__all__ = ["examples_of"]

_N_EXAMPLES = 2
_ROWS = 1_000
_LONGEST = 40


def examples_of(series: pl.Series, column: Column) -> tuple[tuple[str, str], ...]:
    """Return up to two different values of a column, as written and as read.

    Examples
    --------
    >>> from headstart.tables import Schema
    >>> table = pl.DataFrame({"since": ["05-Jan-15", "17-Mar-16"] * 20})
    >>> examples_of(table["since"], Schema.learn(table).columns[0])
    (('05-Jan-15', '2015-01-05'), ('17-Mar-16', '2016-03-17'))
    """
    values = series.head(_ROWS).drop_nulls()
    if not values.dtype.is_nested():
        values = values.unique(maintain_order=True)
    values = values.head(_N_EXAMPLES)
    if column.kind is ColumnKind.DATETIME:
        clock, _ = read_clock(values, column.formats, column.zone, column=column.name)
        read = [_moment(moment) for moment in clock.to_list()]
    else:
        parts, _ = apply_column(values, column)
        first = [_plain(value) for value in parts[0].to_list()]
        unit = parts[1].to_list() if "unit" in column.parts else [""] * len(first)
        read = [f"{a} {b or ''}".strip() for a, b in zip(first, unit, strict=True)]
    written = [str(value)[:_LONGEST] for value in values.to_list()]
    return tuple(zip(written, read, strict=True))


def _moment(moment: object) -> str:
    return "missing" if moment is None else str(moment).removesuffix(" 00:00:00")


def _plain(value: object) -> str:
    if value is None:
        return "missing"
    return f"{value:.10g}" if isinstance(value, float) else str(value)[:_LONGEST]
