"""Converted trees predict what LightGBM predicts: raw scores to the bit."""

import re

import lightgbm
import numpy as np
import pytest
from headstart_lightgbm import LightGBM, trees

from headstart.testing.boosters import CATEGORICAL, TreeTests

ZERO = float(np.float32(1e-35))


class TestTrees(TreeTests):
    booster = LightGBM
    trees = trees
    converter = "from_text"
    objectives = (
        (2, {"objective": "binary"}),
        (4, {"objective": "multiclass", "num_class": 4}),
        (0, {"objective": "regression"}),
        (0, {"objective": "regression_l1"}),
        (0, {"objective": "quantile", "alpha": 0.8}),
    )
    largest_exponent = 3
    tolerance = 1e-12

    def draw_booster(self, rng, options, X, y):
        options = {
            **options,
            "num_leaves": int(rng.integers(2, 40)),
            "min_data_in_leaf": int(rng.integers(1, 20)),
            "max_cat_to_onehot": int(rng.integers(1, 6)),
            "min_data_per_group": 5,
            "cat_smooth": 1.0,
            "extra_trees": bool(rng.integers(2)),
            "use_missing": bool(rng.random() < 0.8),
            "verbosity": -1,
            "num_threads": 1,
            "seed": int(rng.integers(1000)),
        }
        categorical = list(CATEGORICAL)
        data = lightgbm.Dataset(X, y, categorical_feature=categorical, params=options)
        booster = lightgbm.Booster(options, data)
        for _ in range(int(rng.integers(1, 25))):
            booster.update()
        return booster

    def stored(self, booster):
        return booster.model_to_string()

    def restored(self, stored):
        return lightgbm.Booster(model_str=stored)

    def n_rounds(self, booster):
        return booster.current_iteration()

    def raw_scores(self, booster, X):
        return booster.predict(X, raw_score=True)

    def predictions(self, booster, X):
        return booster.predict(X)

    def odd_values(self, stored):
        lines = re.findall(r"^threshold=(.+)$", stored, re.MULTILINE)
        thresholds = np.array(" ".join(lines).split(), dtype=float)
        near_zero = [ZERO, np.nextafter(ZERO, 1), 1e-40, 5e-324, 0.0]
        numbers = [
            thresholds,
            np.nextafter(thresholds, np.inf),
            np.nextafter(thresholds, -np.inf),
            near_zero,
            np.negative(near_zero),
            [np.nan, 1e300, -1e300, np.inf, -np.inf],
        ]
        odd = [np.nan, -1, -7, -0.5, 2.7, 1e10, -1e10, 2.0**31, np.inf, -np.inf]
        return np.concatenate(numbers), [*range(75), *odd]


def test_a_round_without_a_split_is_a_value():
    data = lightgbm.Dataset(np.zeros((20, 2)), np.arange(20.0) % 2)
    booster = lightgbm.train({"verbosity": -1}, data, 3)

    model = trees.from_text(booster.model_to_string())

    X = np.zeros((3, 2))
    np.testing.assert_array_equal(model.apply(X), booster.predict(X))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "poisson"}, "objective"),
        ({"linear_tree": True}, "Linear trees"),
        ({"zero_as_missing": True}, "Zeros"),
        ({"objective": "binary", "sigmoid": 2.0}, "objective"),
    ],
)
def test_what_cannot_be_converted_is_refused(options, message):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 2))
    options = {"verbosity": -1, **options}
    data = lightgbm.Dataset(X, X[:, 0] > 0, params=options)
    booster = lightgbm.train(options, data, 2)

    with pytest.raises(ValueError, match=message):
        trees.from_text(booster.model_to_string())
