import io
import pickle

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier

from headstart.base.arrays import pack_arrays
from headstart.exceptions import ArtifactError
from headstart.learners.sklearn_trees import from_forest, from_hist_gradient_boosting
from headstart.predict import TreeArrays

PART = "trees.safetensors"


def stored_arrays():
    """A stump on numeric feature 1, and a tree of five nodes that asks a set first."""
    return {
        "roots": np.array([0, 3]),
        "left": np.array([1, -1, -1, 4, -1, 6, -1, -1], dtype=np.int32),
        "feature": np.array([1, 0, 0, 0, 0, 1, 0, 0], dtype=np.int16),
        "threshold": np.array([0.5, 0, 0, 0, 0, 2.0, 0, 0]),
        "missing_left": np.array([1, 0, 0, 0, 0, 1, 0, 0], dtype=bool),
        "category_set": np.array([-1, -1, -1, 0, -1, -1, -1, -1], dtype=np.int32),
        "values": np.array([[1.0], [2.0], [10.0], [20.0], [30.0]]),
        "category_features": np.array([0], dtype=np.int32),
        "category_offsets": np.array([0, 3]),
        "category_values": np.array([0.0, 1.0, 5.0]),
        "set_offsets": np.array([0, 1]),
        "sets": np.array([0b101], dtype=np.uint32),
        "n_features": np.array(2),
        "baseline": np.array([100.0]),
        "mean": np.array(False),
        "single_precision": np.array(False),
        "single_sums": np.array(False),
        "largest": np.array(np.inf),
    }


def load(**changes):
    arrays = {**stored_arrays(), **changes}
    return TreeArrays.from_parts({PART: pack_arrays(arrays)})


def replaced(name, position, value):
    array = stored_arrays()[name].copy()
    array[position] = value
    return {name: array}


def fitted_forest():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 5))
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    return RandomForestClassifier(n_estimators=7, random_state=0).fit(X, y), X


def fitted_boosting():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    X[:, 2] = rng.integers(0, 9, size=300)
    y = X[:, 0] + (X[:, 2] == 4)
    estimator = HistGradientBoostingRegressor(
        max_iter=8, categorical_features=[2], random_state=0
    )
    return estimator.fit(X, y), X


def test_each_row_gets_the_values_of_its_leaves():
    X = np.array([[0, 0], [1, 1], [5, 0.5], [1, 3], [7, np.nan], [np.nan, np.inf]])
    predictions = load().predict(X)
    # Set {0, 5} goes left; 7 is unknown and, like missing, goes right.
    np.testing.assert_array_equal(
        predictions, [[111.0], [122.0], [111.0], [132.0], [121.0], [132.0]]
    )


def test_any_number_of_rows_can_be_predicted():
    forest, X = fitted_forest()
    trees = from_forest(forest)
    whole = trees.predict(X)
    assert trees.predict(X[:0]).shape == (0, 2)
    for n_rows in (1, 7, 8, 9, 17):
        np.testing.assert_array_equal(trees.predict(X[:n_rows]), whole[:n_rows])


def test_predictions_are_the_same_for_any_number_of_threads():
    for trees, X in (
        (from_forest(fitted_forest()[0]), fitted_forest()[1]),
        (from_hist_gradient_boosting(fitted_boosting()[0]), fitted_boosting()[1]),
    ):
        rows = np.tile(X, (40, 1))
        predictions = {trees.predict(rows, n_threads=n).tobytes() for n in (1, 2, 7)}
        assert len(predictions) == 1


def test_rows_may_lie_in_memory_in_any_way():
    forest, X = fitted_forest()
    trees = from_forest(forest)
    expected = trees.predict(X)
    np.testing.assert_array_equal(trees.predict(np.asfortranarray(X)), expected)
    np.testing.assert_array_equal(trees.predict(X[::-1])[::-1], expected)


