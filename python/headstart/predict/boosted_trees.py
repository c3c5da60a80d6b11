"""Boosted trees of any library, as they predict."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from headstart import _core
from headstart.base import FloatArray, Parts
from headstart.base.arrays import require
from headstart.predict.tree_arrays import TreeArrays

__all__ = ["BoostedTrees", "single_log_odds"]

_PART = "boosting.json"
_MAX_BYTES = 1 << 12
_LINKS = ("identity", "logistic", "softmax")
_MAX_ROUNDS = 1 << 31


@dataclass(frozen=True, eq=False)
class BoostedTrees:
    """Boosted trees and the link that makes predictions of their sums.

    Parameters
    ----------
    trees : TreeArrays
        One tree per round and output.
    link : {"identity", "logistic", "softmax"}
        Values; the probability of the second of two classes; probabilities of classes.
    n_rounds : int
        Rounds of boosting that are kept.
    """

    trees: TreeArrays
    link: str
    n_rounds: int

    def raw_predict(self, X: FloatArray) -> FloatArray:
        """Return the sums of the trees, of shape (n_rows, n_outputs)."""
        return self.trees.predict(X)

    def predict(self, X: FloatArray) -> FloatArray:
        """Return values or probabilities.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_outputs)
            One column per class with the link "softmax", no second axis otherwise.
        """
        raw = self.raw_predict(X)
        if self.link != "identity":
            raw = _core.apply_link(self.link, raw, self.trees.has_single_sums)
        return raw if self.link == "softmax" else raw[:, 0]

    def to_parts(self) -> Parts:
        """Return the trees as named bytes that load without running code."""
        record = {"link": self.link, "n_rounds": self.n_rounds}
        return {
            _PART: json.dumps(record, sort_keys=True).encode(),
            **self.trees.to_parts(),
        }

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the trees that `to_parts` wrote.

        Raises
        ------
        ArtifactError
            If the parts are anything else.
        """
        rest = dict(parts)
        data = rest.pop(_PART, b"")
        require(
            0 < len(data) <= _MAX_BYTES, f"Stored boosted trees lack their {_PART}."
        )
        link, n_rounds = _read(data)
        trees = TreeArrays.from_parts(rest)
        require(
            trees.n_trees == n_rounds * trees.n_outputs
            and (trees.n_outputs == 1) == (link != "softmax"),
            f"{trees.n_trees} stored trees of {trees.n_outputs} outputs and link "
            f"{link!r} cannot be {n_rounds} rounds of boosting.",
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


def _read(data: bytes) -> tuple[str, int]:
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        record = None
    sound = (
        isinstance(record, dict)
        and set(record) == {"link", "n_rounds"}
        and record["link"] in _LINKS
        and type(record["n_rounds"]) is int
        and 1 <= record["n_rounds"] < _MAX_ROUNDS
    )
    require(sound, f"The {_PART} of stored boosted trees makes no sense.")
    return record["link"], record["n_rounds"]
