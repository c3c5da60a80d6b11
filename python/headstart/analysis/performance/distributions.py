"""Distributions of predictions and residuals."""

from collections.abc import Sequence

import numpy as np

from headstart.analysis.numbers import rounded
from headstart.base import FloatArray, IntArray
from headstart.facts import Histogram, Quantile, ResidualBin, Residuals

__all__ = ["histograms_of_classes", "histograms_of_values", "residuals_of"]

_MOST_SHOWN = 1_000
_BINS = 10
_LEAST_IN_BIN = 8
_LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
_MOST_CLASSES = 50
_HISTOGRAM_BINS = 20
_NORMAL = 1.959963984540054


def residuals_of(y: FloatArray, prediction: FloatArray, seed: int) -> Residuals:
    """Return a sample of rows, and the residuals' quantiles and means by prediction.

    Parameters
    ----------
    y, prediction : ndarray of shape (n_rows,)
    seed : int
        Seed of the sample.
    """
    residual = y - prediction
    n_rows = y.size
    shown = np.arange(n_rows)
    if n_rows > _MOST_SHOWN:
        shown = np.sort(np.random.default_rng(seed).permutation(n_rows)[:_MOST_SHOWN])
    order = np.argsort(prediction, kind="stable")
    n_bins = int(min(_BINS, max(1, n_rows // _LEAST_IN_BIN)))
    bins = []
    for rows in np.array_split(order, n_bins):
        mean = float(residual[rows].mean())
        error = residual[rows].std(ddof=1) / np.sqrt(rows.size) if rows.size > 1 else 0
        reach = _NORMAL * float(error)
        bins.append(
            ResidualBin(
                float(prediction[rows].mean()),
                mean,
                mean - reach,
                mean + reach,
                int(rows.size),
            )
        )
    levels = np.quantile(residual, _LEVELS)
    both = np.concatenate([y[shown], prediction[shown]])
    spread = float(both.max() - both.min())
    return Residuals(
        rounded(prediction[shown], spread),
        rounded(y[shown], spread),
        tuple(Quantile(q, float(v)) for q, v in zip(_LEVELS, levels, strict=True)),
        tuple(bins),
    )


def histograms_of_values(
    y: FloatArray, prediction: FloatArray
) -> tuple[Histogram, ...]:
    """Return histograms of predicted and actual values with the same edges."""
    both = np.concatenate([y, prediction])
    low, high = float(both.min()), float(both.max())
    if not np.isfinite(high - low):
        return ()
    if high <= low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _HISTOGRAM_BINS + 1)
    return tuple(
        _histogram(label, values, edges)
        for label, values in (("predicted", prediction), ("actual", y))
    )


def histograms_of_classes(
    labels: Sequence[str], y: IntArray, outputs: FloatArray
) -> tuple[Histogram, ...]:
    """Return one histogram per actual class of its predicted probabilities.

    Parameters
    ----------
    labels : sequence of str
    y : ndarray of shape (n_rows,)
        Class codes.
    outputs : ndarray of shape (n_rows, n_outputs)
    """
    edges = np.linspace(0.0, 1.0, _HISTOGRAM_BINS + 1)
    is_binary = outputs.shape[1] == 1
    return tuple(
        _histogram(label, outputs[y == code, 0 if is_binary else code], edges)
        for code, label in enumerate(labels[:_MOST_CLASSES])
    )


def _histogram(label: str, values: FloatArray, edges: FloatArray) -> Histogram:
    counts, _ = np.histogram(values, edges)
    return Histogram(
        label,
        rounded(edges, float(edges[-1] - edges[0])),
        tuple(int(c) for c in counts),
    )
