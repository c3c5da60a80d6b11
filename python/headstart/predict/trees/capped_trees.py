"""Boosted trees over columns whose rarest levels share one code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from headstart.base import FloatArray, IntArray, Parts
from headstart.base.arrays import pack_arrays, require, unpack_arrays
from headstart.predict.links import softmax
from headstart.predict.records import read_record, write_record
from headstart.predict.trees.tree_arrays import TreeArrays
from headstart.predict.trees.tree_model import TreeModel

__all__ = ["CappedTrees", "cap_levels"]

_RECORD, _ARRAYS = "capped_trees.json", "capped_trees.safetensors"
_FIELDS = {"link": str, "n_rounds": int, "max_levels": int}
_FORM = {"capped": ("i", 1)}


@dataclass(frozen=True, eq=False)
class CappedTrees(TreeModel):
    """Boosted trees, and the columns with capped levels.

    `BoostedTrees` computes probabilities as the boosting libraries do; these are
    computed as scikit-learn does.

    Parameters
    ----------
    trees, link, n_rounds
        As in `TreeModel`.
    capped : ndarray of shape (n_capped,)
        Columns with more than `max_levels` levels, whose rarest levels share a code.
    max_levels : int
        Number of codes of these columns.
    """

    kind: ClassVar[str] = "capped_trees"
    capped: IntArray
    max_levels: int

    def apply(self, values: FloatArray) -> FloatArray:
        """Return coded predictions; see `StoredModel.apply`."""
        raw = self.trees.predict(cap_levels(values, self.capped, self.max_levels))
        if self.link == "softmax":
            return softmax(raw)
        if self.link == "logistic":
            from scipy.special import expit

            return np.asarray(expit(raw[:, 0]))
        return raw[:, 0]

    def to_parts(self) -> Parts:
        """Return the model as named bytes; see `StoredModel.to_parts`."""
        record = {field: getattr(self, field) for field in _FIELDS}
        return {
            _RECORD: write_record(record),
            _ARRAYS: pack_arrays({"capped": self.capped}),
            **self.trees.to_parts(),
        }

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the model of checked parts; see `StoredModel.from_parts`."""
        tree_parts = dict(parts)
        record = read_record(tree_parts.pop(_RECORD, b""), _RECORD, _FIELDS)
        capped = unpack_arrays(tree_parts.pop(_ARRAYS, b""), _FORM)["capped"]
        trees = TreeArrays.from_parts(tree_parts)
        require(
            record["max_levels"] >= 1
            and bool(np.all((capped >= 0) & (capped < trees.n_features))),
            "The columns with capped levels do not fit the trees of a boosted model.",
        )
        model = cls(trees, capped=capped.astype(np.int64), **record)
        model.check_rounds()
        return model


def cap_levels(values: FloatArray, columns: IntArray, max_levels: int) -> FloatArray:
    """Return values with one code for the rarest levels, which have the last codes.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features)
    columns : ndarray of int
    max_levels : int
        Number of codes of these columns.
    """
    if not columns.size:
        return values
    values = values.copy()
    values[:, columns] = np.minimum(values[:, columns], max_levels - 1)
    return values
