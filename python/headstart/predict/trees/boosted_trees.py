"""Boosted trees of any library, for prediction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from headstart import _core
from headstart.base import FloatArray, Parts
from headstart.predict.records import read_record, write_record
from headstart.predict.trees.tree_arrays import TreeArrays
from headstart.predict.trees.tree_model import TreeModel

__all__ = ["BoostedTrees", "single_log_odds"]

_RECORD = "boosting.json"
_FIELDS = {"link": str, "n_rounds": int}


@dataclass(frozen=True, eq=False)
class BoostedTrees(TreeModel):
    """Boosted trees with the link that the boosting libraries compute."""

    kind: ClassVar[str] = "boosted_trees"

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
        record = {field: getattr(self, field) for field in _FIELDS}
        return {_RECORD: write_record(record), **self.trees.to_parts()}

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the model of checked parts; see `StoredModel.from_parts`."""
        tree_parts = dict(parts)
        record = read_record(tree_parts.pop(_RECORD, b""), _RECORD, _FIELDS)
        model = cls(TreeArrays.from_parts(tree_parts), **record)
        model.check_rounds()
        return model


def single_log_odds(probability: float) -> float:
    """Return the log odds of a probability, each step in single precision.

    Examples
    --------
    >>> round(single_log_odds(0.75), 4)
    1.0986
    """
    return _core.logit_single(probability)
