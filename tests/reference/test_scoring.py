"""Scores of features against scikit-learn, SciPy and plain NumPy."""

import time

import numpy as np
import pytest
from scipy import stats
from sklearn.feature_selection import (
    chi2,
    f_classif,
    f_regression,
    mutual_info_classif,
    mutual_info_regression,
)
from sklearn.metrics import mutual_info_score, roc_auc_score

from headstart import _core
from headstart.scoring import (
    BinnedMatrix,
    MethodOptions,
    neighbor_information,
    score_features,
)

KINDS = ["binary", "multiclass"]


def make(n=400, n_columns=6, seed=0):
    """Columns with ties, shifts and scales; a target of each kind."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, n_columns))
    X[:, 1] = np.round(X[:, 1], 1)
    X[:, 2] = 1e3 + 3 * X[:, 2]
    X[:, 3] = random.integers(0, 5, n)
    values = X[:, 0] + np.sin(X[:, 1] * 3) + random.normal(size=n)
    targets = {
        "regression": values,
        "binary": (values > 0.3).astype(int),
        "multiclass": np.digitize(values, [-0.5, 0.5]),
    }
    return X, targets


def statistic(X, y, method, **options):
    return score_features(X, y, method, **options)["statistic"].to_numpy()


def p_value(X, y, method, **options):
    return score_features(X, y, method, **options)["p_value"].to_numpy()


def test_pearson_is_scipys():
    X, targets = make()
    scores = score_features(X, targets["regression"], "pearson")
    for column, row in zip(X.T, scores.iter_rows(named=True), strict=True):
        expected = stats.pearsonr(column, targets["regression"])
        np.testing.assert_allclose(row["statistic"], expected.statistic, rtol=1e-9)
        np.testing.assert_allclose(row["p_value"], expected.pvalue, rtol=1e-6)


@pytest.mark.parametrize("n", [60, 900])
def test_spearman_is_scipys(n):
    X, targets = make(n)
    X[5, 0] = np.inf
    y = np.round(targets["regression"], 1)
    scores = score_features(X, y, "spearman")
    for column, row in zip(X.T, scores.iter_rows(named=True), strict=True):
        expected = stats.spearmanr(column, y)
        np.testing.assert_allclose(row["statistic"], expected.statistic, rtol=1e-11)
        np.testing.assert_allclose(row["p_value"], expected.pvalue, rtol=1e-6)


def test_missing_rows_are_left_out_column_by_column():
    X, targets = make()
    X[::7, 0], X[1::5, 1] = np.nan, np.nan
    for column in (0, 1):
        rows = ~np.isnan(X[:, column])
        for method in ("pearson", "spearman", "f", "distance_correlation"):
            y = targets["regression"]
            np.testing.assert_allclose(
                statistic(X, y, method)[column],
                statistic(X[rows][:, [column]], y[rows], method)[0],
                rtol=1e-9,
            )
        y = targets["multiclass"]
        for method in ("f", "auc", "correlation_ratio"):
            np.testing.assert_allclose(
                statistic(X, y, method)[column],
                statistic(X[rows][:, [column]], y[rows], method)[0],
                rtol=1e-9,
            )


@pytest.mark.parametrize("kind", KINDS)
def test_f_is_that_of_f_classif(kind):
    X, targets = make()
    f, p = f_classif(X, targets[kind])
    actual = statistic(X, targets[kind], "f")
    np.testing.assert_allclose(actual, f, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(p_value(X, targets[kind], "f"), p, rtol=1e-5)


def test_f_of_a_regression_is_that_of_f_regression():
    X, targets = make()
    f, p = f_regression(X, targets["regression"])
    np.testing.assert_allclose(statistic(X, targets["regression"], "f"), f, rtol=1e-6)
    np.testing.assert_allclose(p_value(X, targets["regression"], "f"), p, rtol=1e-5)


def test_f_of_levels_and_a_regression_is_scipys():
    X, targets = make()
    groups = [targets["regression"][X[:, 3] == level] for level in range(5)]
    expected = stats.f_oneway(*groups)
    row = score_features(X, targets["regression"], "f", categorical=[3]).row(
        3, named=True
    )
    np.testing.assert_allclose(row["statistic"], expected.statistic, rtol=1e-9)
    np.testing.assert_allclose(row["p_value"], expected.pvalue, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_chi2_is_that_of_a_contingency_table(kind):
    X, targets = make()
    table = np.zeros((5, targets[kind].max() + 1))
    np.add.at(table, (X[:, 3].astype(int), targets[kind]), 1)
    expected = stats.chi2_contingency(table, correction=False)
    row = score_features(X, targets[kind], "chi2").row(3, named=True)
    np.testing.assert_allclose(row["statistic"], expected.statistic, rtol=1e-9)
    np.testing.assert_allclose(row["p_value"], expected.pvalue, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_chi2_of_counts_is_scikit_learns(kind):
    X, targets = make()
    counts = np.abs(np.round(X[:, [0, 1, 3]]))
    expected, p = chi2(counts, targets[kind])
    actual = statistic(counts, targets[kind], "chi2_of_counts")
    np.testing.assert_allclose(actual, expected, rtol=1e-9)
    actual = p_value(counts, targets[kind], "chi2_of_counts")
    np.testing.assert_allclose(actual, p, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_mutual_information_is_counted_and_corrected(kind):
    X, targets = make()
    X[::9, 1] = np.nan
    y = targets[kind]
    binned = BinnedMatrix.from_numpy(X)
    scores = statistic(binned, y, "mutual_information")
    for codes, one in zip(binned.codes.T, scores, strict=True):
        pairs = len(np.unique(codes.astype(int) * 10 + y))
        bias = pairs - len(np.unique(codes)) - len(np.unique(y)) + 1
        expected = mutual_info_score(codes, y) - bias / (2 * len(y))
        np.testing.assert_allclose(one, max(expected, 0), atol=1e-12)


def scikit_noise(X, y, seed, *, is_regression):
    """The noise that scikit-learn draws, column by column, the target's last."""
    random = np.random.RandomState(seed)
    noise = random.standard_normal(size=X.shape)
    if not is_regression:
        return noise
    return np.column_stack([noise, random.standard_normal(size=len(y))])


