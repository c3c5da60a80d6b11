"""Kernel machines: weighted sums of a kernel around training rows.

Notation: a row is the values of its columns, and normal scores of some of them. The
kernel of two rows is ``exp(-(d / bandwidth) ** power)``, where ``d`` is their distance
in the coordinates of a metric. Output ``o`` of a row is
``sum_p coef[p, o] * k(row, p) + offset[o]`` over points ``p``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from headstart import _core
from headstart.base import FloatArray, Parts
from headstart.base.arrays import require
from headstart.predict.links import classes_of_link, softmax
from headstart.predict.normal_scores import NormalScores
from headstart.predict.records import pack_model, unpack_model
from headstart.predict.stored_model import StoredModel

__all__ = ["KernelMachine", "log_shares"]

_FIELDS = {
    "bandwidth": float,
    "power": float,
    "least_share": float,
    "sharpness": float,
    "link": str,
}
_FORM = {
    "columns": ("i", 1),
    "ends": ("i", 1),
    "knots": ("f", 1),
    "scores": ("f", 1),
    "metric": ("f", 2),
    "points": ("f", 2),
    "coef": ("f", 2),
    "offset": ("f", 1),
}
_SCORES = ("columns", "ends", "knots", "scores")
_PREDICT_ROWS = 4096  # whose columns and scores are in memory at once
_LARGEST = 1e100  # of stored numbers, so that squares of distances do not overflow


@dataclass(frozen=True, eq=False)
class KernelMachine(StoredModel):
    """Points with coefficients, and the kernel between them and new rows.

    Parameters
    ----------
    scores : NormalScores
    metric : ndarray of shape (1, n_expanded) or (n_expanded, n_expanded)
        Factors of the columns and scores, or a matrix that rows are multiplied by.
        Distances are Euclidean afterwards.
    points : ndarray of shape (n_points, n_expanded)
        Training rows in the coordinates of the metric.
    coef : ndarray of shape (n_points, n_outputs)
        One output for regression and for two classes, otherwise one per class.
    offset : ndarray of shape (n_outputs,)
        Outputs of rows far from all points: the mean, or the shares of the classes.
    bandwidth, power : float
        Parameters of the kernel.
    least_share, sharpness : float
        Outputs below `least_share` are raised to it, as shares of classes; their
        logarithms are multiplied by `sharpness`. 1 and 1 for regression.
    link : {"identity", "logistic", "softmax"}
        Values; the probability of the second of two classes; probabilities of classes.
    """

    kind: ClassVar[str] = "kernel_machine"
    holds_rows: ClassVar[bool] = True
    scores: NormalScores
    metric: FloatArray
    points: FloatArray
    coef: FloatArray
    offset: FloatArray
    bandwidth: float
    power: float
    least_share: float
    sharpness: float
    link: str

    @property
    def n_features(self) -> int:
        """Columns of the matrix that it reads."""
        return int(self.metric.shape[1] - self.scores.columns.size)

    @property
    def n_classes(self) -> int:
        """Classes whose probabilities it returns; 0 for regression."""
        return classes_of_link(self.link, self.offset.size)

    def outputs(self, values: FloatArray) -> FloatArray:
        """Return the outputs, of shape (n_rows, n_outputs)."""
        outputs = np.empty((len(values), self.offset.size))
        kernel = (self.bandwidth, self.power)
        for start in range(0, len(values), _PREDICT_ROWS):
            rows = slice(start, start + _PREDICT_ROWS)
            outputs[rows] = _core.apply_kernel_machine(
                self.scores.expand(values[rows]),
                self.metric,
                self.points,
                self.coef,
                kernel,
                1,
            )
        return outputs + self.offset

    def apply(self, values: FloatArray) -> FloatArray:
        """Return coded predictions; see `StoredModel.apply`."""
        outputs = self.outputs(values)
        if not self.n_classes:
            return outputs[:, 0]
        return softmax(self.sharpness * log_shares(outputs, self.least_share))

    def to_parts(self) -> Parts:
        """Return the model as named bytes; see `StoredModel.to_parts`."""
        record = {name: form(getattr(self, name)) for name, form in _FIELDS.items()}
        arrays = {
            name: getattr(self.scores if name in _SCORES else self, name)
            for name in _FORM
        }
        return pack_model(self.kind, record, arrays)

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the model of checked parts; see `StoredModel.from_parts`."""
        record, stored = unpack_model(parts, cls.kind, _FIELDS, _FORM)
        columns, ends, knots, scores = (stored.pop(name) for name in _SCORES)
        arrays: dict[str, Any] = {
            name: array.astype(np.float64) for name, array in stored.items()
        }
        n_points, n_expanded = arrays["points"].shape
        n_features, n_outputs = n_expanded - columns.size, arrays["offset"].size
        classes_of_link(record["link"], n_outputs)
        require(
            n_points >= 1
            and n_features >= 1
            and arrays["metric"].shape in {(1, n_expanded), (n_expanded, n_expanded)}
            and arrays["coef"].shape == (n_points, n_outputs),
            "The arrays of a kernel machine do not fit together.",
        )
        require(
            record["bandwidth"] > 0
            and 0 < record["power"] <= 2
            and record["sharpness"] > 0
            and 0 < record["least_share"] <= 1
            and all(np.abs(array).max() < _LARGEST for array in arrays.values()),
            "A kernel machine holds impossible values.",
        )
        return cls(
            NormalScores.from_arrays(columns, ends, knots, scores, n_features),
            **arrays,
            **record,
        )


def log_shares(outputs: FloatArray, least: float) -> FloatArray:
    """Return logarithms of the classes' shares, of shape (n_rows, n_classes).

    Parameters
    ----------
    outputs : ndarray of shape (n_rows, n_outputs)
        Regressions of 0 or 1: of the second of two classes, or of each class. They can
        lie outside of the range from 0 to 1.
    least : float
        Smallest share.
    """
    if outputs.shape[1] == 1:
        outputs = np.hstack([1.0 - outputs, outputs])
    return np.asarray(np.log(np.maximum(outputs, least)))