@pytest.mark.parametrize("fitted", [fitted_forest, fitted_boosting])
def test_parts_load_to_equal_trees(fitted):
    estimator, X = fitted()
    convert = from_forest if fitted is fitted_forest else from_hist_gradient_boosting
    trees = convert(estimator)
    parts = trees.to_parts()
    again = TreeArrays.from_parts(parts)
    np.testing.assert_array_equal(again.predict(X), trees.predict(X))
    assert again.to_parts() == parts
    assert (again.n_trees, again.n_nodes) == (trees.n_trees, trees.n_nodes)


def test_trees_pickle_by_their_parts():
    estimator, X = fitted_boosting()
    trees = from_hist_gradient_boosting(estimator)
    again = pickle.loads(pickle.dumps(trees))
    np.testing.assert_array_equal(again.predict(X), trees.predict(X))


def test_a_matrix_of_other_columns_is_refused():
    trees = load()
    with pytest.raises(ValueError, match="must have 2 columns"):
        trees.predict(np.zeros((3, 4)))
    with pytest.raises(ValueError, match="must be a matrix of 2 columns"):
        trees.predict(np.zeros(2))
    with pytest.raises(ValueError, match="'n_threads' parameter"):
        trees.predict(np.zeros((3, 2)), n_threads=0)


def test_a_forest_of_several_targets_is_refused():
    _, X = fitted_forest()
    estimator = RandomForestClassifier(n_estimators=2).fit(
        X, (X[:, :2] > 0).astype(int)
    )
    with pytest.raises(ValueError, match="must have one target"):
        from_forest(estimator)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (replaced("left", 0, 0), "children in 1"),  # its own child
        (replaced("left", 5, 3), "children in 6"),  # a cycle
        (replaced("left", 5, 7), "children in 6"),  # beyond the last node
        (replaced("left", 0, 4), "children in 1"),  # in another tree
        (replaced("left", 0, 2), "children in 1"),  # the right one in another tree
        (replaced("left", 4, 6) | replaced("feature", 4, 1), "shares its child"),
        (replaced("left", 5, -1), "has no parent"),
        (replaced("left", 5, -2), "out of range"),
        (replaced("left", 5, 2**31 - 1), "out of range"),
        (replaced("feature", 0, 2), "feature in 0..2"),
        (replaced("feature", 0, -1), "feature in 0..2"),
        (replaced("feature", 3, 1), "uses a set on the numeric feature 1"),
        (replaced("threshold", 0, np.nan), "must have a threshold"),
        (replaced("category_set", 3, 1), "must use a set in 0..1"),
        (replaced("category_set", 3, -1), "must use a set in 0..1"),
        (replaced("category_set", 0, 0), "uses a set on the numeric"),
        (replaced("values", 2, np.nan), "must be finite"),
        (replaced("values", 2, np.inf), "must be finite"),
        (replaced("baseline", 0, np.inf), "baseline of trees must be finite"),
        (replaced("roots", 1, 8), "Roots of trees"),
        (replaced("roots", 1, 0), "Roots of trees"),
        (replaced("roots", 0, -1), "Roots of trees"),
        (replaced("roots", 1, 4), "has no parent|children in"),
        ({"roots": np.zeros(0, dtype=np.int64)}, "Roots of trees"),
        ({"left": np.zeros(0, dtype=np.int32)}, "must hold 0 values"),
        ({"left": np.full(8, 2**40)}, "out of range"),
        ({"feature": np.zeros(7, dtype=np.int16)}, "feature must hold 8"),
        ({"threshold": np.zeros(9)}, "threshold must hold 8"),
        ({"missing_left": np.zeros(1, dtype=bool)}, "missing_left must hold 8"),
        ({"category_set": np.zeros(3, dtype=np.int32)}, "category_set must hold 8"),
        ({"values": np.zeros((4, 1))}, "5 leaves"),
        ({"values": np.zeros((5, 2))}, "5 leaves"),
        ({"values": np.zeros((0, 1))}, "5 leaves"),
        ({"baseline": np.zeros(0)}, "at least one output"),
        ({"baseline": np.zeros(3)}, "5 leaves"),
        ({"n_features": np.array(0)}, "must have features"),
        ({"n_features": np.array(-5)}, "out of range"),
        ({"n_features": np.array(2**40)}, "out of range"),
        ({"n_features": np.array(2**31 - 1)}, "must have 1 to"),
        ({"category_features": np.array([2], dtype=np.int32)}, "ascend within 0..2"),
        ({"category_features": np.array([-1], dtype=np.int32)}, "ascend within 0..2"),
        ({"category_features": np.zeros(0, dtype=np.int32)}, "must hold 1 values"),
        ({"category_offsets": np.array([0, 4])}, "Offsets of categories"),
        ({"category_offsets": np.array([1, 3])}, "Offsets of categories"),
        ({"category_offsets": np.array([0, -(2**63)])}, "Offsets of categories"),
        ({"category_values": np.array([0.0, 5.0, 1.0])}, "must ascend"),
        ({"category_values": np.array([0.0, 1.0, np.nan])}, "must ascend"),
        ({"sets": np.zeros(0, dtype=np.uint32)}, "Offsets of sets"),
        ({"set_offsets": np.array([0])}, "Offsets of sets"),
        ({"set_offsets": np.zeros(0, dtype=np.int64)}, "Offsets of sets"),
        ({"set_offsets": np.array([0, 2])}, "Offsets of sets"),
        ({"set_offsets": np.array([0, 2, 1])}, "Offsets of sets"),
        ({"set_offsets": np.array([-(2**63), 1])}, "Offsets of sets"),
        (
            {"set_offsets": np.array([0]), "sets": np.zeros(0, dtype=np.uint32)},
            "set in 0..0",
        ),
        ({"largest": np.array(np.nan)}, "must not be negative"),
        ({"largest": np.array(-1.0)}, "must not be negative"),
        ({"threshold": np.zeros(8, dtype=np.int64)}, "must be of kind"),
        ({"left": np.zeros(8)}, "must be of kind"),
        ({"left": np.zeros((2, 4), dtype=np.int32)}, "1 dimensions"),
    ],
)
def test_arrays_that_are_no_trees_are_refused(changes, message):
    with pytest.raises(ArtifactError, match=message):
        load(**changes)


