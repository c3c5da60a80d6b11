"""Rows and columns that are there twice."""

from collections.abc import Iterator

import polars as pl

from headstart.findings.finding import Finding, Severity
from headstart.findings.subject import Subject

__all__ = ["find_double_columns", "find_double_rows"]

_SHARE = 0.01
_MEASURED = 200


def find_double_rows(subject: Subject) -> Iterator[Finding]:
    """Find rows that are equal in every feature."""
    table = subject.table.with_columns(pl.Series(_Y, subject.y))
    features = subject.table.columns
    n_different = subject.table.n_unique()
    n_double = table.height - n_different
    if n_double == 0:
        return
    counted = table.group_by(features).agg(
        pl.len().alias(_N), pl.col(_Y).n_unique().alias(_LABELS)
    )
    torn = counted.filter(pl.col(_LABELS) > 1)
    n_torn = int(torn[_N].sum())
    share = n_double / table.height
    # Where all columns have few values, rows are equal by chance.
    measured = any(c.n_unique() > _MEASURED for c in subject.table.iter_columns())
    different = (
        f" {n_torn:,} rows have equal features and different targets." if n_torn else ""
    )
    yield Finding(
        "duplicate_rows",
        Severity.WARNING if share >= _SHARE and measured else Severity.NOTE,
        (),
        f"{n_double:,} {'row repeats' if n_double == 1 else 'rows repeat'} an earlier "
        f"row in every feature ({share:.1%}): copies on both sides of a fold flatter "
        f"the score.{different}",
        "Remove copies that are an accident; where rows belong together, "
        "validation=Validation(groups=...) keeps them together.",
        {"n_repeated": n_double, "n_contradicting": n_torn},
    )


def find_double_columns(subject: Subject) -> Iterator[Finding]:
    """Find columns that hold the same values."""
    seen: dict[tuple[str, int, int], str] = {}
    for column in subject.schema.used:
        series = subject.table[column.features[0]]
        if len(column.features) != 1 or series.n_unique() < 2:
            continue
        mark = (str(series.dtype), series.null_count(), hash(tuple(series.head(50))))
        other = seen.setdefault(mark, column.name)
        if other != column.name and series.equals(subject.table[other]):
            yield Finding(
                "duplicate_columns",
                Severity.NOTE,
                (other, column.name),
                f"Columns {other!r} and {column.name!r} hold the same values.",
                f"columns={{{column.name!r}: 'identifier'}} leaves one out.",
            )


_Y, _N, _LABELS = "\0y", "\0n", "\0labels"
