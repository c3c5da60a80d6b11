"""Findings on informative row order, and on columns that date the rows."""

from collections.abc import Iterator

import numpy as np
from scipy.stats import rankdata

from headstart.base import TaskKind
from headstart.findings.explained import share_explained
from headstart.findings.finding import Finding, Severity
from headstart.findings.subject import Subject
from headstart.tables import ColumnKind

__all__ = ["find_order", "find_time"]

# Least correlation of neighbouring rows' targets.
_LEAST_CORRELATION = 0.1
_SIGMAS = 5.0
_DRIFT = 0.02
_MOMENTS = 20


def find_order(subject: Subject) -> Iterator[Finding]:
    """Yield a finding if the targets of neighbouring rows are correlated."""
    n = subject.n_rows
    if n < 50:
        return
    if subject.kind is TaskKind.REGRESSION:
        y = rankdata(subject.y)
        correlation = float(np.corrcoef(y[:-1], y[1:])[0, 1]) if y.std() > 0 else 0.0
    else:
        shares = np.bincount(subject.y.astype(np.int64)) / n
        expected = float((shares**2).sum())
        share_equal = float((subject.y[:-1] == subject.y[1:]).mean())
        correlation = (share_equal - expected) / max(1e-9, 1.0 - expected)
    if correlation < max(_LEAST_CORRELATION, _SIGMAS / np.sqrt(n)):
        return
    dated = [
        c for c in subject.columns_of(ColumnKind.DATETIME) if _is_sorted(subject, c)
    ]
    remedy = (
        f"validation=Validation(time_column={dated[0]!r}) validates on later rows."
        if dated
        else "If the order is time or batches, name the column: "
        "Validation(time_column=...) or Validation(groups=...). Do not use row "
        "numbers as a feature."
    )
    yield Finding(
        "row_order",
        Severity.WARNING,
        tuple(dated[:1]),
        f"Neighbouring rows have similar targets (correlation {correlation:.2f}): the "
        "file is sorted by the target, by time or by batch.",
        remedy,
        {"correlation": round(correlation, 3)},
    )


def find_time(subject: Subject) -> Iterator[Finding]:
    """Yield findings on columns that date the rows, with the target's drift."""
    for name in subject.columns_of(ColumnKind.DATETIME):
        series = subject.table.get_column(f"{name}.days", default=None)
        if series is None:
            continue
        if series.n_unique() < _MOMENTS or series.null_count() > 0.5 * series.len():
            continue
        groups = subject.codes(series, n_bins=_MOMENTS)
        drift = share_explained(groups, subject.outputs, subject.is_learning)
        moves = drift >= _DRIFT
        yield Finding(
            "time",
            Severity.WARNING if moves else Severity.NOTE,
            (name,),
            f"Rows are dated by {name!r}"
            + (
                f", and {subject.target!r} drifts with it ({drift:.0%} explained)."
                if moves
                else "."
            ),
            f"If the model will predict later rows: "
            f"validation=Validation(time_column={name!r}).",
            {"share_explained": round(drift, 3)},
        )


def _is_sorted(subject: Subject, name: str) -> bool:
    days = subject.table.get_column(f"{name}.days", default=None)
    return days is not None and days.is_sorted()
