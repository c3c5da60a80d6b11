"""ROC, precision-recall and calibration curves of a class against the rest."""

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
    """Return the ROC curve: false positive rate on `x`, true positive rate on `y`.

    Parameters
    ----------
    label : str
        Name of the class.
    is_class : ndarray of bool, shape (n_rows,)
    probability : ndarray of shape (n_rows,)
        Predicted probability of the class.
    weight : ndarray of shape (n_rows,) or None
    """
    positives, negatives = _cumulated(is_class, probability, weight)
    x = negatives / max(negatives[-1], 1e-300)
    y = positives / max(positives[-1], 1e-300)
    area = score("roc_auc", is_class.astype(np.int64), probability, weight)
    return _thinned(label, x, y, area)


def precision_recall_of(
    label: str,
    is_class: NDArray[np.bool_],
    probability: FloatArray,
    weight: FloatArray | None,
) -> Curve:
    """Return the precision-recall curve: recall on `x`, precision on `y`.

    Its area is the average precision.

    Parameters
    ----------
    label : str
        Name of the class.
    is_class : ndarray of bool, shape (n_rows,)
    probability : ndarray of shape (n_rows,)
        Predicted probability of the class.
    weight : ndarray of shape (n_rows,) or None
    """
    positives, negatives = _cumulated(is_class, probability, weight)
    positives, negatives = positives[1:], negatives[1:]
    precision = positives / np.maximum(positives + negatives, 1e-300)
    recall = positives / max(positives[-1], 1e-300)
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
    """Return the calibration curve: observed frequencies in quantile bins.

    Intervals are Wilson's, with the effective sample size where rows have weights.

    Parameters
    ----------
    label : str
        Name of the class.
    is_class : ndarray of bool, shape (n_rows,)
    probability : ndarray of shape (n_rows,)
        Predicted probability of the class.
    weight : ndarray of shape (n_rows,) or None
    """
    n_bins = int(min(_BINS, max(1, probability.size // _LEAST_IN_BIN)))
    cuts = np.quantile(probability, np.linspace(0, 1, n_bins + 1)[1:-1])
    bins = np.searchsorted(np.unique(cuts), probability, side="right")
    weights = np.ones(probability.size) if weight is None else weight
    mass = np.bincount(bins, weights=weights)
    filled = np.flatnonzero(mass > 0)
    total = mass[filled]
    squares = np.bincount(bins, weights=weights**2)[filled]
    predicted = np.bincount(bins, weights=weights * probability)[filled] / total
    share = np.bincount(bins, weights=weights * is_class)[filled] / total
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
        tuple(int(c) for c in np.bincount(bins)[filled]),
    )


def _cumulated(
    is_class: NDArray[np.bool_], probability: FloatArray, weight: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Return the weights of true and false positives, by decreasing threshold."""
    order = np.argsort(-probability, kind="stable")
    weights = np.ones(order.size) if weight is None else weight[order]
    hits = is_class[order]
    # Equal probabilities form one threshold.
    ends = np.append(np.flatnonzero(np.diff(probability[order])), order.size - 1)
    positives = np.cumsum(weights * hits)[ends]
    negatives = np.cumsum(weights * ~hits)[ends]
    return np.concatenate([[0.0], positives]), np.concatenate([[0.0], negatives])


def _thinned(label: str, x: FloatArray, y: FloatArray, area: float) -> Curve:
    """Return a curve with points at about equal distances, and both ends."""
    if x.size > _MOST_POINTS:
        length = np.concatenate(
            [[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))]
        )
        positions = np.linspace(0, length[-1], _MOST_POINTS)
        chosen = np.unique(np.searchsorted(length, positions).clip(0, x.size - 1))
        chosen[-1] = x.size - 1
        x, y = x[chosen], y[chosen]
    return Curve(
        label, rounded(x), rounded(y), float(area) if np.isfinite(area) else None
    )
