"""LightGBM's trees as plain arrays, read from the text that LightGBM writes.

For a text of this process: what a library has just written is converted, not checked.
The arrays are checked when they become `TreeArrays`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.sdk import BoostedTrees, TreeArrays

__all__ = ["from_text"]

Array = NDArray[Any]

_LINKS = {
    "binary sigmoid:1": "logistic",
    "multiclass": "softmax",
    "regression": "identity",
    "regression_l1": "identity",
    "quantile": "identity",
}
# Values as near to 0 as this single precision number count as 0.
_ZERO = float(np.float32(1e-35))
_ABOVE_ZEROS, _BELOW_ZEROS = _ZERO, float(np.nextafter(-_ZERO, -np.inf))
# Bits of a node's "decision_type".
_IS_SET, _DEFAULT_LEFT = 1, 2
_MISSING_TYPE, _MISSING_IS_ZERO, _MISSING_IS_NAN = 12, 4, 8


def from_text(text: str) -> BoostedTrees:
    """Return the trees of a model.

    Parameters
    ----------
    text : str
        What ``Booster.model_to_string`` returned.

    Returns
    -------
    BoostedTrees
        Its raw predictions are those of ``Booster.predict(raw_score=True)`` to the
        bit, for inputs of double precision.

    Raises
    ------
    ValueError
        If the model has another objective than the learner uses, linear trees, or
        zeros that count as missing.
    """
    blocks = text.partition("\nend of trees")[0].split("\nTree=")
    header = _fields(blocks[0])
    objective = header["objective"]
    link = _LINKS.get(objective, _LINKS.get(objective.partition(" ")[0]))
    if link is None:
        raise ValueError(f"Unknown objective of a LightGBM model: {objective!r}.")
    trees = [_fields(block) for block in blocks[1:]]
    if any(tree["is_linear"] != "0" for tree in trees):
        raise ValueError("Linear trees of LightGBM cannot be converted.")
    n_outputs = int(header["num_tree_per_iteration"])
    arrays = {
        **_nodes(trees),
        "n_features": np.array(int(header["max_feature_idx"]) + 1),
        "baseline": np.zeros(n_outputs),
    }
    return BoostedTrees(TreeArrays(arrays), link, len(trees) // n_outputs)


def _nodes(trees: list[dict[str, str]]) -> dict[str, Array]:
    """Return the arrays of all trees: of each first the splits, then the leaves."""
    n_leaves = np.array([int(tree["num_leaves"]) for tree in trees])
    n_splits = n_leaves - 1
    sizes = n_splits + n_leaves
    roots = np.cumsum(sizes) - sizes
    n_nodes = int(sizes.sum())
    owner = np.repeat(np.arange(len(trees)), n_splits)
    # Places of the splits and of the leaves among all nodes.
    first_split = np.cumsum(n_splits) - n_splits
    splits = np.arange(n_splits.sum()) - first_split[owner] + roots[owner]

    decision = _numbers(trees, "decision_type", np.int64)
    threshold = _numbers(trees, "threshold", np.float64)
    is_set = (decision & _IS_SET) != 0
    missing_type = decision & _MISSING_TYPE
    if (missing_type[~is_set] == _MISSING_IS_ZERO).any():
        raise ValueError("Zeros that count as missing in LightGBM cannot be converted.")
    # Where missing values were not expected, they count as 0.
    missing_left = np.where(
        missing_type == _MISSING_IS_NAN, (decision & _DEFAULT_LEFT) != 0, threshold >= 0
    )

    def of_splits(values: Array, elsewhere: Any, dtype: Any) -> Array:
        array = np.full(n_nodes, elsewhere, dtype=dtype)
        array[splits] = values
        return array

    def children(key: str) -> Array:
        child = _numbers(trees, key, np.int64)
        # A leaf is told by a number below 0, and comes after the splits.
        index = np.where(child >= 0, child, n_splits[owner] - child - 1)
        return of_splits(index + roots[owner], -1, np.int64)

    feature = _numbers(trees, "split_feature", np.int64)
    sets, set_offsets, first_set = _sets(trees)
    set_number = np.full(len(owner), -1)
    set_number[is_set] = threshold[is_set].astype(np.int64) + first_set[owner[is_set]]
    categorical = np.unique(feature[is_set])
    return {
        "roots": roots,
        "left": children("left_child"),
        "right": children("right_child"),
        "feature": of_splits(feature, 0, np.int64),
        "threshold": of_splits(_beside_zero(threshold), 0.0, np.float64),
        "missing_left": of_splits(missing_left & ~is_set, 0, np.bool_),
        "category_set": of_splits(set_number, -1, np.int64),
        "values": _numbers(trees, "leaf_value", np.float64, of_leaves=True)[
            :, np.newaxis
        ],
        "category_features": categorical,
        "category_offsets": np.zeros(categorical.size + 1, dtype=np.int64),
        "set_offsets": set_offsets,
        "sets": sets,
    }


def _beside_zero(threshold: Array) -> Array:
    """Return thresholds that values near 0 pass as 0 does."""
    moved = np.where(threshold < 0, _BELOW_ZEROS, _ABOVE_ZEROS)
    return np.where(np.abs(threshold) <= _ZERO, moved, threshold)


def _sets(trees: list[dict[str, str]]) -> tuple[Array, Array, Array]:
    """Return the words of all sets, their offsets, and the first set of each tree."""
    with_sets = [tree for tree in trees if int(tree["num_cat"])]
    words = _numbers(with_sets, "cat_threshold", np.int64)
    n_sets = np.array([int(tree["num_cat"]) for tree in trees])
    sizes = [np.diff(_line(tree["cat_boundaries"], np.int64)) for tree in with_sets]
    start = np.zeros(1, dtype=np.int64)
    offsets = np.cumsum(np.concatenate([start, *sizes]))
    return words.astype(np.uint32), offsets, np.cumsum(n_sets) - n_sets


def _numbers(
    trees: list[dict[str, str]], key: str, dtype: Any, *, of_leaves: bool = False
) -> Array:
    """Return the numbers of `key` of all trees.

    Trees of a single leaf have nothing but the numbers of leaves.
    """
    lines = [tree[key] for tree in trees if of_leaves or int(tree["num_leaves"]) > 1]
    return _line(" ".join(lines), dtype)


def _line(line: str, dtype: Any) -> Array:
    return np.fromstring(line, dtype=dtype, sep=" ") if line else np.zeros(0, dtype)


def _fields(block: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in block.split("\n"))
    return {key: value for key, separator, value in pairs if separator}
