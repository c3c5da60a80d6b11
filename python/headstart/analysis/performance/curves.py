"""Curves of a class against the rest: ROC, precision and recall, calibration."""

import numpy as np
from numpy.typing import NDArray

from headstart.analysis.numbers import rounded
from headstart.base import FloatArray
from headstart.facts import Calibration, Curve
from headstart.metrics import score

__all__ = ["calibration_of", "precision_recall_of", "roc_of"]

_MOST_POINTS = 200
_BINS = 10
_LEAST_IN_BIN = 10
_NORMAL = 1.959963984540054


def roc_of(
    label: str,
    is_class: NDArray[np.bool_],
    probability: FloatArray,
    weight: FloatArray | None,
) -> Curve:
    """Return the ROC curve: false alarms on `x`, the share found on `y`."""
    found, alarms = _cumulated(is_class, probability, weight)
    x, y = alarms / max(alarms[-1], 1e-300), found / max(found[-1], 1e-300)
    area = score("roc_auc", is_class.astype(np.int64), probability, weight)
    return _thinned(label, x, y, area)


def precision_recall_of(
    label: str,
    is_class: NDArray[np.bool_],
    probability: FloatArray,
    weight: FloatArray | None,
) -> Curve:
    """Return precision on `y` over recall on `x`; the area is average precision."""
    found, alarms = _cumulated(is_class, probability, weight)
    found, alarms = found[1:], alarms[1:]
    precision = found / np.maximum(found + alarms, 1e-300)
    recall = found / max(found[-1], 1e-300)
    area = score("average_precision", is_class.astype(np.int64), probability, weight)
    return _thinned(
        label,
        np.concatenate([[0.0], recall]),
        np.concatenate([precision[:1], precision]),
        area,
    )


def calibration_of(
    label: str,
    is_class: NDArray[np.bool_],
    probability: FloatArray,
    weight: FloatArray | None,
) -> Calibration:
    """Compare probabilities with what came true, in bins of as many rows each.

    Intervals are Wilson's, of the rows' effective number where they have weights.
    """
    n_bins = int(min(_BINS, max(1, probability.size // _LEAST_IN_BIN)))
    cuts = np.quantile(probability, np.linspace(0, 1, n_bins + 1)[1:-1])
    bins = np.searchsorted(np.unique(cuts), probability, side="right")
    weights = np.ones(probability.size) if weight is None else weight
    mass = np.bincount(bins, weights=weights)
    there = np.flatnonzero(mass > 0)
    total = mass[there]
    squares = np.bincount(bins, weights=weights**2)[there]
    predicted = np.bincount(bins, weights=weights * probability)[there] / total
    share = np.bincount(bins, weights=weights * is_class)[there] / total
    n = total**2 / squares
    z = _NORMAL
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    return Calibration(
        label,
        rounded(predicted),
        rounded(share),
        rounded(np.minimum(np.clip(middle - reach, 0, 1), share)),
        rounded(np.maximum(np.clip(middle + reach, 0, 1), share)),
        tuple(int(c) for c in np.bincount(bins)[there]),
    )


def _cumulated(
    is_class: NDArray[np.bool_], probability: FloatArray, weight: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Return the weight found, and that of false alarms, by falling threshold."""
    order = np.argsort(-probability, kind="stable")
    weights = np.ones(order.size) if weight is None else weight[order]
    hits = is_class[order]
    # Equal probabilities are one threshold.
    ends = np.append(np.flatnonzero(np.diff(probability[order])), order.size - 1)
    found = np.cumsum(weights * hits)[ends]
    alarms = np.cumsum(weights * ~hits)[ends]
    return np.concatenate([[0.0], found]), np.concatenate([[0.0], alarms])


def _thinned(label: str, x: FloatArray, y: FloatArray, area: float) -> Curve:
    """Keep the points that lie far from each other, and the ends."""
    if x.size > _MOST_POINTS:
        length = np.concatenate(
            [[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))]
        )
        wanted = np.linspace(0, length[-1], _MOST_POINTS)
        chosen = np.unique(np.searchsorted(length, wanted).clip(0, x.size - 1))
        chosen[-1] = x.size - 1
        x, y = x[chosen], y[chosen]
    return Curve(
        label, rounded(x), rounded(y), float(area) if np.isfinite(area) else None
    )
