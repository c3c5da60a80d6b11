"""Stored models may be hostile: all of their numbers are checked."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from headstart_xgboost import XGBoost

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
    record = json.loads(parts["model.json"])
    holder = find(record, path)
    assert holder[path[-1]] != value
    holder[path[-1]] = value
    return {**parts, "model.json": json.dumps(record).encode()}


MODEL = ("learner", "gradient_booster", "model")


def first_tree_of_categories(parts):
    trees = find(json.loads(parts["model.json"]), (*MODEL, "trees"))["trees"]
    return next(i for i, tree in enumerate(trees) if tree["categories"])


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


def test_deeply_nested_json_is_refused(parts):
    with pytest.raises(ArtifactError):
        LEARNER.load({**parts, "model.json": b"[" * 1_000_000})
