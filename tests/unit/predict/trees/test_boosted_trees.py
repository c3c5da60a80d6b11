"""Boosted trees of any library: links, storage, and files that someone damaged."""

import json

import numpy as np
import pytest

from headstart.base.arrays import pack_arrays, unpack_arrays
from headstart.exceptions import ArtifactError
from headstart.predict import BoostedTrees, TreeArrays, single_log_odds
from headstart.predict.trees import tree_arrays as module

ARRAYS, RECORD = "trees.safetensors", "boosting.json"


def stumps(n_trees, n_outputs, **changes):
    """Return stumps on feature 1 of 2 that add -1 or 0.5, and a set of codes of 0."""
    arrays = {
        "roots": np.arange(n_trees) * 5,
        "left": np.tile([1, 3, -1, -1, -1], n_trees)
        + np.repeat(np.arange(n_trees) * 5, 5) * np.tile([1, 1, 0, 0, 0], n_trees),
        "feature": np.tile([1, 0, 0, 0, 0], n_trees),
        "threshold": np.tile([0.5, 0.0, 0.0, 0.0, 0.0], n_trees),
        "missing_left": np.tile([True, False, False, False, False], n_trees),
        "category_set": np.tile([-1, 0, -1, -1, -1], n_trees),
        "values": np.tile([[2.0], [-1.0], [0.5]], (n_trees, 1)),
        "category_features": np.array([0]),
        "category_offsets": np.array([0, 0]),
        "set_offsets": np.array([0, 1]),
        "sets": np.array([0b110], dtype=np.uint32),
        "n_features": np.array(2),
        "baseline": np.zeros(n_outputs),
        **changes,
    }
    return TreeArrays(arrays)


ROWS = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [np.nan, np.nan]])
SUMS = np.array([-1.0, 0.5, 2.0, 0.5])


def test_one_output_is_one_axis():
    X = ROWS
    values = BoostedTrees(stumps(2, 1), "identity", 2).apply(X)
    np.testing.assert_array_equal(values, 2 * SUMS)


def test_probabilities_follow_from_sums_by_the_link():
    second = BoostedTrees(stumps(1, 1), "logistic", 1).apply(ROWS)
    np.testing.assert_allclose(second, 1 / (1 + np.exp(-SUMS)), rtol=1e-15)
    shares = BoostedTrees(stumps(4, 2), "softmax", 2)
    np.testing.assert_allclose(shares.apply(ROWS), np.full((4, 2), 0.5))


def test_single_precision_sums_have_single_precision_probabilities():
    trees = stumps(1, 1, single_sums=np.array(True))
    second = BoostedTrees(trees, "logistic", 1).apply(ROWS)
    np.testing.assert_array_equal(second, second.astype(np.float32))
    np.testing.assert_allclose(second, 1 / (1 + np.exp(-SUMS)), rtol=3e-7)


def test_log_odds_of_single_precision_are_those_of_the_probability():
    for probability in (0.01, 0.3, 0.75):
        expected = np.log(probability / (1 - probability))
        assert single_log_odds(probability) == pytest.approx(expected, rel=1e-6)


def test_no_rounds_predict_the_baseline():
    nothing = {
        name: np.zeros(0, dtype=np.int64)
        for name in ("roots", "left", "feature", "missing_left", "category_set")
    }
    trees = stumps(
        1, 1, **nothing, threshold=np.zeros(0), values=np.zeros((0, 1)),
        baseline=np.array([0.25]),
    )  # fmt: skip
    np.testing.assert_array_equal(trees.predict(ROWS), np.full((4, 1), 0.25))


def test_parts_load_to_equal_trees():
    model = BoostedTrees(stumps(3, 1), "logistic", 3)
    parts = model.to_parts()
    again = BoostedTrees.from_parts(parts)
    np.testing.assert_array_equal(again.apply(ROWS), model.apply(ROWS))
    assert (again.link, again.n_rounds, again.to_parts()) == ("logistic", 3, parts)


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        {},
        {"link": "logistic"},
        {"link": "exp", "n_rounds": 3},
        {"link": ["logistic"], "n_rounds": 3},
        {"link": "logistic", "n_rounds": 3.0},
        {"link": "logistic", "n_rounds": True},
        {"link": "logistic", "n_rounds": 0},
        {"link": "logistic", "n_rounds": -3},
        {"link": "logistic", "n_rounds": 2**40},
        {"link": "logistic", "n_rounds": 3, "more": 1},
        {"link": "logistic", "n_rounds": 2},
        {"link": "softmax", "n_rounds": 3},
    ],
)
def test_a_record_that_does_not_fit_is_refused(record):
    parts = BoostedTrees(stumps(3, 1), "logistic", 3).to_parts()
    with pytest.raises(ArtifactError):
        BoostedTrees.from_parts({**parts, RECORD: json.dumps(record).encode()})


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 5000, b"\xff\xfe", b" " * 10_000])
def test_a_record_that_is_no_json_is_refused(data):
    parts = BoostedTrees(stumps(3, 1), "logistic", 3).to_parts()
    with pytest.raises(ArtifactError):
        BoostedTrees.from_parts({**parts, RECORD: data})


def test_parts_too_many_or_too_few_are_refused():
    parts = BoostedTrees(stumps(3, 1), "logistic", 3).to_parts()
    for wrong in ({}, {RECORD: parts[RECORD]}, {**parts, "more": b""}):
        with pytest.raises(ArtifactError):
            BoostedTrees.from_parts(wrong)


EVIL = [-1, -2, 0, 1, 2, 3, 7, 64, 65536, 2**31 - 1, -(2**31), 2**32 - 1, 2**62]
EVIL += [0.5, 1e38, 1e308, float("nan"), float("inf"), -float("inf")]


def damage(parts, rng):
    """Return the parts with bits flipped, bytes cut, or a number exchanged."""
    kind = rng.integers(4)
    data = bytearray(parts[ARRAYS])
    if kind == 0:
        for place in rng.integers(0, len(data), rng.integers(1, 4)):
            data[place] ^= 1 << rng.integers(8)
    elif kind == 1:
        start, end = sorted(rng.integers(0, len(data), 2))
        del data[start : min(end, start + 200)]
    else:
        arrays = unpack_arrays(bytes(data), module._EXPECTED)
        array = arrays[str(rng.choice(sorted(arrays)))].reshape(-1)
        if array.size:
            value = EVIL[rng.integers(len(EVIL))]
            with np.errstate(all="ignore"):
                array[rng.integers(array.size)] = np.array(value).astype(array.dtype)
        data = pack_arrays(arrays)
    return {**parts, ARRAYS: bytes(data)}


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_damaged_arrays_are_refused_or_predict():
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(size=(20, 2)), ROWS, [[np.inf, -np.inf]]])
    refused = loaded = 0
    for trees in (stumps(4, 1), stumps(4, 2, single_precision=np.array(True))):
        link = "logistic" if trees.n_outputs == 1 else "softmax"
        model = BoostedTrees(trees, link, 4 // trees.n_outputs)
        parts = model.to_parts()
        for _ in range(400):
            try:
                damaged = BoostedTrees.from_parts(damage(parts, rng))
            except ArtifactError:
                refused += 1
                continue
            X = np.tile(rows, (1, damaged.trees.n_features // 2 + 1))
            X = X[:, : damaged.trees.n_features]
            assert len(damaged.apply(X)) == len(rows)
            loaded += 1
    assert refused > 200
    # Some changes are harmless: the arrays are read, not only refused.
    assert loaded > 20
