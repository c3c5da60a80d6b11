"""Meta-features against NumPy, SciPy and scikit-learn."""

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.metrics import mutual_info_score
from sklearn.model_selection import (
    RepeatedKFold,
    RepeatedStratifiedKFold,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from headstart.base import TaskKind
from headstart.meta.features import describe
from headstart.tables import Schema

CLOSE = {"rel": 1e-9, "abs": 1e-12}
GROUPS = {
    "MeansOfNumericAtts": np.mean,
    "StdDevOfNumericAtts": lambda x: np.std(x, ddof=1),
    "SkewnessOfNumericAtts": lambda x: stats.skew(x, bias=False),
    "KurtosisOfNumericAtts": lambda x: stats.kurtosis(x, bias=False),
}
STATISTICS = {
    "Min": np.min,
    "Mean": np.mean,
    "Max": np.max,
    "Quartile1": lambda x: np.quantile(x, 0.25, method="weibull"),
    "Quartile2": lambda x: np.quantile(x, 0.5, method="weibull"),
    "Quartile3": lambda x: np.quantile(x, 0.75, method="weibull"),
}


def described(columns, y, kind):
    frame = pl.DataFrame(columns)
    return describe(frame, Schema.learn(frame), y, kind)


@pytest.fixture(scope="module")
def mixed():
    """A table of 5 numeric and 4 nominal columns, with gaps in the numbers."""
    generator = np.random.default_rng(7)
    numbers = generator.gamma(np.arange(1, 6), size=(701, 5))
    numbers[generator.random(numbers.shape) < 0.1] = np.nan
    levels = generator.integers(0, [2, 3, 5, 9], size=(701, 4))
    y = (levels[:, 1] + generator.integers(0, 3, 701)) % 3
    return numbers, levels, y


def names(levels):
    return {f"c{i}": [f"v{v}" for v in column] for i, column in enumerate(levels.T)}


def test_statistics_are_those_of_numpy_and_scipy(mixed):
    numbers, levels, y = mixed
    table = {f"n{i}": column for i, column in enumerate(numbers.T)} | names(levels)

    features = described(table, y, TaskKind.MULTICLASS)

    for group, of_column in GROUPS.items():
        values = [of_column(column[~np.isnan(column)]) for column in numbers.T]
        for statistic, of_values in STATISTICS.items():
            name = statistic + group
            assert features[name] == pytest.approx(of_values(values), **CLOSE), name


def test_entropies_are_those_of_scipy_and_scikit_learn(mixed):
    _, levels, y = mixed

    features = described(names(levels), y, TaskKind.MULTICLASS)

    entropies = [stats.entropy(np.bincount(c), base=2) for c in levels.T]
    mutual = [mutual_info_score(c, y) / math.log(2) for c in levels.T]
    of_class = stats.entropy(np.bincount(y), base=2)
    for statistic, of_values in STATISTICS.items():
        for group, values in (
            ("AttributeEntropy", entropies),
            ("MutualInformation", mutual),
        ):
            name = statistic + group
            assert features[name] == pytest.approx(of_values(values), **CLOSE), name
    signal = np.mean(mutual)
    noise = (np.mean(entropies) - signal) / signal
    assert features["ClassEntropy"] == pytest.approx(of_class, **CLOSE)
    assert features["EquivalentNumberOfAtts"] == pytest.approx(of_class / signal)
    assert features["MeanNoiseToSignalRatio"] == pytest.approx(noise)
    assert features["hs_mean_mutual_information"] == pytest.approx(signal)
    distinct = [2, 3, 5, 9, 3]
    assert features["StdvNominalAttDistinctValues"] == pytest.approx(
        np.std(distinct, ddof=1)
    )


def test_the_shape_of_a_target_is_that_of_scipy():
    X, y = load_diabetes(return_X_y=True)

    features = described(X, y, TaskKind.REGRESSION)

    assert features["hs_target_skewness"] == pytest.approx(stats.skew(y, bias=False))
    assert features["hs_target_kurtosis"] == pytest.approx(
        stats.kurtosis(y, bias=False)
    )
    assert features["hs_target_distinct_share"] == len(np.unique(y)) / len(y)


def scaled(estimator):
    return make_pipeline(StandardScaler(), estimator)


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
def test_landmarkers_of_classes_err_about_as_often_as_scikit_learn(load):
    X, y = load(return_X_y=True)
    theirs = {
        "hs_stump_error": DecisionTreeClassifier(max_depth=1),
        "hs_tree_error": DecisionTreeClassifier(max_depth=3, min_samples_leaf=3),
        "hs_naive_bayes_error": GaussianNB(),
        "hs_nearest_error": scaled(KNeighborsClassifier(1)),
        "hs_linear_error": scaled(RidgeClassifier()),
    }

    features = described(X, y, TaskKind.MULTICLASS)

    folds = RepeatedStratifiedKFold(n_splits=2, n_repeats=10, random_state=0)
    for name, estimator in theirs.items():
        errors = 1.0 - cross_val_score(estimator, X, y, cv=folds)
        assert features[name] == pytest.approx(errors.mean(), abs=0.06), name


def test_landmarkers_of_values_explain_about_as_much_as_scikit_learn():
    X, y = load_diabetes(return_X_y=True)
    theirs = {
        "hs_stump_r2": DecisionTreeRegressor(max_depth=1),
        "hs_tree_r2": DecisionTreeRegressor(max_depth=3, min_samples_leaf=3),
        "hs_nearest_r2": scaled(KNeighborsRegressor(1)),
        "hs_linear_r2": scaled(Ridge(alpha=1.0)),
    }

    features = described(X, y, TaskKind.REGRESSION)

    folds = RepeatedKFold(n_splits=2, n_repeats=10, random_state=0)
    for name, estimator in theirs.items():
        scores = cross_val_score(estimator, X, y, cv=folds)
        assert features[name] == pytest.approx(scores.mean(), abs=0.12), name
