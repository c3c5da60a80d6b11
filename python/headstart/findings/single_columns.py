"""Findings on single columns that explain most of the target."""

import re
from collections.abc import Iterator

import numpy as np
import polars as pl
from scipy.stats import spearmanr

from headstart.base import TaskKind
from headstart.findings.explained import share_explained
from headstart.findings.finding import Finding, Severity
from headstart.findings.subject import Subject
from headstart.tables import ColumnKind

__all__ = ["find_single_leaks"]

_GIVES_AWAY = 0.95
_EXPLAINS_MOST = 0.6
# A lower limit for columns whose name shares a word with the target's.
_AKIN = 0.4
_WORD = re.compile(r"[a-z]{3,}")


def find_single_leaks(subject: Subject) -> Iterator[Finding]:
    """Yield findings on columns that alone explain most of the target."""
    target_words = _words(subject.target)
    for column in subject.schema.columns:
        if subject.is_over():
            return
        if column.kind is ColumnKind.CONSTANT:
            continue
        share, by = _strength(subject, column.name, column.features)
        akin = sorted(target_words & _words(column.name))
        evidence = {"share_explained": round(share, 3), "by": by}
        in_form = f", by {by}" if by else ""
        question = (
            f"Is it known at prediction time? If not: "
            f"columns={{{column.name!r}: 'identifier'}} excludes it."
        )
        if share >= _GIVES_AWAY:
            yield Finding(
                "leak",
                Severity.WARNING,
                (column.name,),
                f"Column {column.name!r} alone explains {share:.0%} of "
                f"{subject.target!r}{in_form}: it may contain the target.",
                question,
                evidence,
            )
        elif share >= _EXPLAINS_MOST or (akin and share >= _AKIN):
            named = f" and shares the word {akin[0]!r} with it" if akin else ""
            yield Finding(
                "strong_column",
                Severity.WARNING if akin else Severity.NOTE,
                (column.name,),
                f"Column {column.name!r} alone explains {share:.0%} of "
                f"{subject.target!r}{in_form}{named}.",
                question,
                evidence,
            )


def _strength(
    subject: Subject, name: str, features: tuple[str, ...]
) -> tuple[float, str]:
    """Return the share that a column explains, and the feature that explains it."""
    raw = subject.frame[name]
    candidates = [
        (feature, series)
        for feature in features
        if (series := subject.table.get_column(feature, default=None)) is not None
    ]
    if not features and not raw.dtype.is_nested():
        candidates = [(name, raw)]
    best, by = 0.0, ""
    for feature, series in candidates:
        groups = subject.codes(series)
        share = share_explained(groups, subject.outputs, subject.is_learning)
        if subject.kind is TaskKind.REGRESSION and series.dtype.is_numeric():
            share = max(share, _rank_correlation(subject, series))
        if share > best:
            best = share
            by = "" if feature == name else repr(feature)
    if raw.null_count():
        is_missing = raw.is_null().cast(int).gather(subject.sample).to_numpy()
        share = share_explained(is_missing, subject.outputs, subject.is_learning)
        if share > best:
            best, by = share, "whether it is missing"
    return best, by


def _rank_correlation(subject: Subject, series: pl.Series) -> float:
    """Return the squared rank correlation; bins are too coarse for a perfect one."""
    values = series.gather(subject.sample).cast(pl.Float64).to_numpy()
    y = subject.y[subject.sample]
    finite = np.isfinite(values)
    if finite.sum() < max(10, 0.9 * finite.size):
        return 0.0
    if np.ptp(values[finite]) == 0 or np.ptp(y[finite]) == 0:
        return 0.0
    return float(spearmanr(values[finite], y[finite]).statistic) ** 2


def _words(name: str) -> set[str]:
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    return set(_WORD.findall(spaced.lower()))