def test_a_mean_of_no_trees_is_refused():
    empty = {
        name: stored_arrays()[name][:0]
        for name in ("roots", "left", "feature", "threshold", "missing_left")
    }
    empty |= {
        "category_set": np.zeros(0, dtype=np.int32),
        "values": np.zeros((0, 1)),
    }
    with pytest.raises(ArtifactError, match="at least one tree"):
        load(**empty, mean=np.array(True))
    assert load(**empty).predict(np.zeros((2, 2))).tolist() == [[100.0], [100.0]]


def test_numbers_of_leaves_do_not_matter():
    changes = replaced("feature", 1, 99) | replaced("threshold", 2, np.nan)
    X = np.array([[0.0, 0.0]])
    np.testing.assert_array_equal(load(**changes).predict(X), load().predict(X))


def test_a_truncated_file_is_refused():
    data = pack_arrays(stored_arrays())
    for length in (0, 1, 10, len(data) // 2, len(data) - 1):
        with pytest.raises(ArtifactError):
            TreeArrays.from_parts({PART: data[:length]})


def test_pickled_objects_are_refused_unread():
    class Bomb:
        def __reduce__(self):
            return pytest.fail, ("the pickle ran",)

    values = np.empty((5, 1), dtype=object)
    values[0, 0] = Bomb()
    buffer = io.BytesIO()
    np.savez(buffer, **{**stored_arrays(), "values": values})
    with pytest.raises(ArtifactError):
        TreeArrays.from_parts({PART: buffer.getvalue()})


def test_parts_of_other_names_are_refused():
    data = pack_arrays(stored_arrays())
    for parts in ({}, {"other": data}, {PART: data, "other": data}):
        with pytest.raises(ArtifactError, match="must be the part"):
            TreeArrays.from_parts(parts)


def test_a_model_of_a_single_node_is_taken_whatever_its_address():
    estimator = HistGradientBoostingRegressor(max_iter=1).fit([[0.0]] * 5, [1.0] * 5)

    trees = from_hist_gradient_boosting(estimator)

    assert trees.predict(np.zeros((2, 1))).ravel() == pytest.approx([1.0, 1.0])
