"""Dense networks in single precision over columns and their hinge features.

Notation: a batch of ``b`` rows; layer ``l`` maps ``h`` of shape (b, d_l) to
``activation(h @ W_l + c_l)`` of shape (b, d_{l+1}), the last one without activation.
Before the first layer each input column is multiplied by a learnt factor ``s``.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, Parts
from headstart.base.arrays import require
from headstart.predict.hinges import Hinges
from headstart.predict.links import softmax
from headstart.predict.records import pack_model, unpack_model
from headstart.predict.stored_model import StoredModel

__all__ = ["DenseNetwork", "NetworkModel", "SingleArray", "network_inputs"]

SingleArray = NDArray[np.float32]

_FIELDS = {"link": str, "epochs": int}
_FORM = {
    "sizes": ("i", 1),
    "flat": ("f", 1),
    "columns": ("i", 1),
    "knots": ("f", 1),
}
_LINKS = ("identity", "softmax")
_MAX_LAYERS = 10
_MAX_SIZE = 1 << 20  # columns of a stored layer
_LARGEST_PARAMETER = 1e6
_PREDICT_ROWS = 4096  # so that hidden values fit into the processor's cache
_LARGEST_INPUT = 1e4


@dataclass(eq=False)
class DenseNetwork:
    """The parameters of a network and views of them.

    Parameters
    ----------
    sizes : tuple of int
        Widths of the input, of each hidden layer and of the output.
    flat : ndarray of shape (count(sizes),), float32
        All parameters.
    """

    sizes: tuple[int, ...]
    flat: SingleArray
    scale: SingleArray = field(init=False)
    weights: list[SingleArray] = field(init=False)
    offsets: list[SingleArray] = field(init=False)

    def __post_init__(self) -> None:
        self.scale, self.weights, self.offsets = self.views(self.flat)

    @staticmethod
    def count(sizes: Sequence[int]) -> int:
        """Return the number of parameters."""
        layers = itertools.pairwise(sizes)
        return sizes[0] + sum((rows + 1) * columns for rows, columns in layers)

    def views(
        self, flat: SingleArray
    ) -> tuple[SingleArray, list[SingleArray], list[SingleArray]]:
        """Return factors, weights and offsets of each layer as views of a vector."""
        scale, start = flat[: self.sizes[0]], self.sizes[0]
        weights: list[SingleArray] = []
        offsets: list[SingleArray] = []
        for rows, columns in itertools.pairwise(self.sizes):
            weights.append(flat[start : start + rows * columns].reshape(rows, columns))
            start += rows * columns
            offsets.append(flat[start : start + columns])
            start += columns
        return scale, weights, offsets

    def forward(self, X: SingleArray) -> SingleArray:
        """Return the outputs, of shape (n_rows, sizes[-1])."""
        h = X * self.scale
        for weight, offset in zip(self.weights[:-1], self.offsets[:-1], strict=True):
            h = h @ weight
            h += offset
            np.maximum(h, 0.0, out=h)
        return np.asarray(h @ self.weights[-1] + self.offsets[-1])


@dataclass(frozen=True, eq=False)
class NetworkModel(StoredModel):
    """A trained network over columns and hinges.

    Parameters
    ----------
    network : DenseNetwork
    hinges : Hinges
    epochs : int
        Number of epochs with the lowest validation loss.
    link : {"identity", "softmax"}
        Values; probabilities of classes, of two as well.
    """

    kind: ClassVar[str] = "network"
    network: DenseNetwork
    hinges: Hinges
    epochs: int
    link: str

    @property
    def n_features(self) -> int:
        """Columns of the matrix that it reads."""
        return self.network.sizes[0] - self.hinges.columns.size

    @property
    def n_classes(self) -> int:
        """Classes whose probabilities it returns; 0 for regression."""
        return self.network.sizes[-1] if self.link == "softmax" else 0

    def apply(self, values: FloatArray) -> FloatArray:
        """Return coded predictions; see `StoredModel.apply`."""
        scores = np.empty((len(values), self.network.sizes[-1]))
        for start in range(0, len(values), _PREDICT_ROWS):
            rows = slice(start, start + _PREDICT_ROWS)
            inputs = network_inputs(self.hinges, values[rows])
            scores[rows] = self.network.forward(inputs)
        return softmax(scores) if self.link == "softmax" else scores[:, 0]

    def to_parts(self) -> Parts:
        """Return the model as named bytes; see `StoredModel.to_parts`."""
        arrays: dict[str, NDArray[Any]] = {
            "sizes": np.array(self.network.sizes, dtype=np.int64),
            "flat": self.network.flat,
            "columns": self.hinges.columns,
            "knots": self.hinges.knots,
        }
        record = {"link": self.link, "epochs": self.epochs}
        return pack_model(self.kind, record, arrays)

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the model of checked parts; see `StoredModel.from_parts`."""
        record, arrays = unpack_model(parts, cls.kind, _FIELDS, _FORM)
        sizes = tuple(int(size) for size in arrays["sizes"])
        require(
            2 <= len(sizes) <= _MAX_LAYERS
            and all(1 <= size <= _MAX_SIZE for size in sizes)
            and record["link"] in _LINKS
            and (sizes[-1] == 1) == (record["link"] == "identity")
            and arrays["flat"].shape == (DenseNetwork.count(sizes),),
            f"The arrays of a network do not fit together: {sizes}.",
        )
        n_features = sizes[0] - arrays["columns"].size
        flat = arrays["flat"].astype(np.float32)
        require(
            n_features >= 1 and np.abs(flat).max() < _LARGEST_PARAMETER,
            "The arrays of a network hold impossible values.",
        )
        return cls(
            DenseNetwork(sizes, flat),
            Hinges.from_arrays(arrays["columns"], arrays["knots"], n_features),
            record["epochs"],
            record["link"],
        )


def network_inputs(hinges: Hinges, values: FloatArray) -> SingleArray:
    """Return the inputs of a network: bounded values and their hinge features."""
    # Values beyond single precision would become infinite.
    bounded = np.clip(values, -_LARGEST_INPUT, _LARGEST_INPUT)
    return hinges.expand(bounded).astype(np.float32)
