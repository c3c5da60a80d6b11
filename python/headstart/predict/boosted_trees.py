"""Boosted trees of any library, for prediction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from headstart import _core
from headstart.base import FloatArray, Parts
from headstart.base.arrays import require
from headstart.predict.links import classes_of_link
from headstart.predict.records import read_record, write_record
from headstart.predict.stored_model import StoredModel
from headstart.predict.tree_arrays import TreeArrays

__all__ = ["BoostedTrees", "single_log_odds"]

_RECORD = "boosting.json"
_FIELDS = {"link": str, "n_rounds": int}


@dataclass(frozen=True, eq=False)
class BoostedTrees(StoredModel):
    """Boosted trees and the link from their sums to predictions.

    Parameters
    ----------
    trees : TreeArrays
        One tree per round and output.
    link : {"identity", "logistic", "softmax"}
        Values; the probability of the second of two classes; probabilities of classes.
    n_rounds : int
        Rounds of boosting that are kept.
    """

    kind: ClassVar[str] = "boosted_trees"
    trees: TreeArrays
    link: str
    n_rounds: int

    @property
    def n_features(self) -> int:
        """Columns of the matrix that they read."""
        return self.trees.n_features

    @property
    def n_classes(self) -> int:
        """Classes whose probabilities they return; 0 for regression."""
        return classes_of_link(self.link, self.trees.n_outputs)

    def raw_predict(self, values: FloatArray) -> FloatArray:
        """Return the sums of the trees, of shape (n_rows, n_outputs)."""
        return self.trees.predict(values)

    def apply(self, values: FloatArray) -> FloatArray:
        """Return coded predictions; see `StoredModel.apply`."""
        raw = self.raw_predict(values)
        if self.link != "identity":
            raw = _core.apply_link(self.link, raw, self.trees.has_single_sums)
        return raw if self.link == "softmax" else raw[:, 0]

    def to_parts(self) -> Parts:
        """Return the model as named bytes; see `StoredModel.to_parts`."""
        record = {"link": self.link, "n_rounds": self.n_rounds}
        return {_RECORD: write_record(record), **self.trees.to_parts()}

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the model of checked parts; see `StoredModel.from_parts`."""
        tree_parts = dict(parts)
        record = read_record(tree_parts.pop(_RECORD, b""), _RECORD, _FIELDS)
        trees = TreeArrays.from_parts(tree_parts)
        link, n_rounds = record["link"], record["n_rounds"]
        classes_of_link(link, trees.n_outputs)
        require(
            n_rounds >= 1 and trees.n_trees == n_rounds * trees.n_outputs,
            f"{trees.n_trees} stored trees of {trees.n_outputs} outputs cannot be "
            f"{n_rounds} rounds of boosting.",
        )
        return cls(trees, link, n_rounds)


def single_log_odds(probability: float) -> float:
    """Return the log odds of a probability, each step in single precision.

    Examples
    --------
    >>> round(single_log_odds(0.75), 4)
    1.0986
    """
    return _core.logit_single(probability)
