"""scikit-learn's tree models as plain arrays: stored without pickle, evaluated in Rust.

Trees are concatenated. A tree owns the nodes from its root up to the next tree's; the
two children of a node are neighbours, so the left one is enough; a leaf's is -1. Leaves
own the rows of ``values``, in order. Whatever file the arrays come from, they are
checked before use: what is accepted can be evaluated on any input.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray, Parts
from headstart.base.arrays import pack_arrays, require, unpack_arrays
from headstart.exceptions import ArtifactError

__all__ = ["TreeArrays", "from_forest", "from_hist_gradient_boosting"]

Array = NDArray[Any]

_PART = "trees.npz"
_EXPECTED = {
    "roots": ("i", 1),
    "left": ("i", 1),
    "feature": ("i", 1),
    "threshold": ("f", 1),
    "missing_left": ("b", 1),
    "category_set": ("i", 1),
    "values": ("f", 2),
    "category_features": ("i", 1),
    "category_offsets": ("i", 1),
    "category_values": ("f", 1),
    "category_sets": ("u", 2),
    "n_features": ("i", 0),
    "baseline": ("f", 1),
    "mean": ("b", 0),
    "single_precision": ("b", 0),
}
_WORDS = 8  # of 32 bits: as many categories as scikit-learn has bins


class TreeArrays:
    """Decision trees whose leaf values are added up.

    Made by `from_forest`, `from_hist_gradient_boosting` or `TreeArrays.from_parts`.
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        left = _as(arrays["left"], np.int32)
        n_nodes = left.size
        category_set = _as(arrays["category_set"], np.int32)
        if category_set.size == 0:
            category_set = np.full(n_nodes, -1, dtype=np.int32)
        self._form = {
            name: arrays[name]
            for name in (
                "category_features",
                "category_offsets",
                "category_values",
                "category_sets",
                "n_features",
                "baseline",
                "mean",
                "single_precision",
            )
        }
        self._trees = _core.TreeEnsemble(
            roots=_as(arrays["roots"], np.int64),
            left=left,
            right=_as(arrays.get("right", np.where(left < 0, -1, left + 1)), np.int32),
            feature=_as(arrays["feature"], np.int32),
            threshold=_as(arrays["threshold"], np.float64),
            missing_left=_as(arrays["missing_left"], np.uint8),
            category_set=category_set,
            values=_as(arrays["values"], np.float64),
            category_features=_as(arrays["category_features"], np.int32),
            category_offsets=_as(arrays["category_offsets"], np.int64),
            category_values=_as(arrays["category_values"], np.float64),
            category_sets=_as(arrays["category_sets"], np.uint32),
            n_features=int(arrays["n_features"]),
            baseline=_as(arrays["baseline"], np.float64),
            mean=bool(arrays["mean"]),
            single_precision=bool(arrays["single_precision"]),
        )

    @property
    def n_features(self) -> int:
        """Columns of the input."""
        return self._trees.n_features

    @property
    def n_outputs(self) -> int:
        """Columns of the prediction."""
        return self._trees.n_outputs

    @property
    def n_trees(self) -> int:
        """Number of trees."""
        return self._trees.n_trees

    @property
    def n_nodes(self) -> int:
        """Number of nodes of all trees."""
        return self._trees.n_nodes

    def predict(self, X: FloatArray, n_threads: int = 1) -> FloatArray:
        """Predict raw values, as the estimator would before any link function.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
            Anything goes: NaN is missing, and so is an unknown category.
        n_threads : int, default=1
            Has no influence on the result.

        Returns
        -------
        ndarray of shape (n_rows, n_outputs)
            A forest's mean: class probabilities, or one column of values. A boosted
            model's sum on the scale of its link, one column for a binary target.

        Raises
        ------
        ValueError
            If `X` is not a matrix of `n_features` columns.
        """
        if n_threads < 1:
            raise ValueError(
                "The 'n_threads' parameter of TreeArrays.predict must be an int >= 1. "
                f"Got {n_threads} instead."
            )
        matrix = np.ascontiguousarray(X, dtype=np.float64)
        if matrix.ndim != 2:
            raise ValueError(
                f"X must be a matrix of {self.n_features} columns. "
                f"Got an array of shape {matrix.shape} instead."
            )
        return self._trees.predict(matrix, n_threads)

    def to_parts(self) -> Parts:
        """Return the trees as named bytes that load without running code."""
        arrays: dict[str, Array] = {**self._trees.arrays(), **self._form}
        # Each array in the smallest type that holds its values exactly.
        if self.n_features <= np.iinfo(np.int16).max:
            arrays["feature"] = arrays["feature"].astype(np.int16)
        if np.array_equal(
            arrays["threshold"], _round_down(arrays["threshold"]).astype(np.float64)
        ):
            arrays["threshold"] = _round_down(arrays["threshold"])
        arrays["missing_left"] = arrays["missing_left"].astype(np.bool_)
        if not arrays["category_features"].size:
            arrays["category_set"] = np.zeros(0, dtype=np.int32)
        return {_PART: pack_arrays(arrays)}

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the trees that `to_parts` wrote.

        Raises
        ------
        ArtifactError
            If the parts are anything else.
        """
        require(
            set(parts) == {_PART},
            f"Stored trees must be the part {_PART!r}. Got {sorted(parts)[:20]}.",
        )
        arrays = unpack_arrays(parts[_PART], _EXPECTED)
        for name, highest in (
            ("left", np.iinfo(np.int32).max - 1),
            ("feature", np.iinfo(np.int32).max),
            ("category_set", np.iinfo(np.int32).max),
            ("category_features", np.iinfo(np.int32).max),
            ("category_sets", np.iinfo(np.uint32).max),
            ("n_features", np.iinfo(np.int32).max),
        ):
            array = arrays[name]
            require(
                array.size == 0 or (array.min() >= -1 and array.max() <= highest),
                f"Stored array {name!r} holds numbers out of range.",
            )
        require(arrays["n_features"] >= 1, "Stored trees must have features.")
        try:
            return cls(arrays)
        except ValueError as error:
            raise ArtifactError(f"Stored trees are not trees: {error}") from error

    def __reduce__(self) -> tuple[Callable[[Mapping[str, bytes]], Self], tuple[Parts]]:
        return type(self).from_parts, (self.to_parts(),)

    def __repr__(self) -> str:
        return f"TreeArrays(n_trees={self.n_trees}, n_nodes={self.n_nodes})"


def from_forest(estimator: Any) -> TreeArrays:
    """Take the trees of a fitted random forest or ExtraTrees.

    Parameters
    ----------
    estimator : estimator
        Classifier or regressor with one target.

    Returns
    -------
    TreeArrays
        Predicts what ``predict_proba`` or ``predict`` does.

    Raises
    ------
    ValueError
        If the estimator has several targets.
    """
    if estimator.n_outputs_ != 1:
        raise ValueError(
            f"A forest must have one target. Got one of {estimator.n_outputs_}."
        )
    trees = [member.tree_ for member in estimator.estimators_]
    roots = _starts(tree.node_count for tree in trees)
    left = _joined(
        _shift(t.children_left, r) for t, r in zip(trees, roots, strict=True)
    )
    right = _joined(
        _shift(t.children_right, r) for t, r in zip(trees, roots, strict=True)
    )
    # Leaves only: with many classes the values of all nodes are most of a forest.
    values = _joined(tree.value[tree.children_left < 0, 0, :] for tree in trees)
    threshold = _round_down(_joined(tree.threshold for tree in trees))
    return TreeArrays(
        {
            "roots": roots,
            "left": left,
            "right": right,
            "feature": _joined(tree.feature for tree in trees),
            "threshold": threshold,
            "missing_left": _joined(tree.missing_go_to_left for tree in trees) != 0,
            "category_set": np.zeros(0, dtype=np.int32),
            "values": values,
            **_categories({}, np.zeros((0, _WORDS), dtype=np.uint32)),
            "n_features": np.array(estimator.n_features_in_),
            "baseline": np.zeros(values.shape[1]),
            "mean": np.array(True),  # noqa: FBT003
            # scikit-learn's trees compare single precision numbers.
            "single_precision": np.array(True),  # noqa: FBT003
        }
    )


def from_hist_gradient_boosting(estimator: Any) -> TreeArrays:
    """Take the trees of a fitted histogram gradient boosting model.

    Parameters
    ----------
    estimator : HistGradientBoostingClassifier or HistGradientBoostingRegressor
        Fitted on numbers only; categories are numbers too.

    Returns
    -------
    TreeArrays
        Predicts what ``_raw_predict`` does: a regressor's value before its link, the
        log odds of class 1, or a column a class.

    Raises
    ------
    ValueError
        If a category is not a number.
    """
    iterations = estimator._predictors
    trees = [tree for iteration in iterations for tree in iteration]
    nodes = _joined(tree.nodes for tree in trees)
    roots = _starts(tree.nodes.shape[0] for tree in trees)
    first_node = np.repeat(roots, [tree.nodes.shape[0] for tree in trees])
    set_counts = [tree.raw_left_cat_bitsets.shape[0] for tree in trees]
    first_set = np.repeat(_starts(set_counts), [tree.nodes.shape[0] for tree in trees])
    is_leaf = nodes["is_leaf"] != 0
    is_set = ~is_leaf & (nodes["is_categorical"] != 0)
    columns, levels = _encoded_columns(estimator)
    feature = np.zeros(nodes.shape[0], dtype=np.int64)
    feature[~is_leaf] = columns[nodes["feature_idx"][~is_leaf]]
    sets = _joined(tree.raw_left_cat_bitsets for tree in trees)
    baseline = np.asarray(estimator._baseline_prediction, dtype=np.float64).reshape(-1)
    return TreeArrays(
        {
            "roots": roots,
            "left": np.where(is_leaf, -1, nodes["left"] + first_node),
            "right": np.where(is_leaf, -1, nodes["right"] + first_node),
            "feature": feature,
            "threshold": nodes["num_threshold"],
            "missing_left": nodes["missing_go_to_left"] != 0,
            "category_set": np.where(is_set, nodes["bitset_idx"] + first_set, -1),
            "values": nodes["value"][is_leaf].reshape(-1, 1),
            **_categories(levels, sets),
            "n_features": np.array(estimator.n_features_in_),
            "baseline": baseline,
            "mean": np.array(False),  # noqa: FBT003
            "single_precision": np.array(False),  # noqa: FBT003
        }
    )


def _encoded_columns(estimator: Any) -> tuple[Array, dict[int, FloatArray]]:
    """Columns of the input in the order of the trees, and known categories by column.

    scikit-learn moves categorical columns to the front and codes their values.
    """
    is_categorical = estimator.is_categorical_
    if is_categorical is None:
        return np.arange(estimator.n_features_in_), {}
    categorical = np.flatnonzero(is_categorical)
    columns = np.concatenate([categorical, np.flatnonzero(~is_categorical)])
    encoder = estimator._preprocessor.named_transformers_["encoder"]
    levels = {}
    for column, known in zip(categorical, encoder.categories_, strict=True):
        try:
            numbers = np.asarray(known, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"Categories of column {column} must be numbers. Got {known[:5]}."
            ) from error
        levels[int(column)] = numbers[~np.isnan(numbers)]
    return columns, levels


def _categories(levels: Mapping[int, FloatArray], sets: Array) -> dict[str, Array]:
    features = sorted(levels)
    sizes = [levels[feature].size for feature in features]
    return {
        "category_features": np.array(features, dtype=np.int32),
        "category_offsets": np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        "category_values": np.concatenate(
            [np.zeros(0), *(levels[feature] for feature in features)]
        ),
        "category_sets": sets,
    }


def _round_down(threshold: Array) -> NDArray[np.float32]:
    """Round to single precision, down: the same answers for single precision inputs."""
    with np.errstate(over="ignore"):
        rounded = threshold.astype(np.float32)
    return np.where(
        rounded > threshold, np.nextafter(rounded, np.float32(-np.inf)), rounded
    )


def _shift(children: Array, start: int) -> Array:
    return np.where(children < 0, -1, children + start)


def _starts(sizes: Iterable[int]) -> Array:
    return np.concatenate([[0], np.cumsum(list(sizes))[:-1]]).astype(np.int64)


def _joined(arrays: Iterable[Array]) -> Array:
    return np.concatenate(list(arrays))


def _as(array: Array, dtype: type[np.generic]) -> Array:
    # A field of a structured array may lie anywhere: the core asks for aligned ones.
    return np.require(array, dtype, ["C_CONTIGUOUS", "ALIGNED"])
