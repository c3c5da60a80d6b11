"""Stored models may be hostile: all of their numbers are checked."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from headstart_xgboost import XGBoost, stored_model, ubjson

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.exceptions import ArtifactError

LEARNER = XGBoost()
TASK = Task(TaskKind.MULTICLASS, 200, 2, 1, 3, "log_loss")


def make_rows():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(200, 3))
    values[:, 2] = rng.integers(0, 12, 200)
    signal = values[:, 0] + 2 * (values[:, 2] % 2)
    X = Matrix(values, ("a", "b", "c"), (2,), (12,))
    return Rows(X, np.searchsorted([0.0, 1.5], signal))


@pytest.fixture(scope="module")
def parts():
    parameters = {"n_rounds": 4, "max_cat_to_onehot": 2}
    fitted = LEARNER.fit(TASK, parameters, make_rows(), None, Resources(1, 0))
    return LEARNER.dump(fitted)


def test_no_damage_crashes_the_process():
    script = Path(__file__).with_name("fuzz_loader.py")
    done = subprocess.run(
        [sys.executable, str(script), "150"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    refused, loaded = map(int, done.stdout.split())
    assert refused > 200
    # Some changes are harmless: the text is read, not only refused.
    assert loaded > 5


def test_what_is_stored_predicts_the_same_bits(parts):
    fitted = LEARNER.load(parts)
    again = LEARNER.load(LEARNER.dump(fitted))
    X = make_rows().X
    np.testing.assert_array_equal(
        LEARNER.predict(fitted, X, TASK), LEARNER.predict(again, X, TASK)
    )


def find(record, path):
    for step in path[:-1]:
        record = record[step]
    return record


def change(parts, path, value):
    record = ubjson.read(parts["model.ubj"])
    holder = find(record, path)
    assert not np.array_equal(holder[path[-1]], value)
    if isinstance(holder, np.ndarray):
        numbers = holder.tolist()
        numbers[path[-1]] = value
        # Of a type that holds it; one that is no number is among others.
        numbers = numbers if isinstance(value, str) else np.array(numbers)
        find(record, path[:-1])[path[-2]] = numbers
    else:
        holder[path[-1]] = value
    return {**parts, "model.ubj": ubjson.write(record)}


MODEL = ("learner", "gradient_booster", "model")


def first_tree_of_categories(parts):
    trees = find(ubjson.read(parts["model.ubj"]), (*MODEL, "trees"))["trees"]
    return next(i for i, tree in enumerate(trees) if tree["categories"].size)


@pytest.mark.parametrize(
    ("key", "place", "value"),
    [
        ("left_children", 0, 1000),
        ("left_children", 0, 0),
        ("left_children", 0, -1),
        ("right_children", 0, 1.5),
        ("right_children", -1, 1),
        ("parents", -1, 1000),
        ("parents", 0, 1),
        ("split_indices", 0, 3),
        ("split_indices", 0, -1),
        ("split_conditions", -1, float("nan")),
        ("split_conditions", -1, 1e39),
        ("base_weights", 0, "1"),
        ("default_left", 0, 2),
        ("categories", 0, -1),
        ("categories", 0, 2**24),
        ("categories_nodes", 0, 1000),
        ("categories_segments", 0, 1),
        ("categories_sizes", 0, 1000),
        ("split_type", -1, 1),
    ],
)
def test_a_number_out_of_place_is_refused(parts, key, place, value):
    tree = first_tree_of_categories(parts)
    with pytest.raises(ArtifactError, match=r"tree|cannot be read"):
        LEARNER.load(change(parts, (*MODEL, "trees", tree, key, place), value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*MODEL, "trees", 0, "parents"), []),
        ((*MODEL, "trees", 0, "tree_param", "num_deleted"), "1"),
        ((*MODEL, "trees", 0, "tree_param", "size_leaf_vector"), "3"),
        ((*MODEL, "tree_info", 0), 2),
        (("learner", "gradient_booster", "name"), "gblinear"),
        (("learner", "feature_types", 0), "c"),
        (("learner", "feature_types"), ["q"] * 3),
        (("learner", "feature_types"), ["q"]),
        (("learner", "learner_model_param", "num_feature"), "2"),
        (("learner", "learner_model_param", "num_class"), "1000000000000"),
        (("learner", "learner_model_param", "base_score"), "[nan]"),
        (("learner", "learner_model_param", "base_score"), "[0.1,0.1]"),
        (("learner", "objective", "name"), "rank:pairwise"),
    ],
)
def test_a_model_of_another_form_is_refused(parts, path, value):
    with pytest.raises(ArtifactError):
        LEARNER.load(change(parts, path, value))


def test_a_small_file_does_not_ask_for_much_memory(parts, monkeypatch):
    # Of the largest category of a set depends how much XGBoost takes for it.
    path = (*MODEL, "trees", first_tree_of_categories(parts), "categories", 0)
    large = change(parts, path, 900_000)
    record = ubjson.read(large["model.ubj"])
    assert stored_model.parse(ubjson.write(record)).trees
    monkeypatch.setattr(stored_model, "_MAX_BITS", 900_000)
    with pytest.raises(ArtifactError, match="more than 112,500 bytes"):
        LEARNER.load(large)


def test_a_tree_does_not_lend_its_categories(parts):
    record = ubjson.read(parts["model.ubj"])
    trees = find(record, (*MODEL, "trees"))["trees"]
    first, second = [tree for tree in trees if tree["categories"].size][:2]
    first["categories"], lent = first["categories"][:-1], first["categories"][-1:]
    second["categories"] = np.concatenate([lent, second["categories"]])
    second["categories_segments"] = second["categories_segments"] - 1
    with pytest.raises(ArtifactError, match="categories"):
        LEARNER.load({**parts, "model.ubj": ubjson.write(record)})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[" * 1_000_000,
        b"[$d#L" + (2**60).to_bytes(8, "big"),
        b"[$d#L" + (-1).to_bytes(8, "big", signed=True),
        b"[#L" + (2**60).to_bytes(8, "big") + b"Z",
        b"{i\x01aZi\x01aZ}",
        b"{i\x02\xff\xfeZ}",
        b"{d\x00\x00\x00\x00Z}",
        b"[$[#i\x01",
        b"{}{}",
        b"N",
    ],
)
def test_what_is_no_ubjson_is_refused(parts, data):
    with pytest.raises(ValueError, match=r"UBJSON|codec"):
        ubjson.read(data)
    with pytest.raises(ArtifactError):
        LEARNER.load({**parts, "model.ubj": data})


def test_what_xgboost_writes_is_read_whole(parts):
    data = parts["model.ubj"]
    record = ubjson.read(data)
    again = ubjson.read(ubjson.write(record))
    (first, *_), (second, *_) = (
        find(each, (*MODEL, "trees"))["trees"] for each in (record, again)
    )
    assert first.keys() == second.keys()
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])
        assert type(array) is type(second[name])
