"""Findings on sums and differences of columns that equal the target."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.base import FloatArray, TaskKind
from headstart.findings.finding import Finding, Severity
from headstart.findings.subject import Subject

__all__ = ["find_identities"]

_ROWS = 5_000
_MOST_COLUMNS = 60
_MOST_TERMS = 6
# Share of the variance.
_EXPLAINED = 0.7
# The coefficients of an identity have equal sizes, 1 or somewhat less.
_ALIKE = 0.9
_SHRUNK = 0.5


def find_identities(subject: Subject) -> Iterator[Finding]:
    """Yield a finding on a sum of columns that nearly equals a numeric target."""
    if subject.kind is not TaskKind.REGRESSION:
        return
    names, X = _numbers(subject)
    if len(names) < 2:
        return
    rows = subject.sample[:: max(1, subject.sample.size // _ROWS)]
    X, y = X[rows], subject.y[rows].astype(np.float64)
    is_learning = np.arange(rows.size) % 2 == 0
    chosen: list[int] = []
    explained = 0.0
    while len(chosen) < min(_MOST_TERMS, len(names)):
        candidates = [
            (_fit(X[:, [*chosen, j]], y, is_learning)[0], -j)
            for j in range(len(names))
            if j not in chosen
        ]
        share, place = max(candidates)
        if share < explained + 0.005:
            break
        explained = share
        chosen.append(-place)
    share, signs = max(
        (
            _of_signs(X[:, chosen[:n]], y, is_learning)
            for n in range(2, len(chosen) + 1)
        ),
        key=lambda pair: pair[0],
        default=(0.0, ()),
    )
    if share < _EXPLAINED:
        return
    terms = [(names[j], sign) for j, sign in zip(chosen, signs, strict=False)]
    written = " ".join(f"{'+' if w > 0 else '-'} {name}" for name, w in terms)
    written = written.removeprefix("+ ")
    key = terms[0][0]
    yield Finding(
        "leak",
        Severity.WARNING,
        tuple(name for name, _ in terms),
        f"{subject.target!r} is nearly {written}: {share:.0%} of its variation. One of "
        f"these columns, likely {key!r}, contains the target.",
        f"Is it known at prediction time? If not: "
        f"columns={{{key!r}: 'identifier'}} excludes it.",
        {"share_explained": round(share, 3), "sum": written},
    )


def _numbers(subject: Subject) -> tuple[list[str], FloatArray]:
    names, columns = [], []
    for series in subject.table.iter_columns():
        if series.dtype != pl.Float64 or series.null_count() > 0.2 * series.len():
            continue
        values = series.to_numpy().astype(np.float64)
        finite = values[np.isfinite(values)]
        if finite.size and finite.std() > 0:
            names.append(series.name)
            columns.append(np.where(np.isfinite(values), values, finite.mean()))
        if len(names) == _MOST_COLUMNS:
            break
    return names, np.column_stack(columns) if columns else np.zeros((0, 0))


def _of_signs(
    X: FloatArray, y: FloatArray, is_learning: NDArray[np.bool_]
) -> tuple[float, tuple[int, ...]]:
    """Return the share of variance that the signed sum explains, and its signs.

    Terms missing from the sum shrink all fitted coefficients of an identity equally.
    """
    _, weights = _fit(X, y, is_learning)
    sizes = np.abs(weights)
    if sizes.min() < _ALIKE * sizes.max() or not _SHRUNK < sizes.max() < 1 / _ALIKE:
        return 0.0, ()
    signs = np.sign(weights)
    residual = y - X @ signs
    return 1.0 - float(residual.var() / y.var()), tuple(int(s) for s in signs)


def _fit(
    X: FloatArray, y: FloatArray, is_learning: NDArray[np.bool_]
) -> tuple[float, FloatArray]:
    """Return the share of variance explained on other rows, and the coefficients."""
    centre = X[is_learning].mean(axis=0)
    mean = y[is_learning].mean()
    weights, *_ = np.linalg.lstsq(
        X[is_learning] - centre, y[is_learning] - mean, rcond=None
    )
    residual = y[~is_learning] - mean - (X[~is_learning] - centre) @ weights
    total = float(((y[~is_learning] - mean) ** 2).sum())
    share = 1.0 - float((residual**2).sum()) / total if total > 0 else 0.0
    return share, weights
