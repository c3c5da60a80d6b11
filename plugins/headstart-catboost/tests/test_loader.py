"""Stored models may be hostile: all of their numbers are checked."""

import json
from pathlib import Path

import numpy as np
import pytest
from headstart_catboost import CatBoost

from headstart.sdk import ArtifactError, Matrix
from headstart.testing.boosters import LoaderTests, three_classes

LEARNER = CatBoost()
TASK = LoaderTests.task


class TestLoading(LoaderTests):
    booster = CatBoost
    small = {"n_rounds": 4, "one_hot_max_size": 2, "depth": 4}
    fuzzer = Path(__file__).with_name("fuzz_loader.py")


@pytest.fixture(scope="module")
def parts():
    return TestLoading.stored()


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


def first_table(parts):
    return next(iter(json.loads(parts["model.json"])["ctr_data"]))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("oblivious_trees", 0, "splits", 0, "split_index"), 100_000),
        (("oblivious_trees", 0, "splits", 0, "split_index"), -1),
        (("oblivious_trees", 0, "splits", 0, "split_index"), True),
        (("oblivious_trees", 0, "splits", 0), {}),
        (("oblivious_trees", 0, "splits"), []),
        (("oblivious_trees", 0, "leaf_values"), [0.0]),
        (("oblivious_trees", 0, "leaf_values", 0), float("inf")),
        (("oblivious_trees", 0, "leaf_values", 0), "1"),
        (("oblivious_trees",), []),
        (("scale_and_bias",), [1.0, [0.0, 0.0]]),
        (("scale_and_bias",), [float("nan"), [0.0, 0.0, 0.0]]),
        (("features_info", "float_features", 0, "borders"), [1.0, 1.0]),
        (("features_info", "float_features", 0, "borders"), list(range(1000))),
        (("features_info", "float_features", 0, "feature_index"), 1),
        (("features_info", "float_features", 0, "flat_feature_index"), 9),
        (("features_info", "float_features", 0, "nan_value_treatment"), "?"),
        (("features_info", "categorical_features", 0, "flat_feature_index"), 0),
        (("features_info", "ctrs", 0, "target_border_idx"), -1),
        (("features_info", "ctrs", 0, "target_border_idx"), 50),
        (("features_info", "ctrs", 0, "ctr_type"), "FloatTargetMeanValue"),
        (("features_info", "ctrs", 0, "elements", 0, "cat_feature_index"), 7),
        (("features_info", "ctrs", 0, "elements"), []),
        (("features_info", "ctrs", 0, "scale"), None),
        (("ctr_data",), {}),
    ],
)
def test_a_number_out_of_place_is_refused(parts, path, value):
    with pytest.raises(ArtifactError):
        LEARNER.load(change(parts, path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("hash_stride",), 0),
        (("hash_stride",), 7),
        (("hash_map", 0), str(2**64)),
        (("hash_map", 0), 12),
        (("hash_map", 1), -5),
        (("hash_map", 1), 2**40),
        (("hash_map",), []),
        (("counter_denominator",), -1),
    ],
)
def test_a_damaged_table_of_statistics_is_refused(parts, path, value):
    with pytest.raises(ArtifactError):
        LEARNER.load(change(parts, ("ctr_data", first_table(parts), *path), value))


@pytest.mark.parametrize("columns", [b"", b"9", b"-1", b"0,1,2", b"x", b"2,2"])
def test_categorical_columns_that_do_not_fit_are_refused(parts, columns):
    with pytest.raises(ArtifactError):
        LEARNER.load({**parts, "categorical.txt": columns})


def test_the_checked_json_predicts_as_the_library_did():
    import catboost
    from headstart_catboost import learner, model_json

    rows = three_classes()
    booster = catboost.CatBoost(
        {
            "loss_function": "MultiClass",
            "iterations": 20,
            "thread_count": 1,
            "logging_level": "Silent",
            "allow_writing_files": False,
            "max_ctr_complexity": 3,
        }
    )
    booster.fit(learner._pool(rows))
    model = model_json.parse(learner._to_json(booster))
    loaded = learner._load(model_json.render(model))
    # Unseen categories too: their place in the tables must be empty.
    values = rows.X.values.copy()
    values[:50, 2] = np.arange(50)
    X = learner._features(Matrix(values, rows.X.names, (2,), (50,)), (2,))
    np.testing.assert_allclose(
        loaded.predict(X, prediction_type="RawFormulaVal"),
        booster.predict(X, prediction_type="RawFormulaVal"),
        rtol=1e-9,
        atol=1e-12,
    )
