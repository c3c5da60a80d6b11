"""Support vector machines with a Gaussian kernel.

Classes are decided by one machine per pair of classes, as in libsvm. The decisions of
the pairs are combined to one score per class, and a logistic map turns scores into
probabilities.

Notation: kernel ``k(x, v) = exp(-gamma * ||x - v||²)`` over support vectors ``v``;
the decision of pair ``p`` is ``sum_v dual[v, p] * k(x, v) + offset[p]``.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from headstart.base import FloatArray, Parts
from headstart.base.arrays import require
from headstart.predict.links import softmax
from headstart.predict.records import pack_model, unpack_model
from headstart.predict.stored_model import StoredModel

__all__ = ["SupportVectors", "calibration_shape", "class_scores"]

_FIELDS = {"gamma": float}
_FORM = {
    "vectors": ("f", 2),
    "dual": ("f", 2),
    "offset": ("f", 1),
    "slope": ("f", 2),
    "intercept": ("f", 1),
}
_BLOCK = 1 << 22  # kernel values in memory at once


@dataclass(frozen=True, eq=False)
class SupportVectors(StoredModel):
    """Support vectors, their coefficients, and the map from scores to logits.

    Parameters
    ----------
    vectors : ndarray of shape (n_vectors, n_features)
    gamma : float
    dual : ndarray of shape (n_vectors, n_pairs)
    offset : ndarray of shape (n_pairs,)
    slope : ndarray of shape (n_scores, n_logits)
    intercept : ndarray of shape (n_logits,)
        Both empty for regression.
    """

    kind: ClassVar[str] = "support_vectors"
    holds_rows: ClassVar[bool] = True
    vectors: FloatArray
    gamma: float
    dual: FloatArray
    offset: FloatArray
    slope: FloatArray
    intercept: FloatArray

    @property
    def n_features(self) -> int:
        """Columns of the matrix that it reads."""
        return int(self.vectors.shape[1])

    @property
    def n_classes(self) -> int:
        """Classes whose probabilities it returns; 0 for regression."""
        return _classes_of_slope(self.slope)

    def decide(self, values: FloatArray) -> FloatArray:
        """Return the decisions, of shape (n_rows, n_pairs)."""
        decisions = np.empty((len(values), self.offset.size))
        squares = np.einsum("ij,ij->i", self.vectors, self.vectors)
        step = max(1, _BLOCK // max(1, len(self.vectors)))
        for start in range(0, len(values), step):
            block = values[start : start + step]
            kernel = np.einsum("ij,ij->i", block, block)[:, None] + squares
            kernel -= 2.0 * (block @ self.vectors.T)
            np.maximum(kernel, 0.0, out=kernel)
            kernel *= -self.gamma
            np.exp(kernel, out=kernel)
            decisions[start : start + step] = kernel @ self.dual
        return decisions + self.offset

    def apply(self, values: FloatArray) -> FloatArray:
        """Return coded predictions; see `StoredModel.apply`."""
        decisions = self.decide(values)
        if not self.n_classes:
            return decisions[:, 0]
        scores = class_scores(decisions, self.n_classes)
        logits = scores @ self.slope + self.intercept
        if self.n_classes == 2:
            logits = np.hstack([np.zeros_like(logits), logits])
        return softmax(logits)

    def to_parts(self) -> Parts:
        """Return the model as named bytes; see `StoredModel.to_parts`."""
        arrays = {name: getattr(self, name) for name in _FORM}
        return pack_model(self.kind, {"gamma": float(self.gamma)}, arrays)

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the model of checked parts; see `StoredModel.from_parts`."""
        record, stored = unpack_model(parts, cls.kind, _FIELDS, _FORM)
        arrays: dict[str, Any] = {
            name: array.astype(np.float64) for name, array in stored.items()
        }
        n_classes = _classes_of_slope(arrays["slope"])
        n_vectors, n_features = arrays["vectors"].shape
        n_pairs = n_classes * (n_classes - 1) // 2 if n_classes else 1
        n_scores, n_logits = calibration_shape(n_classes)
        require(
            n_features >= 1
            and arrays["dual"].shape == (n_vectors, n_pairs)
            and arrays["offset"].shape == (n_pairs,)
            and arrays["slope"].shape == (n_scores, n_logits)
            and arrays["intercept"].shape == (n_logits,),
            "The arrays of a support vector machine do not fit together.",
        )
        require(
            record["gamma"] >= 0,
            "The gamma of a support vector machine must not be negative.",
        )
        return cls(**arrays, **record)


def class_scores(decisions: FloatArray, n_classes: int) -> FloatArray:
    """Return one score per class: the mean of its pairs' squashed decisions."""
    if n_classes == 2:
        return decisions
    squashed = np.tanh(decisions)
    scores = np.zeros((len(decisions), n_classes))
    for pair, (i, j) in enumerate(itertools.combinations(range(n_classes), 2)):
        scores[:, i] += squashed[:, pair]
        scores[:, j] -= squashed[:, pair]
    return np.asarray(scores * (4.0 / (n_classes - 1)))


def calibration_shape(n_classes: int) -> tuple[int, int]:
    """Return the numbers of scores and of logits for a number of classes."""
    if n_classes == 0:
        return 0, 0
    return (1, 1) if n_classes == 2 else (n_classes, n_classes)


def _classes_of_slope(slope: FloatArray) -> int:
    """Return the number of classes; two classes have one score."""
    return 2 if len(slope) == 1 else len(slope)