@pytest.mark.parametrize("kind", KINDS)
def test_neighbor_information_is_scikit_learns_given_its_noise(kind):
    X, targets = make(300)
    y = targets[kind].copy()
    y[0] = 9  # a class of one row is left out
    expected = mutual_info_classif(X, y, random_state=5)
    noise = scikit_noise(X, y, 5, is_regression=False)
    actual = neighbor_information(X, y, noise=noise, task="classification")
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-12)
    drawn = neighbor_information(X, y, noise=1, task="classification")
    np.testing.assert_allclose(drawn, expected, atol=0.02)


def test_neighbor_information_of_a_regression_is_scikit_learns_given_its_noise():
    X, targets = make(300)
    y = targets["regression"]
    expected = mutual_info_regression(X, y, random_state=5, n_neighbors=4)
    noise = scikit_noise(X, y, 5, is_regression=True)
    actual = neighbor_information(X, y, noise=noise, n_neighbors=4)
    np.testing.assert_allclose(actual, expected, rtol=1e-7, atol=1e-10)


def test_neighbor_information_of_levels_is_scikit_learns():
    X, targets = make(300)
    actual = statistic(X, targets["binary"], "neighbor_information", categorical=[3])
    np.testing.assert_allclose(
        actual[3], mutual_info_score(X[:, 3], targets["binary"]), atol=1e-12
    )
    expected = mutual_info_regression(
        X[:, [3]], targets["regression"], discrete_features=True, random_state=0
    )
    actual = statistic(
        X, targets["regression"], "neighbor_information", categorical=[3]
    )
    np.testing.assert_allclose(actual[3], expected[0], atol=1e-6)


