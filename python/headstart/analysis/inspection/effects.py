"""Effects of columns on out-of-fold predictions.

Numbers: accumulated local effects (D. Apley and J. Zhu, "Visualizing the effects of
predictor variables in black box supervised learning models", JRSS B 82(4), 2020): the
mean change of the prediction from one edge of a bin to the other, over the rows in it,
accumulated over bins. Values move within their bin only, so that correlated columns
keep plausible combinations. Levels and booleans: partial dependence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from headstart.analysis.effort import Effort
from headstart.analysis.inspection.probe import Probe
from headstart.analysis.inspection.scales import Scale
from headstart.analysis.numbers import rounded
from headstart.base import FloatArray, IntArray
from headstart.facts import Effect, Series
from headstart.tables import level_words

__all__ = ["measure_effects"]

_BINS = 12
_MOST_LEVELS = 8


def measure_effects(
    probe: Probe,
    features: Sequence[str],
    labels: Sequence[str],
    effort: Effort,
    scales: Mapping[str, Scale],
) -> list[Effect]:
    """Return the effects of columns of the canonical table, until `effort` is spent.

    Parameters
    ----------
    probe : Probe
    features : sequence of str
        In order of interest. Raw texts are skipped.
    labels : sequence of str
        Names of the outputs: classes, or the target.
    effort : Effort
        Budget of predictions.
    scales : mapping of str to Scale
        Scales of the features that are booleans or days.
    """
    effects = []
    for name in features:
        column, scale = probe.table[name], scales.get(name, Scale(name))
        if scale.is_boolean:
            effect = _of_booleans(probe, column, labels, effort)
        elif isinstance(column.dtype, pl.Enum):
            effect = _of_levels(probe, column, labels, effort)
        elif column.dtype == pl.Float64:
            effect = _of_numbers(probe, column, labels, effort)
            if effect is not None:
                effect = replace(effect, first_day=scale.first_day)
        else:
            continue
        if effect is not None:
            effects.append(effect)
    return effects


def _of_numbers(
    probe: Probe, column: pl.Series, labels: Sequence[str], effort: Effort
) -> Effect | None:
    values = column.to_numpy().astype(np.float64)
    finite = np.flatnonzero(np.isfinite(values))
    if finite.size < 2 or effort.remaining < 2 * probe.cost:
        return None
    levels = np.linspace(0, 1, _BINS + 1)
    edges = np.unique(np.quantile(values[finite], levels, method="nearest"))
    if edges.size < 2:
        return None
    # Bins are closed on the right; the first on both sides.
    bins = np.clip(np.searchsorted(edges, values, side="left") - 1, 0, edges.size - 2)
    bins[np.isnan(values)] = 0
    tables = []
    for shift in (0, 1):
        moved = np.where(np.isfinite(values), edges[bins + shift], np.nan)
        series = pl.Series(column.name, moved).fill_nan(None)
        tables.append(probe.table.with_columns(series))
    low, high = probe.predict(tables, effort)
    change = (high - low)[finite]
    finite_bins = bins[finite]
    counts = np.bincount(finite_bins, minlength=edges.size - 1).astype(np.float64)
    means = np.stack(
        [
            np.bincount(finite_bins, weights=change[:, k], minlength=counts.size)
            / np.maximum(counts, 1)
            for k in range(change.shape[1])
        ]
    )
    curve = np.concatenate(
        [np.zeros((means.shape[0], 1)), np.cumsum(means, axis=1)], axis=1
    )
    # Centred so that its mean over the rows is the mean prediction.
    middle = (curve[:, 1:] + curve[:, :-1]) / 2
    curve -= (middle @ counts / counts.sum())[:, np.newaxis]
    curve += probe.outputs[finite].mean(axis=0)[:, np.newaxis]
    share = np.zeros(edges.size)
    share[1:] += counts / 2
    share[:-1] += counts / 2
    return Effect(
        column.name,
        "numeric",
        tuple(edges.tolist()),
        _series(curve, labels),
        rounded(share / values.size),
        "ale",
    )


def _of_levels(
    probe: Probe, column: pl.Series, labels: Sequence[str], effort: Effort
) -> Effect | None:
    counts = column.drop_nulls().value_counts(sort=True)
    # The most frequent levels; ties in the order of their names.
    ordered = counts.with_columns(pl.col(column.name).cast(pl.String).alias("word"))
    ordered = ordered.sort(["count", "word"], descending=[True, False])
    ordered = ordered.head(_MOST_LEVELS)
    levels, shares = ordered["word"].to_list(), ordered["count"].to_numpy()
    return _by_value(
        probe,
        column,
        "categorical",
        level_words(levels),
        levels,
        shares,
        labels,
        effort,
    )


def _of_booleans(
    probe: Probe, column: pl.Series, labels: Sequence[str], effort: Effort
) -> Effect | None:
    counts = np.array([(column == value).sum() for value in (0.0, 1.0)])
    words = ["false", "true"]
    return _by_value(
        probe, column, "boolean", words, [0.0, 1.0], counts, labels, effort
    )


def _by_value(
    probe: Probe,
    column: pl.Series,
    kind: str,
    words: Sequence[str],
    values: Sequence[str] | Sequence[float],
    counts: IntArray,
    labels: Sequence[str],
    effort: Effort,
) -> Effect | None:
    """Return the mean prediction where all rows have each value in turn."""
    if not values or effort.remaining < len(values) * probe.cost:
        return None
    tables = []
    for value in values:
        series = pl.Series(column.name, [value], dtype=column.dtype)
        series = series.extend_constant(value, column.len() - 1)
        tables.append(probe.table.with_columns(series))
    means = [outputs.mean(axis=0) for outputs in probe.predict(tables, effort)]
    return Effect(
        column.name,
        kind,
        tuple(words),
        _series(np.array(means).T, labels),
        rounded(counts / column.len()),
        "partial dependence",
    )


def _series(curve: FloatArray, labels: Sequence[str]) -> tuple[Series, ...]:
    return tuple(
        Series(label, rounded(values))
        for label, values in zip(labels, curve, strict=True)
    )
