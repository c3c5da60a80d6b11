"""scikit-learn's fitted trees as plain arrays."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray
from headstart.predict import TreeArrays

__all__ = ["from_forest", "from_hist_gradient_boosting"]

Array = NDArray[Any]


def from_forest(estimator: Any) -> TreeArrays:
    """Return the trees of a fitted random forest or ExtraTrees.

    Parameters
    ----------
    estimator : estimator
        Classifier or regressor with one target.

    Returns
    -------
    TreeArrays
        With the same predictions as ``predict_proba`` or ``predict``.

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
    # Values of leaves only: with many classes those of all nodes would be very large.
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
            "values": values,
            "n_features": np.array(estimator.n_features_in_),
            "baseline": np.zeros(values.shape[1]),
            "mean": np.array(True),  # noqa: FBT003
            # scikit-learn's trees compare single precision numbers.
            "single_precision": np.array(True),  # noqa: FBT003
        }
    )


def from_hist_gradient_boosting(estimator: Any) -> TreeArrays:
    """Return the trees of a fitted histogram gradient boosting model.

    Parameters
    ----------
    estimator : HistGradientBoostingClassifier or HistGradientBoostingRegressor
        Fitted on numbers only; categories are numbers too.

    Returns
    -------
    TreeArrays
        With the same predictions as ``_raw_predict``: a regressor's value before its
        link, the log odds of class 1, or one column per class.

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
        }
    )


def _encoded_columns(estimator: Any) -> tuple[Array, dict[int, FloatArray]]:
    """Return input columns in the order of the trees, and categories per column.

    scikit-learn moves categorical columns to the front and codes their values.
    """
    is_categorical = estimator.is_categorical_
    if is_categorical is None:
        return np.arange(estimator.n_features_in_), {}
    categorical = np.flatnonzero(is_categorical)
    columns = np.concatenate([categorical, np.flatnonzero(~is_categorical)])
    encoder = estimator._preprocessor.named_transformers_["encoder"]
    levels = {}
    for column, categories in zip(categorical, encoder.categories_, strict=True):
        try:
            numbers = np.asarray(categories, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"Categories of column {column} must be numbers. Got {categories[:5]}."
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
        "set_offsets": np.arange(len(sets) + 1) * sets.shape[1],
        "sets": sets.reshape(-1),
    }


def _round_down(threshold: Array) -> NDArray[np.float32]:
    """Return thresholds rounded down: comparisons of single precision stay the same."""
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
