"""Columns that tie rows together: several of one customer, patient, machine."""

from collections.abc import Iterator

from headstart.findings.explained import share_explained
from headstart.findings.finding import Finding, Severity
from headstart.findings.subject import Subject
from headstart.tables import ColumnKind
from headstart.tables.kinds.inference import has_identifier_name

__all__ = ["find_groups"]

_FEWEST_LEVELS = 10
_EXPLAINED = 0.1
# Levels above which a column without the name of an identifier is asked about.
_MANY_LEVELS = 500


def find_groups(subject: Subject) -> Iterator[Finding]:
    """Find columns whose rows of one value have one target, more than chance."""
    for column in subject.schema.columns:
        if subject.is_over():
            return
        if column.kind not in (
            ColumnKind.CATEGORICAL,
            ColumnKind.IDENTIFIER,
            ColumnKind.NUMERIC,
        ):
            continue
        named = has_identifier_name(column.name)
        if column.kind is ColumnKind.NUMERIC and not named:
            continue
        series = subject.frame[column.name]
        n_levels = series.drop_nulls().n_unique()
        if not _FEWEST_LEVELS <= n_levels <= series.count() / 2:
            continue
        if not named and n_levels < _MANY_LEVELS:
            continue
        groups = series.gather(subject.sample).cast(str).rank("dense").fill_null(0)
        share = share_explained(
            groups.to_numpy().astype("int64"), subject.outputs, subject.is_learning
        )
        if share < _EXPLAINED:
            continue
        yield Finding(
            "groups",
            Severity.WARNING if named else Severity.NOTE,
            (column.name,),
            f"Rows with one {column.name!r} are alike: it explains {share:.0%} of "
            f"{subject.target!r}, over {n_levels:,} different values.",
            f"If new rows will have new values: "
            f"validation=Validation(groups={column.name!r}).",
            {"share_explained": round(share, 3), "n_values": n_levels},
        )
