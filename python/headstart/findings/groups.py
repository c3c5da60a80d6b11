"""Findings on groups of rows: several of one customer, patient or machine."""

from collections.abc import Iterator

from headstart.findings.explained import share_explained
from headstart.findings.finding import Finding, Severity
from headstart.findings.subject import Subject
from headstart.tables import ColumnKind
from headstart.tables.kinds.inference import has_identifier_name

__all__ = ["find_groups"]

_FEWEST_LEVELS = 10
_EXPLAINED = 0.1
# Levels above which columns without the name of an identifier are checked.
_MANY_LEVELS = 500


def find_groups(subject: Subject) -> Iterator[Finding]:
    """Yield findings on columns whose values explain the target beyond chance."""
    for column in subject.schema.columns:
        if subject.is_over():
            return
        if column.kind not in (
            ColumnKind.CATEGORICAL,
            ColumnKind.IDENTIFIER,
            ColumnKind.NUMERIC,
        ):
            continue
        is_named_identifier = has_identifier_name(column.name)
        if column.kind is ColumnKind.NUMERIC and not is_named_identifier:
            continue
        series = subject.frame[column.name]
        n_levels = series.drop_nulls().n_unique()
        if not _FEWEST_LEVELS <= n_levels <= series.count() / 2:
            continue
        if not is_named_identifier and n_levels < _MANY_LEVELS:
            continue
        groups = series.gather(subject.sample).cast(str).rank("dense").fill_null(0)
        share = share_explained(
            groups.to_numpy().astype("int64"), subject.outputs, subject.is_learning
        )
        if share < _EXPLAINED:
            continue
        yield Finding(
            "groups",
            Severity.WARNING if is_named_identifier else Severity.NOTE,
            (column.name,),
            f"Rows with equal {column.name!r} are similar: it explains {share:.0%} of "
            f"{subject.target!r}, with {n_levels:,} distinct values.",
            f"If new rows will have other values: "
            f"validation=Validation(groups={column.name!r}).",
            {"share_explained": round(share, 3), "n_values": n_levels},
        )
