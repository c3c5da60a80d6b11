"""Converted trees predict what XGBoost predicts: raw scores to the bit."""

import json

import numpy as np
import pytest
import xgboost
from headstart_xgboost import XGBoost, trees

from headstart.testing.boosters import TreeTests

TYPES = ["q", "q", "q", "q", "c", "c"]


def matrix_of(X, y=None):
    # XGBoost refuses infinite values; the learner bounds all.
    bounded = np.clip(X, -trees.LARGEST, trees.LARGEST)
    return xgboost.DMatrix(
        bounded, y, feature_types=TYPES, enable_categorical=True, nthread=1
    )


class TestTrees(TreeTests):
    booster = XGBoost
    trees = trees
    converter = "from_json"
    objectives = (
        (2, {"objective": "binary:logistic"}),
        (4, {"objective": "multi:softprob", "num_class": 4}),
        (0, {"objective": "reg:squarederror"}),
        (0, {"objective": "reg:absoluteerror"}),
        (0, {"objective": "reg:quantileerror", "quantile_alpha": 0.8}),
    )
    largest_exponent = 38
    tolerance = 1e-6

    def draw_booster(self, rng, options, X, y):
        options = {
            **options,
            "tree_method": "hist",
            "max_depth": int(rng.integers(1, 9)),
            "min_child_weight": float(rng.uniform(0, 3)),
            "max_cat_to_onehot": int(rng.integers(1, 9)),
            "grow_policy": str(rng.choice(["depthwise", "lossguide"])),
            "gamma": float(rng.choice([0.0, 1.0])),
            "nthread": 1,
            "seed": int(rng.integers(1000)),
        }
        return xgboost.train(options, matrix_of(X, y), int(rng.integers(1, 25)))

    def stored(self, booster):
        return bytes(booster.save_raw("json"))

    def restored(self, stored):
        booster = xgboost.Booster()
        booster.load_model(bytearray(stored))
        return booster

    def n_rounds(self, booster):
        return booster.num_boosted_rounds()

    def raw_scores(self, booster, X):
        return booster.predict(matrix_of(X), output_margin=True)

    def predictions(self, booster, X):
        return booster.predict(matrix_of(X))

    def odd_values(self, stored):
        model = json.loads(stored)["learner"]["gradient_booster"]["model"]
        thresholds = np.concatenate(
            [np.array(tree["split_conditions"], np.float32) for tree in model["trees"]]
        )
        up = np.nextafter(thresholds, np.float32(np.inf))
        down = np.nextafter(thresholds, np.float32(-np.inf))
        single = np.concatenate([thresholds, up, down]).astype(float)
        numbers = [
            single,
            np.nextafter(single, np.inf),
            np.nextafter(single, -np.inf),
            # Half-way between neighbours of single precision.
            (thresholds.astype(float) + up) / 2,
            [np.nan, 0.0, -0.0, 1e-40, -1e-40, 1e-46, 3e38, -3e38, 1e300, -1e300],
            [np.inf, -np.inf],
        ]
        odd = [np.nan, -1, -7, -0.5, 2.7, 1e10, 2.0**24 - 1, 2.0**24 + 1]
        return np.concatenate(numbers), [*range(75), *odd]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "count:poisson"}, "objective"),
        ({"booster": "gblinear"}, "gblinear"),
        ({"booster": "dart"}, "dart"),
    ],
)
def test_what_cannot_be_converted_is_refused(options, message):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 2))
    data = xgboost.DMatrix(X, X[:, 0] > 0)
    booster = xgboost.train({"nthread": 1, "verbosity": 0, **options}, data, 2)

    with pytest.raises(ValueError, match=message):
        trees.from_json(bytes(booster.save_raw("json")))
