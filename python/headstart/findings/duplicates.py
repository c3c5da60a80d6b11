"""Findings on duplicate rows and columns."""

from collections.abc import Iterator

import polars as pl

from headstart.findings.finding import Finding, Severity
from headstart.findings.subject import Subject

__all__ = ["find_double_columns", "find_double_rows"]

_SHARE = 0.01
_MEASURED = 200


def find_double_rows(subject: Subject) -> Iterator[Finding]:
    """Yield a finding on rows that are equal in every feature."""
    table = subject.table.with_columns(pl.Series(_Y, subject.y))
    features = subject.table.columns
    n_different = subject.table.n_unique()
    n_double = table.height - n_different
    if n_double == 0:
        return
    counted = table.group_by(features).agg(
        pl.len().alias(_N), pl.col(_Y).n_unique().alias(_LABELS)
    )
    contradicting = counted.filter(pl.col(_LABELS) > 1)
    n_contradicting = int(contradicting[_N].sum())
    share = n_double / table.height
    # Where all columns have few distinct values, rows are equal by chance.
    measured = any(c.n_unique() > _MEASURED for c in subject.table.iter_columns())
    different = (
        f" {n_contradicting:,} rows have equal features and different targets."
        if n_contradicting
        else ""
    )
    yield Finding(
        "duplicate_rows",
        Severity.WARNING if share >= _SHARE and measured else Severity.NOTE,
        (),
        f"{n_double:,} {'row repeats' if n_double == 1 else 'rows repeat'} an earlier "
        f"row in every feature ({share:.1%}): duplicates in both training and "
        f"validation rows make the score optimistic.{different}",
        "Remove duplicates that are accidental; where rows belong together, "
        "validation=Validation(groups=...) keeps them in one fold.",
        {"n_repeated": n_double, "n_contradicting": n_contradicting},
    )


def find_double_columns(subject: Subject) -> Iterator[Finding]:
    """Yield findings on columns with the same values."""
    first_with: dict[tuple[str, int, int], str] = {}
    for column in subject.schema.used:
        series = subject.table[column.features[0]]
        if len(column.features) != 1 or series.n_unique() < 2:
            continue
        mark = (str(series.dtype), series.null_count(), hash(tuple(series.head(50))))
        first_name = first_with.setdefault(mark, column.name)
        if first_name != column.name and series.equals(subject.table[first_name]):
            yield Finding(
                "duplicate_columns",
                Severity.NOTE,
                (first_name, column.name),
                f"Columns {first_name!r} and {column.name!r} have the same values.",
                f"columns={{{column.name!r}: 'identifier'}} excludes one of them.",
            )


_Y, _N, _LABELS = "\0y", "\0n", "\0labels"
