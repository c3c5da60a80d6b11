"""XGBoost's trees as plain arrays, read from the JSON that XGBoost writes.

For a model of this process: what a library has just grown is converted, not checked.
The arrays are checked when they become `TreeArrays`.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.sdk import BoostedTrees, TreeArrays, single_log_odds

__all__ = ["LARGEST", "from_json"]

Array = NDArray[Any]

# XGBoost computes in single precision and refuses numbers beyond it.
LARGEST = 1e38

_LINKS = {
    "binary:logistic": "logistic",
    "multi:softprob": "softmax",
    "reg:squarederror": "identity",
    "reg:absoluteerror": "identity",
    "reg:quantileerror": "identity",
}


def from_json(data: bytes) -> BoostedTrees:
    """Return the trees of a model.

    Parameters
    ----------
    data : bytes
        What ``Booster.save_raw("json")`` returned.

    Returns
    -------
    BoostedTrees
        Its raw predictions are those of ``Booster.predict(output_margin=True)`` to the
        bit, for inputs bounded to `LARGEST`.

    Raises
    ------
    ValueError
        If the model has another objective than the learner uses, or another booster.
    """
    learner = json.loads(data)["learner"]
    objective = learner["objective"]["name"]
    if objective not in _LINKS:
        raise ValueError(f"Unknown objective of an XGBoost model: {objective!r}.")
    booster = learner["gradient_booster"]
    if booster["name"] != "gbtree":
        raise ValueError(f"XGBoost's {booster['name']!r} cannot be converted.")
    parameters, model = learner["learner_model_param"], booster["model"]
    n_outputs = max(1, int(parameters["num_class"]))
    trees = model["trees"]
    if any(
        tree["tree_param"]["num_deleted"] != "0"
        or tree["tree_param"]["size_leaf_vector"] not in {"0", "1"}
        for tree in trees
    ):
        raise ValueError(
            "Trees of XGBoost with deleted nodes or several values a leaf cannot be "
            "converted."
        )
    arrays = {
        **_nodes(trees),
        "n_features": np.array(int(parameters["num_feature"])),
        "baseline": _baseline(parameters["base_score"], objective, n_outputs),
        "single_precision": np.ones((), dtype=np.bool_),
        "single_sums": np.ones((), dtype=np.bool_),
        "largest": np.array(LARGEST),
    }
    return BoostedTrees(TreeArrays(arrays), _LINKS[objective], len(trees) // n_outputs)


def _baseline(text: str, objective: str, n_outputs: int) -> Array:
    """Return where the sums of the trees start."""
    scores = [float(np.float32(word)) for word in text.strip("[]").split(",")]
    if objective == "binary:logistic":
        # It is stored as a probability.
        scores = [single_log_odds(score) for score in scores]
    return np.array(scores * (n_outputs // len(scores)))


def _nodes(trees: list[Mapping[str, Any]]) -> dict[str, Array]:
    """Return the arrays of all trees, one tree after the other."""

    def joined(key: str, dtype: Any) -> Array:
        return np.concatenate([np.array(tree[key], dtype=dtype) for tree in trees])

    sizes = np.array([len(tree["left_children"]) for tree in trees])
    roots = np.cumsum(sizes) - sizes
    start = np.repeat(roots, sizes)
    left, right = (joined(f"{side}_children", np.int64) for side in ("left", "right"))
    is_inner = left != -1
    feature = joined("split_indices", np.int64)
    conditions = joined("split_conditions", np.float32)
    default_left = joined("default_left", np.int64) != 0
    is_set = is_inner & (joined("split_type", np.int64) == 1)
    owners = joined("categories_nodes", np.int64)
    owners += np.repeat(roots, [len(tree["categories_nodes"]) for tree in trees])
    sets, set_offsets = _sets(
        joined("categories", np.int64), joined("categories_sizes", np.int64)
    )
    set_number = np.full(left.size, -1)
    set_number[owners] = np.arange(owners.size)
    # Numbers below the condition go left. Members of a set go right: the two children
    # change places.
    first, second = np.where(is_set, right, left), np.where(is_set, left, right)
    categorical = np.unique(feature[is_set])
    below = np.nextafter(conditions, np.float32(-np.inf)).astype(np.float64)
    return {
        "roots": roots,
        "left": np.where(is_inner, first + start, -1),
        "right": np.where(is_inner, second + start, -1),
        "feature": feature,
        "threshold": np.where(is_inner & ~is_set, below, 0.0),
        "missing_left": is_inner & (default_left != is_set),
        "category_set": np.where(is_set, set_number, -1),
        # A leaf's value stands where a split has its condition.
        "values": conditions[~is_inner].astype(np.float64)[:, np.newaxis],
        "category_features": categorical,
        "category_offsets": np.zeros(categorical.size + 1, dtype=np.int64),
        "set_offsets": set_offsets,
        "sets": sets,
    }


def _sets(categories: Array, sizes: Array) -> tuple[Array, Array]:
    """Return sets of codes as words of bits, and their offsets.

    Parameters
    ----------
    categories : ndarray of shape (n_categories,)
        Codes in the sets, one set after the other.
    sizes : ndarray of shape (n_sets,)
        How many of them are of each set, at least one.
    """
    starts = np.cumsum(sizes) - sizes
    largest = np.maximum.reduceat(categories, starts) if sizes.size else sizes
    n_words = largest // 32 + 1
    offsets = np.concatenate([[0], np.cumsum(n_words)])
    places = np.repeat(offsets[:-1], sizes) + categories // 32
    words = np.zeros(int(offsets[-1]), dtype=np.uint32)
    np.bitwise_or.at(words, places, (1 << (categories % 32)).astype(np.uint32))
    return words, offsets
