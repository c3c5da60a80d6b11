"""Forests: the mean of decision trees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from headstart.base import FloatArray, Parts
from headstart.base.arrays import require
from headstart.predict.stored_model import StoredModel
from headstart.predict.trees.tree_arrays import TreeArrays

__all__ = ["Forest", "bounded"]

_LARGEST = 1e38  # trees hold single precision numbers


@dataclass(frozen=True, eq=False)
class Forest(StoredModel):
    """Decision trees whose leaves hold the shares of classes, or values.

    Parameters
    ----------
    trees : TreeArrays
        With one output per class, or one for regression.
    """

    kind: ClassVar[str] = "forest"
    trees: TreeArrays

    @property
    def n_features(self) -> int:
        """Columns of the matrix that it reads."""
        return self.trees.n_features

    @property
    def n_classes(self) -> int:
        """Classes whose probabilities it returns; 0 for regression."""
        return self.trees.n_outputs if self.trees.n_outputs > 1 else 0

    def apply(self, values: FloatArray) -> FloatArray:
        """Return coded predictions; see `StoredModel.apply`."""
        outputs = self.trees.predict(bounded(values))
        return outputs if self.n_classes else outputs[:, 0]

    def to_parts(self) -> Parts:
        """Return the model as named bytes; see `StoredModel.to_parts`."""
        return self.trees.to_parts()

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the model of checked parts; see `StoredModel.from_parts`."""
        trees = TreeArrays.from_parts(parts)
        require(trees.n_trees >= 1, "A stored forest must have trees.")
        return cls(trees)


def bounded(values: FloatArray) -> FloatArray:
    """Return values within single precision; NaN stays."""
    return np.clip(values, -_LARGEST, _LARGEST)
