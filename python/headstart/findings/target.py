"""The target itself: rare classes, lopsided classes, heavy tails."""

from collections.abc import Iterator

import numpy as np

from headstart.base import TaskKind
from headstart.findings.finding import Finding, Severity
from headstart.findings.subject import Subject

__all__ = ["find_target_traits", "target_read", "without_target"]

_RARE = 10  # rows
_LOPSIDED = 0.05
_HEAVY = 3.0  # skewness of a normal sample of 20 rows hardly exceeds 1


def without_target(target: str, n_missing: int, n_rows: int) -> Finding:
    """Return what is told of rows that have no target."""
    return Finding(
        "missing_target",
        Severity.NOTE,
        (target,),
        f"{n_missing:,} of {n_rows:,} rows have no {target!r} and are left out.",
        "",
        {"n_missing": n_missing},
    )


def target_read(target: str, words: str) -> Finding:
    """Return what is told of a target whose numbers are written as text."""
    return Finding(
        "target_in_text",
        Severity.NOTE,
        (target,),
        f"The target {target!r} is text and is predicted as a number: {words}.",
        "AutoClassifier takes its values as classes.",
    )


def find_target_traits(subject: Subject) -> Iterator[Finding]:
    """Find what makes a target hard to learn or to judge."""
    if subject.kind is TaskKind.REGRESSION:
        yield from _tails(subject)
        return
    counts = np.bincount(subject.y.astype(np.int64), minlength=len(subject.classes))
    rare = [i for i, n in enumerate(counts) if n < _RARE]
    if rare:
        shown = ", ".join(f"{subject.classes[i]!r} ({counts[i]})" for i in rare[:5])
        more = ", ..." if len(rare) > 5 else ""
        yield Finding(
            "rare_classes",
            Severity.WARNING,
            (),
            f"{len(rare)} of {len(counts)} classes have fewer than {_RARE} rows: "
            f"{shown}{more}. Their predictions cannot be judged.",
            "Gather more rows of them, or join rare classes into one.",
            {"n_rare": len(rare)},
        )
    share = counts.min() / max(1, counts.sum())
    if subject.kind is TaskKind.BINARY and share < _LOPSIDED and not rare:
        label = subject.classes[int(counts.argmin())]
        yield Finding(
            "lopsided_classes",
            Severity.NOTE,
            (),
            f"Only {share:.1%} of the rows are {label!r}: accuracy says little.",
            "metric='average_precision' or 'roc_auc' ranks; choose the threshold by "
            "what errors cost.",
            {"share": round(float(share), 5)},
        )


def _tails(subject: Subject) -> Iterator[Finding]:
    y = subject.y.astype(np.float64)
    spread = y.std()
    if y.size < 20 or spread == 0:
        return
    skewness = float((((y - y.mean()) / spread) ** 3).mean())
    if abs(skewness) < _HEAVY:
        return
    middle, top = np.quantile(y, [0.5, 0.99])
    positive = bool((y > 0).all())
    yield Finding(
        "heavy_tail",
        Severity.NOTE,
        (),
        f"{subject.target!r} has a heavy tail (skewness {skewness:.1f}; median "
        f"{middle:.4g}, 99th percentile {top:.4g}): a few rows decide the squared "
        "error.",
        "metric='mae'"
        + (" or 'rmsle' weighs" if positive else " weighs")
        + " all rows alike.",
        {"skewness": round(skewness, 2)},
    )
