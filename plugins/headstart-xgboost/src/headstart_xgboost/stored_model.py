"""XGBoost's stored model, checked.

XGBoost checks the lengths of a tree's arrays when it loads one, but not what is in
them: a child index outside the tree makes it read foreign memory, a cycle makes it
never return. So the model is read here first, every number is checked, and XGBoost gets
one written anew from what was read, with nothing in it that was not checked.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base.arrays import require
from headstart.exceptions import ArtifactError
from headstart_xgboost import ubjson

__all__ = ["Ensemble", "parse", "render"]

Array = NDArray[Any]

_MAX_NODES = 1_000_000
_MAX_DEPTH = 2_000
_MAX_CATEGORY = 1_000_000
# XGBoost keeps a bit for each category below the largest of a set, for every set.
_MAX_BITS = 2**33
_ROOT_PARENT = 2**31 - 1

_INTEGERS = ("left_children", "right_children", "parents", "split_indices")
_FLOATS = ("base_weights", "loss_changes", "split_conditions", "sum_hessian")
_FLAGS = ("default_left", "split_type")
_SETS = ("categories_nodes", "categories_segments", "categories_sizes")
# As XGBoost wants them.
_TYPES: dict[str, type[np.generic]] = {
    **dict.fromkeys((*_INTEGERS, "categories", "categories_nodes"), np.int32),
    **dict.fromkeys(("categories_segments", "categories_sizes"), np.int64),
    **dict.fromkeys(_FLOATS, np.float32),
    **dict.fromkeys(_FLAGS, np.uint8),
}
_NOTHING = np.zeros(0, np.int32)
# Objective by name: whether it counts classes, and the record that XGBoost wants.
_REGRESSION = {"reg_loss_param": {"scale_pos_weight": "1"}}
_OBJECTIVES: dict[str, dict[str, Any]] = {
    "binary:logistic": _REGRESSION,
    "reg:squarederror": _REGRESSION,
    "reg:absoluteerror": {},
    # Which quantile it was does not change what the trees say.
    "reg:quantileerror": {"quantile_loss_param": {"quantile_alpha": "[0.5]"}},
    "multi:softprob": {},
}


@dataclass(frozen=True, slots=True)
class Ensemble:
    """A whole model.

    Parameters
    ----------
    objective : str
    n_features : int
    n_outputs : int
        Trees in each round.
    categorical : tuple of int
        Features that hold categories.
    base_score : tuple of float
        Where boosting starts, one value for each output.
    trees : list of dict
        Checked arrays by XGBoost's names, in its types.
    """

    objective: str
    n_features: int
    n_outputs: int
    categorical: tuple[int, ...]
    base_score: tuple[float, ...]
    trees: list[dict[str, Array]]


def parse(data: bytes) -> Ensemble:
    """Read and check a model in UBJSON.

    Raises
    ------
    ArtifactError
        If `data` is not a model that XGBoost can safely load.
    """
    try:
        return _read(ubjson.read(data))
    except ArtifactError:
        raise
    except Exception as error:
        raise ArtifactError(f"The XGBoost model cannot be read: {error!r}.") from error


def render(model: Ensemble) -> bytes:
    """Write the UBJSON that XGBoost loads; `parse` reads it back."""
    trees = [
        {
            **tree,
            "id": index,
            "tree_param": {
                "num_deleted": "0",
                "num_feature": str(model.n_features),
                "num_nodes": str(tree["parents"].size),
                "size_leaf_vector": "1",
            },
        }
        for index, tree in enumerate(model.trees)
    ]
    n_rounds = len(trees) // model.n_outputs
    objective = {"name": model.objective, **_OBJECTIVES[model.objective]}
    n_classes = model.n_outputs if model.objective == "multi:softprob" else 0
    if n_classes:
        objective["softmax_multiclass_param"] = {"num_class": str(n_classes)}
    score = ",".join(repr(value) for value in model.base_score)
    types = ["q"] * model.n_features
    for feature in model.categorical:
        types[feature] = "c"
    learner = {
        "attributes": {},
        "feature_names": [],
        "feature_types": types,
        "gradient_booster": {
            "model": {
                "cats": {
                    "enc": [],
                    "feature_segments": _NOTHING,
                    "sorted_idx": _NOTHING,
                },
                "gbtree_model_param": {
                    "num_parallel_tree": "1",
                    "num_trees": str(len(trees)),
                },
                "iteration_indptr": [
                    index * model.n_outputs for index in range(n_rounds + 1)
                ],
                "tree_info": list(range(model.n_outputs)) * n_rounds,
                "trees": trees,
            },
            "name": "gbtree",
        },
        "learner_model_param": {
            "base_score": f"[{score}]",
            "boost_from_average": "1",
            "num_class": str(n_classes),
            "num_feature": str(model.n_features),
            "num_target": "1",
        },
        "objective": objective,
    }
    record = {"learner": learner, "version": [3, 0, 0]}
    return ubjson.write(record)


def _read(record: Any) -> Ensemble:
    learner = record["learner"]
    parameters = learner["learner_model_param"]
    objective = learner["objective"]["name"]
    require(
        isinstance(objective, str) and objective in _OBJECTIVES,
        f"The XGBoost model has an unknown objective: {str(objective)[:80]!r}.",
    )
    n_features = _count(parameters["num_feature"], 1, 10_000_000)
    multiclass = objective == "multi:softprob"
    n_outputs = _count(parameters["num_class"], 3, 100_000) if multiclass else 1
    types = learner["feature_types"] or ["q"] * n_features
    require(
        isinstance(types, list)
        and len(types) == n_features
        and set(types) <= {"q", "c", "i", "float", "int"},
        "The XGBoost model must have a type for each feature.",
    )
    categorical = tuple(index for index, kind in enumerate(types) if kind == "c")
    require(
        learner["gradient_booster"]["name"] == "gbtree",
        "The XGBoost model must be of trees.",
    )
    score = [float(word) for word in parameters["base_score"].strip("[]").split(",")]
    require(
        len(score) in {1, n_outputs}
        and all(math.isfinite(value) and abs(value) < 1e30 for value in score)
        and (objective != "binary:logistic" or 0 < score[0] < 1),
        "The XGBoost model starts from a score that makes no sense.",
    )
    stored = learner["gradient_booster"]["model"]
    rounds, rest = divmod(len(stored["trees"]), n_outputs)
    require(
        rounds > 0
        and rest == 0
        and stored["tree_info"] == list(range(n_outputs)) * rounds,
        f"The XGBoost model must have {n_outputs} trees a round.",
    )
    is_categorical = np.zeros(n_features, dtype=bool)
    is_categorical[list(categorical)] = True
    trees = _checked(stored["trees"], is_categorical)
    return Ensemble(objective, n_features, n_outputs, categorical, tuple(score), trees)


def _count(word: Any, low: int, high: int) -> int:
    sound = isinstance(word, str) and word.isascii() and word.isdigit()
    require(
        sound and len(word) < 10 and low <= int(word) <= high,
        f"The XGBoost model has a count that must be in {low}..{high}.",
    )
    return int(word)


def _checked(
    records: list[dict[str, Any]], is_categorical: NDArray[np.bool_]
) -> list[dict[str, Array]]:
    """Return the arrays of all trees, in XGBoost's types.

    Trees are small and many: they are checked as one long array, a node's place in it
    told by where its tree starts.
    """
    for record in records:
        require(
            record["tree_param"]["num_deleted"] == "0"
            and record["tree_param"]["size_leaf_vector"] in {"0", "1"},
            "Trees of the XGBoost model must have no deleted nodes and single leaves.",
        )
    sizes = _sizes(records, "parents")
    require(
        bool(np.all((sizes > 0) & (sizes <= _MAX_NODES))),
        f"Trees of the XGBoost model must have 1 to {_MAX_NODES:,} nodes.",
    )
    nodes = {n: _joined(records, n, "iu", sizes) for n in (*_INTEGERS, *_FLAGS)}
    nodes |= {n: _joined(records, n, "f", sizes) for n in _FLOATS}
    for name in _FLOATS:
        # XGBoost reads single precision: what overflows it would become infinite.
        require(
            np.all(np.abs(nodes[name]) <= float(np.finfo(np.float32).max)),
            f"{name} of the trees of the XGBoost model must be finite.",
        )
    for name in _FLAGS:
        require(
            np.all((nodes[name] == 0) | (nodes[name] == 1)),
            f"{name} of the trees of the XGBoost model must be 0 or 1.",
        )
    features = nodes["split_indices"]
    require(
        np.all((features >= 0) & (features < is_categorical.size)),
        "A tree of the XGBoost model splits by a feature that does not exist.",
    )
    inner = _check_shape(nodes, sizes)
    split_by_set = nodes["split_type"] == 1
    require(
        np.array_equal(split_by_set, inner & is_categorical[features]),
        "A tree of the XGBoost model takes a number for a category.",
    )
    n_sets = _sizes(records, "categories_nodes")
    n_categories = _sizes(records, "categories")
    sets = {name: _joined(records, name, "iu", n_sets) for name in _SETS}
    sets["categories"] = _joined(records, "categories", "iu", n_categories)
    _check_categories(sets, n_sets, n_categories, split_by_set, sizes)
    apart = {name: _apart(name, array, sizes) for name, array in nodes.items()}
    apart |= {
        name: _apart(name, array, n_categories if name == "categories" else n_sets)
        for name, array in sets.items()
    }
    names = list(apart)
    return [
        dict(zip(names, arrays, strict=True))
        for arrays in zip(*apart.values(), strict=True)
    ]


def _sizes(records: list[dict[str, Any]], name: str) -> Array:
    """Return the lengths of one array of each tree, having seen that it is one."""
    for record in records:
        require(
            isinstance(record[name], np.ndarray),
            f"{name} of a tree of the XGBoost model must hold plain numbers.",
        )
    return np.array([record[name].size for record in records], dtype=np.int64)


def _joined(
    records: list[dict[str, Any]], name: str, kinds: str, sizes: Array
) -> Array:
    """Return one array of all trees, one tree after the other."""
    require(
        np.array_equal(_sizes(records, name), sizes),
        f"{name} of a tree of the XGBoost model has another length than its others.",
    )
    arrays = [record[name] for record in records]
    require(
        all(array.dtype.kind in kinds for array in arrays),
        f"{name} of a tree of the XGBoost model must hold plain numbers.",
    )
    # Of one sign and width: what is subtracted and summed here does not overflow.
    return np.concatenate(arrays).astype(np.float64 if kinds == "f" else np.int64)


def _apart(name: str, joined: Array, sizes: Array) -> list[Array]:
    ends = np.cumsum(sizes).tolist()
    values = joined.astype(_TYPES[name])
    return [
        values[end - size : end] for end, size in zip(ends, sizes.tolist(), strict=True)
    ]


def _check_shape(nodes: dict[str, Array], sizes: Array) -> NDArray[np.bool_]:
    """Check that nodes form trees; return which are no leaves.

    A child comes after its parent, in the same tree, and has only one, so there are no
    cycles.
    """
    left, right, parents = (
        nodes[name] for name in ("left_children", "right_children", "parents")
    )
    roots = np.cumsum(sizes) - sizes
    start, size = np.repeat(roots, sizes), np.repeat(sizes, sizes)
    place = np.arange(left.size) - start
    inner = left != -1
    sound = np.array_equal(inner, right != -1)
    for children in (left, right):
        sound = sound and bool(np.all(((children > place) & (children < size))[inner]))
    if sound:
        found = np.concatenate([(left + start)[inner], (right + start)[inner]])
        is_root = place == 0
        sound = np.array_equal(np.sort(found), np.flatnonzero(~is_root))
    if sound:
        expected = np.zeros(left.size, dtype=np.int64)
        expected[found] = np.concatenate([place[inner], place[inner]])
        # Some versions write -1 where the root has no parent.
        sound = np.array_equal(parents[~is_root], expected[~is_root]) and bool(
            np.all(np.isin(parents[is_root], (_ROOT_PARENT, -1)))
        )
    require(sound, "The nodes of a tree of the XGBoost model form no tree.")
    for root, n_nodes in zip(roots.tolist(), sizes.tolist(), strict=True):
        if n_nodes > _MAX_DEPTH:
            depth = [0] * n_nodes
            for node, parent in enumerate(parents[root : root + n_nodes].tolist()):
                if node:
                    depth[node] = depth[parent] + 1
            require(
                max(depth) <= _MAX_DEPTH,
                f"A tree of the XGBoost model is deeper than {_MAX_DEPTH}.",
            )
    return np.asarray(inner)


def _check_categories(
    sets: dict[str, Array],
    n_sets: Array,
    n_categories: Array,
    split_by_set: NDArray[np.bool_],
    sizes: Array,
) -> None:
    """Check that each node that splits by a set of categories has one of its own."""
    owners, segments, lengths = (sets[name] for name in _SETS)
    categories = sets["categories"]
    roots = np.cumsum(sizes) - sizes
    # A bound before sums, which could overflow.
    sound = bool(
        np.all((owners >= 0) & (owners < np.repeat(sizes, n_sets)))
        and np.all((lengths > 0) & (lengths <= categories.size))
        and np.all((categories >= 0) & (categories < _MAX_CATEGORY))
    )
    if sound:
        until = np.concatenate([[0], np.cumsum(lengths)])
        ends = np.cumsum(n_sets)
        begins = until[ends - n_sets]
        sound = (
            np.array_equal(
                owners + np.repeat(roots, n_sets), np.flatnonzero(split_by_set)
            )
            and np.array_equal(segments, until[:-1] - np.repeat(begins, n_sets))
            and np.array_equal(n_categories, until[ends] - begins)
        )
    require(
        sound, "The sets of categories in a tree of the XGBoost model make no sense."
    )
    if lengths.size:
        n_bits = int((np.maximum.reduceat(categories, until[:-1]) + 1).sum())
        require(
            n_bits <= _MAX_BITS,
            "The sets of categories in the XGBoost model take more than "
            f"{_MAX_BITS // 8:,} bytes.",
        )