def test_auc_is_that_of_roc_auc_score():
    X, targets = make()
    weight = np.random.default_rng(1).uniform(0, 2, len(X))
    y = targets["binary"]
    for w in (None, weight):
        actual = statistic(X, y, "auc", sample_weight=w)
        expected = [roc_auc_score(y, column, sample_weight=w) for column in X.T]
        np.testing.assert_allclose(actual, expected, rtol=1e-9)
    y = targets["multiclass"]
    areas = np.array([[roc_auc_score(y == k, c) for k in range(3)] for c in X.T])
    expected = np.maximum(areas, 1 - areas).mean(axis=1)
    np.testing.assert_allclose(statistic(X, y, "auc"), expected, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_cramers_v_and_theils_u_are_those_of_the_formulas(kind):
    X, targets = make()
    x, y = X[:, 3].astype(int), targets[kind]
    table = np.zeros((5, y.max() + 1))
    np.add.at(table, (x, y), 1)
    n, (r, k) = len(x), table.shape
    phi = stats.chi2_contingency(table, correction=False).statistic / n
    phi = max(0, phi - (r - 1) * (k - 1) / (n - 1))
    r_less, k_less = r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)
    expected = np.sqrt(phi / min(r_less - 1, k_less - 1))
    np.testing.assert_allclose(statistic(X, y, "cramers_v")[3], expected, rtol=1e-9)
    mutual = mutual_info_score(x, y)
    actual = statistic(X, y, "theils_u")[3]
    np.testing.assert_allclose(actual, mutual / stats.entropy(table.sum(axis=0)))
    actual = statistic(X, y, "theils_u_reverse")[3]
    np.testing.assert_allclose(actual, mutual / stats.entropy(table.sum(axis=1)))


def relieff(X, y, k, is_categorical, *, is_regression=False):
    """ReliefF in plain NumPy, as scikit-rebate defines it."""
    n, p = X.shape
    low, high = np.nanmin(X, axis=0), np.nanmax(X, axis=0)
    scaled = np.where(is_categorical, X, (X - low) / (high - low))
    deviation = np.nanstd(scaled, axis=0)
    is_mixed = is_categorical.any() and not is_categorical.all()
    scores = np.zeros(p)
    for row in range(n):
        gaps = np.abs(scaled - scaled[row])
        gaps = np.where(is_categorical & ~np.isnan(gaps), gaps != 0, gaps)
        shared = (~np.isnan(gaps)).sum(axis=1)
        distances = np.where(
            shared, np.nansum(gaps, axis=1) / np.maximum(shared, 1), np.inf
        )
        gaps[row], distances[row] = np.nan, np.inf
        if is_mixed:
            whole = ~is_categorical & (np.abs(scaled - scaled[row]) > deviation)
            gaps = np.where(whole & ~np.isnan(gaps), 1.0, gaps)
        order = np.argsort(distances, kind="stable")
        order = order[order != row]
        if is_regression:
            group = (np.abs(y - y[row]) >= np.std(y, ddof=1)).astype(int)
            row_group, shares = 0, {1: 1.0}
        else:
            group, row_group = y, y[row]
            shares = {
                c: (y == c).sum() / (y != row_group).sum() for c in set(y) - {row_group}
            }
        for kind, weight in {row_group: -1.0, **shares}.items():
            near = gaps[order[group[order] == kind][:k]]
            count = (~np.isnan(near)).sum(axis=0)
            scores += weight * np.nansum(near, axis=0) / np.maximum(count, 1)
    return scores / n


@pytest.mark.parametrize("with_missing", [False, True], ids=["whole", "missing"])
@pytest.mark.parametrize("with_levels", [False, True], ids=["numeric", "mixed"])
@pytest.mark.parametrize("kind", [*KINDS, "regression"])
def test_relieff_is_that_of_the_definition(kind, with_levels, with_missing):
    X, targets = make(90, 5)
    if with_missing:
        X[np.random.default_rng(2).uniform(size=X.shape) < 0.1] = np.nan
    is_categorical = np.arange(5) == (3 if with_levels else 9)
    expected = relieff(
        X, targets[kind], 4, is_categorical, is_regression=kind == "regression"
    )
    actual = statistic(
        X,
        targets[kind],
        "relieff",
        categorical=is_categorical,
        options=MethodOptions(n_neighbors=4),
    )
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-12)


