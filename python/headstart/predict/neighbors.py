"""Nearest neighbours: weighted votes of stored training rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, Parts
from headstart.base.arrays import require
from headstart.predict.records import pack_model, unpack_model
from headstart.predict.stored_model import StoredModel

__all__ = ["NeighborModel", "stretched"]

_FIELDS = {"n_neighbors": int, "power": int, "by_distance": bool}
_FORM = {
    "points": ("f", 2),
    "stretch": ("f", 1),
    "outputs": ("f", 2),
    "weight": ("f", 1),
    "prior": ("f", 1),
}
_PRIOR_VOTES = 1.0  # votes of the training shares, beside those of neighbours
_MAX_VALUES = 1 << 22  # outputs of neighbours in memory at once
_MAX_KD_COLUMNS = 8  # a tree is faster in few dimensions only


@dataclass(frozen=True, eq=False)
class NeighborModel(StoredModel):
    """Training rows that vote on new rows near them.

    scikit-learn searches the neighbours. The arrays define them except for ties, which
    depend on its search.

    Parameters
    ----------
    points : ndarray of shape (n_rows, n_features), float32
        Training rows with scaled columns.
    stretch : ndarray of shape (n_features,)
    outputs : ndarray of shape (n_rows, n_outputs)
        One-hot classes, or the value.
    weight : ndarray of shape (n_rows,)
    prior : ndarray of shape (n_classes,)
        Shares of the classes, towards which votes are shrunk; empty for regression.
    n_neighbors, power : int
        `power` is 1 for city-block distance, 2 for Euclidean.
    by_distance : bool
        Whether nearer neighbours have more weight.
    """

    kind: ClassVar[str] = "neighbors"
    holds_rows: ClassVar[bool] = True
    points: NDArray[np.float32]
    stretch: FloatArray
    outputs: FloatArray
    weight: FloatArray
    prior: FloatArray
    n_neighbors: int
    power: int
    by_distance: bool

    @property
    def n_features(self) -> int:
        """Columns of the matrix that it reads."""
        return int(self.points.shape[1])

    @property
    def n_classes(self) -> int:
        """Classes whose probabilities it returns; 0 for regression."""
        return self.prior.size

    @cached_property
    def search(self) -> Any:
        """scikit-learn's structure for the search, built when first used."""
        from sklearn.neighbors import NearestNeighbors

        return NearestNeighbors(
            n_neighbors=self.n_neighbors,
            metric="manhattan" if self.power == 1 else "euclidean",
            algorithm="kd_tree" if self.n_features <= _MAX_KD_COLUMNS else "brute",
        ).fit(self.points)

    def vote(self, values: FloatArray) -> FloatArray:
        """Return the neighbours' weighted mean output per row."""
        step = max(1, _MAX_VALUES // (self.n_neighbors * self.outputs.shape[1]))
        means = np.empty((len(values), self.outputs.shape[1]))
        for start in range(0, len(values), step):
            rows = slice(start, start + step)
            points = stretched(values[rows], self.stretch)
            distances, neighbors = self.search.kneighbors(points)
            votes = self.weight[neighbors]
            if self.by_distance:
                # An equal row has all the weight, up to precision.
                votes = votes / np.maximum(distances.astype(np.float64), 1e-6)
                votes *= self.n_neighbors / votes.sum(axis=1, keepdims=True)
            total = (votes[:, :, None] * self.outputs[neighbors]).sum(axis=1)
            means[rows] = total / votes.sum(axis=1, keepdims=True)
        return means

    def apply(self, values: FloatArray) -> FloatArray:
        """Return coded predictions; see `StoredModel.apply`."""
        votes = self.vote(values)
        if not self.n_classes:
            return votes[:, 0]
        return np.asarray(
            (votes * self.n_neighbors + self.prior * _PRIOR_VOTES)
            / (self.n_neighbors + _PRIOR_VOTES)
        )

    def to_parts(self) -> Parts:
        """Return the model as named bytes; see `StoredModel.to_parts`."""
        record = {
            "n_neighbors": self.n_neighbors,
            "power": self.power,
            "by_distance": self.by_distance,
        }
        return pack_model(
            self.kind, record, {name: getattr(self, name) for name in _FORM}
        )

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the model of checked parts; see `StoredModel.from_parts`."""
        record, arrays = unpack_model(parts, cls.kind, _FIELDS, _FORM)
        n_rows, n_features = arrays["points"].shape
        prior = arrays["prior"]
        require(
            n_rows > 0
            and n_features > 0
            and arrays["stretch"].shape == (n_features,)
            and arrays["outputs"].shape == (n_rows, max(1, prior.size))
            and prior.size != 1
            and arrays["weight"].shape == (n_rows,),
            "The arrays of a neighbour model do not fit together.",
        )
        require(
            np.all(arrays["weight"] > 0)
            and np.all(prior > 0)
            and (not prior.size or np.all(arrays["outputs"] >= 0))
            and 1 <= record["n_neighbors"] <= n_rows
            and record["power"] in (1, 2),
            "The arrays of a neighbour model hold impossible values.",
        )
        points = arrays.pop("points").astype(np.float32)
        other_arrays: dict[str, Any] = {
            name: array.astype(np.float64) for name, array in arrays.items()
        }
        return cls(points=points, **other_arrays, **record)


def stretched(values: FloatArray, stretch: FloatArray) -> NDArray[np.float32]:
    """Return scaled columns, bounded so that squares of distances do not overflow."""
    return np.clip(values * stretch, -1e15, 1e15).astype(np.float32)
