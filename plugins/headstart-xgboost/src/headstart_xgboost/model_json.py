"""XGBoost's JSON model, checked.

XGBoost checks the lengths of a tree's arrays when it loads one, but not what is in
them: a child index outside the tree makes it read foreign memory, a cycle makes it
never return. So the JSON is read here first, every number is checked, and XGBoost gets
a JSON written anew from what was read, with nothing in it that was not checked.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base.arrays import require
from headstart.exceptions import ArtifactError

__all__ = ["Ensemble", "parse", "render"]

Array = NDArray[Any]

_MAX_NODES = 1_000_000
_MAX_DEPTH = 2_000
_MAX_CATEGORY = 1_000_000
_ROOT_PARENT = 2**31 - 1

_INTEGERS = ("left_children", "right_children", "parents", "split_indices")
_FLOATS = ("base_weights", "loss_changes", "split_conditions", "sum_hessian")
_FLAGS = ("default_left", "split_type")
_CATEGORIES = (
    "categories",
    "categories_nodes",
    "categories_segments",
    "categories_sizes",
)
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
        Checked arrays by XGBoost's names.
    """

    objective: str
    n_features: int
    n_outputs: int
    categorical: tuple[int, ...]
    base_score: tuple[float, ...]
    trees: list[dict[str, Array]]


def parse(data: bytes) -> Ensemble:
    """Read and check a JSON model.

    Raises
    ------
    ArtifactError
        If `data` is not a model that XGBoost can safely load.
    """
    try:
        return _read(json.loads(data))
    except ArtifactError:
        raise
    except Exception as error:
        raise ArtifactError(f"The XGBoost model cannot be read: {error!r}.") from error


def render(model: Ensemble) -> bytes:
    """Write the JSON that XGBoost loads; `parse` reads it back."""
    trees = [
        {
            **{name: array.tolist() for name, array in tree.items()},
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
                "cats": {"enc": [], "feature_segments": [], "sorted_idx": []},
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
    return json.dumps(record, separators=(",", ":"), allow_nan=False).encode()


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
    trees = [
        _tree(tree, f"tree {index}", is_categorical)
        for index, tree in enumerate(stored["trees"])
    ]
    return Ensemble(objective, n_features, n_outputs, categorical, tuple(score), trees)


def _count(word: Any, low: int, high: int) -> int:
    sound = isinstance(word, str) and word.isascii() and word.isdigit()
    require(
        sound and len(word) < 10 and low <= int(word) <= high,
        f"The XGBoost model has a count that must be in {low}..{high}.",
    )
    return int(word)


def _tree(
    record: dict[str, Any], where: str, is_categorical: NDArray[np.bool_]
) -> dict[str, Array]:
    tree = {name: _array(record, name, "i", where) for name in (*_INTEGERS, *_FLAGS)}
    tree |= {name: _array(record, name, "if", where) for name in _FLOATS}
    size = tree["parents"].size
    require(
        0 < size <= _MAX_NODES and all(array.size == size for array in tree.values()),
        f"The arrays of {where} of the XGBoost model must have one length.",
    )
    require(
        record["tree_param"]["num_deleted"] == "0"
        and record["tree_param"]["size_leaf_vector"] in {"0", "1"},
        f"{where} of the XGBoost model must have no deleted nodes and single leaves.",
    )
    for name in _FLOATS:
        # XGBoost reads single precision: what overflows it would become infinite.
        require(
            np.all(np.abs(tree[name]) <= float(np.finfo(np.float32).max)),
            f"{name} of {where} of the XGBoost model must be finite.",
        )
    for name in _FLAGS:
        require(
            np.all((tree[name] == 0) | (tree[name] == 1)),
            f"{name} of {where} of the XGBoost model must be 0 or 1.",
        )
    features = tree["split_indices"]
    require(
        np.all((features >= 0) & (features < is_categorical.size)),
        f"{where} of the XGBoost model splits by a feature that does not exist.",
    )
    inner = _check_shape(tree, where)
    split_by_set = tree["split_type"] == 1
    require(
        not np.any(split_by_set & ~(inner & is_categorical[features]))
        and not np.any(inner & is_categorical[features] & ~split_by_set),
        f"{where} of the XGBoost model takes a number for a category.",
    )
    tree |= {name: _array(record, name, "i", where) for name in _CATEGORIES}
    _check_categories(tree, np.flatnonzero(split_by_set), where)
    return tree


def _array(record: dict[str, Any], name: str, kinds: str, where: str) -> Array:
    values = record[name]
    require(
        isinstance(values, list), f"{name} of {where} of the XGBoost model is no list."
    )
    array = np.array(values) if values else np.zeros(0, dtype=np.int64)
    require(
        array.ndim == 1 and array.dtype.kind in kinds,
        f"{name} of {where} of the XGBoost model must hold plain numbers.",
    )
    return array


def _check_shape(tree: dict[str, Array], where: str) -> NDArray[np.bool_]:
    """Check that nodes form one tree; return which are no leaves.

    A child comes after its parent and has only one, so there are no cycles.
    """
    left, right, parents = (
        tree[name] for name in ("left_children", "right_children", "parents")
    )
    size = left.size
    inner = left != -1
    nodes = np.arange(size)
    children = np.concatenate([left[inner], right[inner]])
    sound = (
        np.array_equal(inner, right != -1)
        and np.all(children > np.concatenate([nodes[inner], nodes[inner]]))
        and np.array_equal(np.sort(children), nodes[1:])
    )
    if sound:
        expected = np.full(size, _ROOT_PARENT)
        expected[left[inner]] = nodes[inner]
        expected[right[inner]] = nodes[inner]
        # Some versions write -1 where the root has no parent.
        sound = np.array_equal(parents[1:], expected[1:])
        sound = sound and parents[0] in {_ROOT_PARENT, -1}
    require(sound, f"The nodes of {where} of the XGBoost model form no tree.")
    if size > _MAX_DEPTH:
        depth = [0] * size
        for node, parent in enumerate(parents.tolist()):
            if node:
                depth[node] = depth[parent] + 1
        require(
            max(depth) <= _MAX_DEPTH,
            f"{where} of the XGBoost model is deeper than {_MAX_DEPTH}.",
        )
    return np.asarray(inner)


def _check_categories(tree: dict[str, Array], nodes: Array, where: str) -> None:
    """Check that each node that splits by a set of categories has one of its own."""
    categories, owners, segments, sizes = (tree[name] for name in _CATEGORIES)
    require(
        np.array_equal(owners, nodes)
        and segments.size == sizes.size == nodes.size
        and np.all(sizes > 0)
        and np.array_equal(segments, np.cumsum(sizes) - sizes)
        and categories.size == sizes.sum()
        and np.all((categories >= 0) & (categories < _MAX_CATEGORY)),
        f"The sets of categories in {where} of the XGBoost model make no sense.",
    )