def test_distance_correlation_is_that_of_the_full_matrices():
    X, targets = make(120)
    y = targets["regression"]

    def centred(values):
        distances = np.abs(values[:, None] - values)
        means = distances.mean(axis=0)
        return distances - means - means[:, None] + distances.mean()

    b = centred(y)
    expected = []
    for column in X.T:
        a = centred(column)
        expected.append(
            np.sqrt((a * b).mean() / np.sqrt((a**2).mean() * (b**2).mean()))
        )
    actual = statistic(X, y, "distance_correlation")
    np.testing.assert_allclose(actual, expected, rtol=1e-9)


def test_correlation_ratio_is_the_root_of_the_explained_share():
    X, targets = make()
    for x, y, column in (
        (X[:, 0], targets["multiclass"], 0),
        (targets["regression"], X[:, 3], 3),
    ):
        parts = [x[y == level] for level in np.unique(y)]
        between = sum(len(g) * (g.mean() - x.mean()) ** 2 for g in parts)
        expected = np.sqrt(between / ((x - x.mean()) ** 2).sum())
        kind = "multiclass" if column == 0 else "regression"
        actual = statistic(X, targets[kind], "correlation_ratio", categorical=[3])
        np.testing.assert_allclose(actual[column], expected, rtol=1e-9)


def test_information_value_is_that_of_the_formula():
    X, targets = make()
    y = targets["binary"]
    table = np.zeros((5, 2))
    np.add.at(table, (X[:, 3].astype(int), y), 1)
    shares = (table + 0.5) / (table + 0.5).sum(axis=0)
    expected = (np.diff(shares)[:, 0] * np.log(shares[:, 1] / shares[:, 0])).sum()
    actual = statistic(X, y, "information_value")[3]
    np.testing.assert_allclose(actual, expected, rtol=1e-9)


def test_adjusted_p_values_are_scipys():
    from headstart.scoring import adjust_p_values

    p = np.random.default_rng(0).uniform(size=30) ** 3
    expected = stats.false_discovery_control(p)
    np.testing.assert_allclose(adjust_p_values(p), expected)


def test_rows_of_weight_zero_change_no_weighted_correlation():
    rng = np.random.default_rng(11)
    x, noise = rng.normal(size=(2, 500))
    y, weight = x + noise, rng.random(500)
    x[:5], weight[:5] = 1e12, 0.0
    moments = np.cov(x[5:], y[5:], aweights=weight[5:])
    expected = moments[0, 1] / np.sqrt(moments[0, 0] * moments[1, 1])
    table = score_features(x[:, np.newaxis], y, "pearson", sample_weight=weight)
    np.testing.assert_allclose(table["statistic"], expected, rtol=1e-9)


def test_a_constant_has_no_f_statistic_under_weights():
    rng = np.random.default_rng(12)
    constants = np.tile(rng.uniform(-100, 100, 50), (2_000, 1))
    weight, y = rng.random((2, 2_000))
    for target in (y, (y < 0.3).astype(int)):
        table = score_features(constants, target, "f", sample_weight=weight)
        assert table["score"].null_count() == 50


def test_neighbor_information_of_two_values_is_scikit_learns_given_its_noise():
    rng = np.random.default_rng(13)
    X = (rng.random((1_500, 1)) < 0.4).astype(float)
    y = X[:, 0] + rng.normal(size=1_500)
    expected = mutual_info_regression(X, y, discrete_features=False, random_state=5)
    noise = scikit_noise(X, y, 5, is_regression=True)
    actual = neighbor_information(X, y, noise=noise)
    np.testing.assert_allclose(actual, expected, rtol=1e-7, atol=1e-10)


def test_neighbor_information_of_two_values_ends_at_its_time_limit():
    rng = np.random.default_rng(14)
    x = (rng.random(40_000) < 0.5).astype(float)
    started = time.process_time()
    _core.score_neighbors([x], rng.normal(size=x.size), 3, None, 0, (0.05, None), 1)
    assert time.process_time() - started < 2.0
