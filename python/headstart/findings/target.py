"""Findings on the target: its kind, rare and imbalanced classes, heavy tails."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from headstart.base import FloatArray, IntArray, TaskKind
from headstart.findings.finding import Finding, Severity
from headstart.findings.subject import Subject
from headstart.tables import TargetEncoder

__all__ = ["TargetColumn", "describe_target", "find_target_traits"]

_RARE = 10  # rows
# Most distinct whole numbers that may be class codes.
_CODES_AT_MOST = 50
_IMBALANCED = 0.05
_HEAVY = 3.0  # skewness of a normal sample of 20 rows hardly exceeds 1


@dataclass(frozen=True)
class TargetColumn:
    """Facts on the extraction of the target from its table.

    Parameters
    ----------
    n_missing : int
        Number of rows without a target, which are excluded.
    is_guessed : bool
        Whether the kind of task was inferred from the values.
    """

    n_missing: int = 0
    is_guessed: bool = False


def describe_target(
    name: str, encoder: TargetEncoder, y: IntArray | FloatArray, column: TargetColumn
) -> Iterator[Finding]:
    """Yield findings on the interpretation of a target.

    Parameters
    ----------
    name : str
        Name of the target.
    encoder : TargetEncoder
    y : ndarray of shape (n_rows,)
        Class codes or values of the rows with a target.
    column : TargetColumn
    """
    if column.n_missing:
        n_rows = y.size + column.n_missing
        yield Finding(
            "missing_target",
            Severity.NOTE,
            (name,),
            f"{column.n_missing:,} of {n_rows:,} rows have no {name!r} and are left "
            "out.",
            "",
            {"n_missing": column.n_missing},
        )
    yield from _alike(name, encoder)
    if encoder.form:
        yield Finding(
            "target_in_text",
            Severity.NOTE,
            (name,),
            f"The target {name!r} is text that is predicted as a number: "
            f"{encoder.words}.",
            ("task='classification'" if column.is_guessed else "AutoClassifier")
            + " treats its values as classes.",
        )
    elif column.is_guessed:
        yield from _guessed(name, encoder, y)


def _alike(name: str, encoder: TargetEncoder) -> Iterator[Finding]:
    """Yield a finding on labels that differ only by white space or case."""
    labels = [] if encoder.classes is None else encoder.classes.tolist()
    by_word: dict[str, list[str]] = {}
    for label in labels:
        if isinstance(label, str):
            word = " ".join(label.split()).casefold()
            by_word.setdefault(word, []).append(label)
    doubled = [group for group in by_word.values() if len(group) > 1]
    if not doubled:
        return
    shown = "; ".join(", ".join(map(repr, group)) for group in doubled[:5])
    yield Finding(
        "labels_alike",
        Severity.WARNING,
        (name,),
        f"Labels of {name!r} differ only by white space or case: {shown}. "
        "They are separate classes.",
        "Write them in the same way.",
        {"n_groups": len(doubled)},
    )


def _guessed(
    name: str, encoder: TargetEncoder, y: IntArray | FloatArray
) -> Iterator[Finding]:
    """Yield a finding on whole numbers, which may be classes or amounts."""
    values = np.unique(y) if encoder.classes is None else encoder.classes
    if not 2 < len(values) <= _CODES_AT_MOST or values.dtype.kind not in "iuf":
        return
    if (values != np.floor(values)).any():
        return
    description = (
        f"The target {name!r} has {len(values)} different whole numbers "
        f"({values[0]:.0f} to {values[-1]:.0f})"
    )
    if encoder.classes is None:
        code, kind = "target_as_numbers", "numbers"
        remedy = "task='classification' treats them as classes."
    else:
        code, kind = "target_as_classes", "classes without an order"
        remedy = "task='regression' predicts a number."
    yield Finding(
        code,
        Severity.NOTE,
        (name,),
        f"{description}, which are treated as {kind}.",
        remedy,
        {"n_different": len(values)},
    )


def find_target_traits(subject: Subject) -> Iterator[Finding]:
    """Yield findings on rare classes, imbalance and heavy tails."""
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
            f"{shown}{more}. Their predictions cannot be evaluated reliably.",
            "Collect more rows of them, or merge rare classes.",
            {"n_rare": len(rare)},
        )
    share = counts.min() / max(1, counts.sum())
    if subject.kind is TaskKind.BINARY and share < _IMBALANCED and not rare:
        label = subject.classes[int(counts.argmin())]
        yield Finding(
            "lopsided_classes",
            Severity.NOTE,
            (),
            f"Only {share:.1%} of the rows are {label!r}: accuracy is not informative.",
            "Use metric='average_precision' or 'roc_auc', and choose the threshold by "
            "the cost of errors.",
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
        f"{middle:.4g}, 99th percentile {top:.4g}): a few rows dominate the "
        "squared error.",
        "metric='mae'"
        + (" or 'rmsle'" if positive else "")
        + " is less sensitive to these rows.",
        {"skewness": round(skewness, 2)},
    )
