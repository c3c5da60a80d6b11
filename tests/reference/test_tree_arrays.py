"""Tree evaluation against scikit-learn's own."""

import numpy as np
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from headstart.learners.sklearn_trees import from_forest, from_hist_gradient_boosting
from headstart.predict import TreeArrays

N_ROWS = 700
CATEGORICAL = [1, 4]
LIMITS = np.finfo(np.float32)


def table(missing, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N_ROWS, 6))
    signal = X[:, 0] + X[:, 1] * X[:, 2]
    if missing:
        X[rng.random(X.shape) < 0.1] = np.nan
    return X, signal + 0.3 * rng.normal(size=N_ROWS)


def categorical_table(seed=0):
    X, signal = table(missing=True, seed=seed)
    rng = np.random.default_rng(seed + 1)
    # Values that are no codes: negative, fractions, far apart.
    levels = np.concatenate([np.arange(-7, 40), [0.5, 1e6]])
    X[:, 1] = rng.choice(levels, size=N_ROWS)
    X[:, 4] = rng.integers(0, 3, size=N_ROWS)
    X[::11, 1] = np.nan
    signal = signal + (X[:, 1] % 3 == 1) - (X[:, 4] == 1)
    return X, signal


def odd_rows(n_features):
    """Rows that no training table holds."""
    return np.array(
        [[value] * n_features for value in (0.0, -0.0, 1e30, -1e30, 1e-310, LIMITS.max)]
    )


def same(actual, expected):
    np.testing.assert_array_equal(actual, expected.reshape(len(actual), -1))


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("kind", [RandomForestClassifier, ExtraTreesClassifier])
def test_forests_give_the_same_probabilities(kind, n_classes, missing):
    X, signal = table(missing)
    y = np.digitize(signal, np.quantile(signal, np.arange(1, n_classes) / n_classes))
    estimator = kind(n_estimators=12, random_state=0).fit(X[:500], y[:500])
    rows = np.concatenate([X, odd_rows(6)])
    same(from_forest(estimator).predict(rows), estimator.predict_proba(rows))


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize(
    "options", [{}, {"max_leaf_nodes": 9}, {"criterion": "absolute_error"}]
)
@pytest.mark.parametrize("kind", [RandomForestRegressor, ExtraTreesRegressor])
def test_forests_give_the_same_values(kind, options, missing):
    X, y = table(missing and options.get("criterion") is None)
    estimator = kind(n_estimators=8, random_state=0, **options).fit(X[:300], y[:300])
    rows = np.concatenate([X, odd_rows(6)])
    same(from_forest(estimator).predict(rows), estimator.predict(rows))


def test_missing_values_go_as_in_a_forest_that_has_seen_none():
    X, y = table(missing=False)
    estimator = RandomForestRegressor(n_estimators=8, random_state=0).fit(X, y)
    X[::3, :3] = np.nan
    same(from_forest(estimator).predict(X), estimator.predict(X))


def test_rounding_to_single_precision_is_that_of_the_forest():
    # Thresholds lie half-way between neighbours in single precision.
    x = np.nextafter(np.ones(40, dtype=np.float32), np.float32(2))
    x[::2] = 1.0
    y = np.arange(40) % 2
    estimator = ExtraTreesClassifier(n_estimators=5, random_state=0)
    estimator.fit(x[:, np.newaxis], y)
    rows = np.linspace(1 - 1e-7, 1 + 3e-7, 1001)[:, np.newaxis]
    trees = from_forest(estimator)
    same(trees.predict(rows), estimator.predict_proba(rows))
    again = TreeArrays.from_parts(trees.to_parts())
    same(again.predict(rows), estimator.predict_proba(rows))


@pytest.mark.parametrize("categorical", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_boosting_gives_the_same_log_odds(n_classes, categorical):
    X, signal = categorical_table() if categorical else table(missing=True)
    y = np.digitize(signal, np.quantile(signal, np.arange(1, n_classes) / n_classes))
    estimator = HistGradientBoostingClassifier(
        max_iter=15,
        random_state=0,
        categorical_features=CATEGORICAL if categorical else None,
    ).fit(X[:500], y[:500])
    rows = np.concatenate([X, odd_rows(6)])
    same(
        from_hist_gradient_boosting(estimator).predict(rows),
        estimator._raw_predict(rows),
    )


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "poisson"])
def test_boosting_gives_the_same_values(loss):
    X, signal = categorical_table()
    y = np.exp(signal / 3)
    estimator = HistGradientBoostingRegressor(
        loss=loss, max_iter=15, random_state=0, categorical_features=CATEGORICAL
    ).fit(X[:500], y[:500])
    rows = np.concatenate([X, odd_rows(6)])
    same(
        from_hist_gradient_boosting(estimator).predict(rows),
        estimator._raw_predict(rows),
    )


def test_infinite_values_go_as_in_boosting():
    X, y = table(missing=True)
    estimator = HistGradientBoostingRegressor(max_iter=10, random_state=0).fit(X, y)
    X[:60, 0], X[60:120, 0] = np.inf, -np.inf
    X[::2] = np.inf
    X[1::2, 2] = -np.inf
    same(from_hist_gradient_boosting(estimator).predict(X), estimator._raw_predict(X))


def test_unseen_categories_go_as_missing_ones_do():
    X, y = categorical_table()
    estimator = HistGradientBoostingRegressor(
        max_iter=10, random_state=0, categorical_features=CATEGORICAL
    ).fit(X, y)
    trees = from_hist_gradient_boosting(estimator)
    unseen, missing = X.copy(), X.copy()
    unseen[:, 1], missing[:, 1] = 0.25, np.nan
    same(trees.predict(unseen), estimator._raw_predict(unseen))
    same(trees.predict(missing), trees.predict(unseen))


def test_early_stopping_keeps_the_trees_that_count():
    X, y = categorical_table()
    estimator = HistGradientBoostingRegressor(
        max_iter=300,
        learning_rate=0.5,
        early_stopping=True,
        n_iter_no_change=3,
        random_state=0,
        categorical_features=CATEGORICAL,
    ).fit(X, y)
    trees = from_hist_gradient_boosting(estimator)
    assert trees.n_trees == estimator.n_iter_ < 300
    same(trees.predict(X), estimator._raw_predict(X))
