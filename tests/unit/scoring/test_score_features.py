"""Scores by column, and what is said of mistakes."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from headstart.exceptions import ColumnError
from headstart.scoring import BinnedMatrix, MethodOptions, method_names, score_features


def make(n=300, seed=0):
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, n)
    home = np.array(["Bonn", "Köln"])[y]
    table = pl.DataFrame(
        {
            "noise": random.normal(size=n),
            "good": y + 0.5 * random.normal(size=n),
            "town": np.where(random.uniform(size=n) < 0.3, "Ulm", home),
            "constant": np.ones(n),
            "gone": pl.Series([None] * n, dtype=pl.Float64),
        }
    )
    return table, y


@pytest.mark.parametrize("name", method_names())
def test_what_knows_of_the_target_is_ranked_above_noise(name):
    table, y = make()
    if name == "chi2_of_counts":
        table = table.with_columns(pl.col("noise", "good").abs())
    scores = score_features(table, y, name)
    by_name = dict(zip(scores["feature"], scores["score"], strict=True))
    assert list(by_name) == table.columns
    assert by_name["good"] > by_name["noise"]


@pytest.mark.parametrize(
    "name", ["mutual_information", "chi2", "relieff", "neighbor_information"]
)
def test_levels_are_scored_beside_numbers(name):
    table, y = make()
    scores = score_features(table, y, name)
    by_name = dict(zip(scores["feature"], scores["score"], strict=True))
    assert by_name["town"] > by_name["noise"]


def test_what_is_undefined_is_null():
    table, y = make()
    scores = score_features(table, y, "f")
    p_values = dict(zip(scores["feature"], scores["p_value"], strict=True))
    assert p_values["town"] is p_values["constant"] is p_values["gone"] is None
    assert p_values["good"] < 1e-9 < p_values["noise"]
    adjusted = dict(zip(scores["feature"], scores["q_value"], strict=True))
    assert p_values["good"] < adjusted["good"] < 1e-8


def test_a_numeric_target_has_scores_too():
    table, _ = make()
    y = table["good"].to_numpy() * 3
    for name in ("mutual_information", "f", "correlation_ratio"):
        scores = score_features(table, y, name, task="regression")
        by_name = dict(zip(scores["feature"], scores["score"], strict=True))
        town, noise = by_name["town"], by_name["noise"]
        assert town > 0
        assert noise is None or town > noise


def test_bins_made_before_give_the_same_scores():
    table, y = make()
    binned = BinnedMatrix.from_arrow(table, n_bins=9)
    assert score_features(binned, y).equals(
        score_features(table, y, options=MethodOptions(n_bins=9))
    )
    with pytest.raises(TypeError, match="needs the values of columns"):
        score_features(binned, y, "spearman")


def test_pandas_categories_and_booleans_are_levels():
    frame = pd.DataFrame(
        {"c": pd.Categorical(["b", "a", None, "b"]), "b": [True, False] * 2}
    )
    binned = BinnedMatrix.from_arrow(frame)
    np.testing.assert_array_equal(binned.codes, [[1, 1], [0, 0], [255, 1], [1, 0]])
    assert binned.is_categorical.all()


def test_new_levels_are_missing():
    binned = BinnedMatrix.from_arrow(pl.DataFrame({"w": ["a", "b", None]}))
    new = binned.transform(pl.DataFrame({"w": ["b", "z", None]}))
    np.testing.assert_array_equal(new.codes[:, 0], [1, 255, 255])


def test_mistakes_are_told():
    table, y = make(40)
    with pytest.raises(ValueError, match=r"did you mean 'spearman'\?"):
        score_features(table, y, "spearmann")
    with pytest.raises(ValueError, match="not defined for a regression target"):
        score_features(table, table["good"], "auc", task="regression")
    with pytest.raises(ValueError, match="supports no sample weights"):
        score_features(table, y, "spearman", sample_weight=np.ones(40))
    with pytest.raises(ValueError, match="finite and not negative"):
        score_features(table, y, "f", sample_weight=-np.ones(40))
    with pytest.raises(ValueError, match="y must hold 40 values"):
        score_features(table, y[:30], "f")
    with pytest.raises(ValueError, match="Column 'noise' has -"):
        score_features(table, y, "chi2_of_counts")
    with pytest.raises(ColumnError, match="Column 'x' has List"):
        score_features(pl.DataFrame({"x": [[1], [2]]}), [0, 1])
    with pytest.raises(ValueError, match=r"hint: X\.reshape"):
        score_features(np.zeros(40), y)


@pytest.mark.parametrize("task", ["classification", "multiclass", "binary"])
def test_whole_numbers_are_classes_like_other_labels(task):
    table, y = make(60)
    labels = np.array(["b", "d"])[y]
    expected = score_features(table, labels, "f", task=task)
    assert score_features(table, 7 * y + 2, "f", task=task).equals(expected)


@pytest.mark.parametrize("method", ["mutual_information", "chi2", "information_value"])
def test_a_column_that_is_the_rare_class_is_the_best_in_a_large_table(method):
    random = np.random.default_rng(0)
    y = np.zeros(50_000, dtype=int)
    y[[11, 30_123]] = 1
    X = np.column_stack([y, random.normal(size=y.size)])
    table = score_features(X, y, method, task="binary")
    assert table["score"][0] > 2 * table["score"][1]


@pytest.mark.parametrize("method", ["f", "mutual_information", "cramers_v", "chi2"])
def test_weights_that_sum_to_one_are_scaled_to_the_number_of_rows(method):
    random = np.random.default_rng(1)
    y = (random.random(400) < 0.4).astype(int)
    noise = random.normal(size=(400, 3))
    X = y[:, np.newaxis] * [1.0, 0.3, 0.0] + noise
    weight = random.random(400)
    weight[:7] = 0.0
    scores = [
        score_features(X, y, method, sample_weight=weights)["score"].to_numpy()
        for weights in (weight / weight.sum(), weight / weight.sum() * 393)
    ]
    np.testing.assert_allclose(*scores, rtol=1e-9)
    assert scores[0].argmax() == 0
    doubled = score_features(
        X, y, method, sample_weight=np.full(400, 2.0), options=MethodOptions(n_bins=8)
    )
    repeated = score_features(
        np.tile(X, (2, 1)), np.tile(y, 2), method, options=MethodOptions(n_bins=8)
    )
    np.testing.assert_allclose(doubled["score"], repeated["score"], rtol=1e-9)
