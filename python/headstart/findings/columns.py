"""Findings on excluded columns, and on columns that are parsed from text."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from scipy.stats import spearmanr

from headstart.findings.finding import Finding, Severity
from headstart.findings.subject import Subject
from headstart.tables import ColumnKind
from headstart.tables.kinds.dates import in_format, is_no_date
from headstart.tables.kinds.levels import LEVEL_LIMIT
from headstart.tables.kinds.numbers import is_missing
from headstart.tables.schema.columns import Column

__all__ = ["find_column_traits"]

_EMPTY = 0.5
_MANY_LEVELS = 1_000
_LEAST_CORRELATION = 0.1
_SHOWN = 3
_SIGMAS = 5.0


def find_column_traits(subject: Subject) -> Iterator[Finding]:
    """Yield findings on excluded, mostly missing, and parsed columns."""
    for column in subject.schema.columns:
        name = column.name
        if column.kind is ColumnKind.CONSTANT:
            yield Finding(
                "constant", Severity.NOTE, (name,),
                f"Column {name!r} is not used: {column.reason}.",
            )  # fmt: skip
        elif column.kind is ColumnKind.IDENTIFIER:
            yield _identifier(subject, name, column.reason)
        elif column.kind is ColumnKind.NUMERIC and column.is_from_text:
            yield Finding(
                "numbers_in_text", Severity.NOTE, (name,),
                f"Column {name!r} is read as {column.reason}.",
                f"columns={{{name!r}: 'categorical'}} keeps the text.",
            )  # fmt: skip
        elif (
            column.kind is ColumnKind.CATEGORICAL and len(column.levels) > _MANY_LEVELS
        ):
            yield Finding(
                "many_levels", Severity.NOTE, (name,),
                f"Column {name!r} has {_n_levels(column)} distinct values.",
                f"The most frequent {LEVEL_LIMIT:,} are its levels; others, and new "
                "values, count as one more level.",
            )  # fmt: skip
        if column.is_ambiguous:
            yield _ambiguous(column)
        if column.kind.is_used and column.is_from_text:
            yield from _unread(subject, column)
        share = column.n_missing / max(1, subject.n_rows)
        if column.kind.is_used and share >= _EMPTY:
            yield Finding(
                "mostly_missing", Severity.NOTE, (name,),
                f"Column {name!r} is missing in {share:.0%} of the rows.",
                evidence={"share": round(share, 3)},
            )  # fmt: skip


def _ambiguous(column: Column) -> Finding:
    name = column.name
    form = column.formats[0]
    order = "dmy" if form.find("%d") < form.find("%m") else "mdy"
    other_order = "mdy" if order == "dmy" else "dmy"
    first = "day" if order == "dmy" else "month"
    return Finding(
        "day_or_month",
        Severity.WARNING,
        (name,),
        f"Column {name!r} is read with the {first} first, as {in_format(form)}; every "
        "value would also be a valid date in the other order.",
        f"columns={{{name!r}: 'datetime:{other_order}'}} reads the other order; "
        f"'datetime:{order}' confirms this one.",
    )


def _unread(subject: Subject, column: Column) -> Iterator[Finding]:
    """Yield a finding on text that is neither a value nor a word for missing."""
    series = subject.frame[column.name]
    if series.dtype != pl.String:
        return
    values = subject.table[column.features[0]]
    is_none = is_no_date if column.formats else is_missing
    bad = (values.is_null() & ~is_none(series)).arg_true()
    if not bad.len():
        return
    rows = bad.head(_SHOWN).to_list()
    shown = ", ".join(f"{series[row][:40]!r} (row {row})" for row in rows)
    more = f" and {bad.len() - _SHOWN:,} more" if bad.len() > _SHOWN else ""
    yield Finding(
        "not_read",
        Severity.WARNING,
        (column.name,),
        f"In column {column.name!r}, {bad.len():,} values are treated as "
        f"missing, because they do not have the format of the others: {shown}{more}.",
        "Correct them, or declare another kind for the column.",
        {"n_values": bad.len(), "rows": rows},
    )


def _n_levels(column: Column) -> str:
    n_levels = len(column.levels)
    return f"{n_levels:,}{' or more' if n_levels == LEVEL_LIMIT else ''}"


def _identifier(subject: Subject, name: str, reason: str) -> Finding:
    series = subject.frame[name]
    correlation = 0.0
    if series.dtype.is_numeric() and series.null_count() == 0:
        correlation = abs(float(spearmanr(series.to_numpy(), subject.y).statistic))
    if correlation >= max(_LEAST_CORRELATION, _SIGMAS / np.sqrt(subject.n_rows)):
        return Finding(
            "identifier_leaks",
            Severity.WARNING,
            (name,),
            f"Column {name!r} is not used, as an identifier ({reason}), but it "
            f"correlates with {subject.target!r} (rank correlation {correlation:.2f}): "
            "the numbers were assigned in an order that reveals the target.",
            "Find the cause before you trust a score; use Validation(time_column=...) "
            "if the order is time.",
            {"rank_correlation": round(correlation, 3)},
        )
    return Finding(
        "identifier",
        Severity.NOTE,
        (name,),
        f"Column {name!r} is not used, as an identifier: {reason}.",
        f"columns={{{name!r}: 'categorical'}} uses it anyway.",
    )
