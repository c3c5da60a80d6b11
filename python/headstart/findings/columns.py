"""Columns that were left out, or read in another way than they are written."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from scipy.stats import spearmanr

from headstart.findings.finding import Finding, Severity
from headstart.findings.subject import Subject
from headstart.tables import ColumnKind
from headstart.tables.kinds.dates import in_format
from headstart.tables.kinds.levels import LEVEL_LIMIT
from headstart.tables.kinds.numbers import is_missing
from headstart.tables.schema.columns import Column

__all__ = ["find_column_traits"]

_EMPTY = 0.5
_MANY_LEVELS = 1_000
_TELLS = 0.1
_SHOWN = 3
_SIGMAS = 5.0


def find_column_traits(subject: Subject) -> Iterator[Finding]:
    """Find columns that are left out, mostly empty, or read as something else."""
    for column in subject.schema.columns:
        name = column.name
        if column.kind is ColumnKind.CONSTANT:
            yield Finding(
                "constant", Severity.NOTE, (name,),
                f"Column {name!r} is left out: {column.reason}.",
            )  # fmt: skip
        elif column.kind is ColumnKind.IDENTIFIER:
            yield _identifier(subject, name, column.reason)
        elif column.kind is ColumnKind.NUMERIC and column.is_from_text:
            yield Finding(
                "numbers_in_text", Severity.NOTE, (name,),
                f"Column {name!r} is read as {column.reason}.",
                f"columns={{{name!r}: 'categorical'}} keeps the text as it is.",
            )  # fmt: skip
        elif (
            column.kind is ColumnKind.CATEGORICAL and len(column.levels) > _MANY_LEVELS
        ):
            yield Finding(
                "many_levels", Severity.NOTE, (name,),
                f"Column {name!r} has {_how_many(column)} different values.",
                f"The most frequent {LEVEL_LIMIT:,} are its levels; others, and new "
                "ones, count as missing.",
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
    other = "mdy" if order == "dmy" else "dmy"
    first = "day" if order == "dmy" else "month"
    return Finding(
        "day_or_month",
        Severity.WARNING,
        (name,),
        f"Column {name!r} is read with the {first} first, as {in_format(form)}; every "
        "value could be read the other way round as well.",
        f"columns={{{name!r}: 'datetime:{other}'}} reads it the other way; "
        f"'datetime:{order}' settles it.",
    )


def _unread(subject: Subject, column: Column) -> Iterator[Finding]:
    """Find text that is neither a value of the column nor a word for missing."""
    series = subject.frame[column.name]
    if series.dtype != pl.String:
        return
    values = subject.table[column.features[0]]
    bad = (values.is_null() & ~is_missing(series)).arg_true()
    if not bad.len():
        return
    rows = bad.head(_SHOWN).to_list()
    shown = ", ".join(f"{series[row][:40]!r} (row {row})" for row in rows)
    more = f" and {bad.len() - _SHOWN:,} more" if bad.len() > _SHOWN else ""
    yield Finding(
        "not_read",
        Severity.WARNING,
        (column.name,),
        f"In column {column.name!r}, {bad.len():,} values count as missing since they "
        f"are not written as the others: {shown}{more}.",
        "Correct them, or declare another kind.",
        {"n_values": bad.len(), "rows": rows},
    )


def _how_many(column: Column) -> str:
    n_levels = len(column.levels)
    return f"{n_levels:,}{' or more' if n_levels == LEVEL_LIMIT else ''}"


def _identifier(subject: Subject, name: str, reason: str) -> Finding:
    series = subject.frame[name]
    told = 0.0
    if series.dtype.is_numeric() and series.null_count() == 0:
        told = abs(float(spearmanr(series.to_numpy(), subject.y).statistic))
    if told >= max(_TELLS, _SIGMAS / np.sqrt(subject.n_rows)):
        return Finding(
            "identifier_leaks",
            Severity.WARNING,
            (name,),
            f"Column {name!r} is left out as an identifier ({reason}), yet it goes "
            f"with {subject.target!r} (rank correlation {told:.2f}): numbers were "
            "given in an order that tells the target.",
            "Find out why before trusting a score; Validation(time_column=...) where "
            "it is time.",
            {"rank_correlation": round(told, 3)},
        )
    return Finding(
        "identifier",
        Severity.NOTE,
        (name,),
        f"Column {name!r} is left out as an identifier: {reason}.",
        f"columns={{{name!r}: 'categorical'}} uses it all the same.",
    )
