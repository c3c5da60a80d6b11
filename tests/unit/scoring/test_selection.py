"""Choosing columns, and how far to trust it."""

import numpy as np
import polars as pl
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from headstart.scoring import (
    BinnedMatrix,
    SelectByRelevance,
    Subsamples,
    compare_with_null,
    neighbor_information,
    permutation_test,
    select_features,
    stability_selection,
    weight_of_evidence,
)


def make(n=400, seed=0):
    """Two informative columns, a copy of the first, and noise."""
    random = np.random.default_rng(seed)
    a, b = random.integers(0, 2, n), random.integers(0, 2, n)
    X = np.column_stack([random.normal(size=(n, 2)), a, a, b]).astype(float)
    X[:, 2:] += 0.1 * random.normal(size=(n, 3))
    return X, 2 * a + b


@pytest.mark.parametrize("criterion", ["mrmr", "mrmr_quotient", "mrmr_f", "jmi"])
def test_copies_are_left_for_last(criterion):
    X, y = make()
    chosen = select_features(X, y, 2, criterion)["place"].to_list()
    assert set(chosen) in ({2, 4}, {3, 4})


def test_a_numeric_target_is_cut():
    X, y = make()
    jitter = 0.01 * np.random.default_rng(1).normal(size=y.size)
    chosen = select_features(X, y + jitter, 2, task="regression")
    assert set(chosen["feature"]) in ({"x2", "x4"}, {"x3", "x4"})


def test_mrmr_by_correlation_is_the_greedy_quotient():
    X, y = make(200, seed=4)
    X[:, 0] += y
    from sklearn.feature_selection import f_classif

    relevance = f_classif(X, y)[0]
    correlation = np.abs(np.corrcoef(X.T)).clip(0.001)
    chosen = [int(relevance.argmax())]
    while len(chosen) < 5:
        score = relevance / correlation[:, chosen].mean(axis=1)
        score[chosen] = -1
        chosen.append(int(score.argmax()))
    assert select_features(X, y, 5, "mrmr_f")["place"].to_list() == chosen


def test_permutations_find_noise():
    X, y = make(200)
    tests = permutation_test(X, y, n_permutations=50)
    assert (tests["p_value"][2:] == 1 / 51).all()
    assert (tests["p_value"][:2] > 0.05).all()
    assert (tests["statistic"][:2] < 2 * tests["null_mean"][:2]).all()
    values = permutation_test(X, y + 0.0, n_permutations=50, task="regression")
    assert (values["p_value"][2:] == 1 / 51).all()


def test_stability_counts_the_best():
    X, y = make()
    for method in ("mutual_information", "mrmr"):
        table = stability_selection(X, y, 2, method, subsamples=Subsamples(n=10))
        assert table["count"].sum() == 20
        assert table["count"][:2].sum() == 0
    with pytest.raises(ValueError, match="share must be above 0"):
        stability_selection(X, y, 2, subsamples=Subsamples(share=1.0))


def test_null_importances_are_a_threshold():
    null = np.random.default_rng(0).uniform(size=(99, 2))
    table = compare_with_null([0.5, 2.0], null, ["a", "b"])
    assert table["is_above"].to_list() == [False, True]
    assert table["p_value"][1] == 0.01
    with pytest.raises(ValueError, match=r"null must have shape \(n_fits, 2\)"):
        compare_with_null([0.5, 2.0], null[:, :1])


@pytest.mark.parametrize("n_fits", [2, 6, 18, 19, 40])
def test_one_column_of_noise_in_twenty_is_above_its_null(n_fits):
    random = np.random.default_rng(n_fits)
    actual, null = random.normal(size=4000), random.normal(size=(n_fits, 4000))

    share = compare_with_null(actual, null)["is_above"].mean()

    # Three standard errors of a share of 5 %; some more where ranks are coarse.
    assert 0.03 < share < 0.061


def test_a_single_null_fit_is_no_threshold():
    assert compare_with_null([9.0], [[1.0]])["is_above"].to_list() == [False]


def test_evidence_adds_up_to_the_information_value():
    from headstart.scoring import score_features

    X, y = make()
    X[:9, 2] = np.nan
    binned = BinnedMatrix.from_numpy(X, n_bins=10)
    table = weight_of_evidence(binned, y > 1, 2)
    assert table["bin"].to_list()[-1] is None
    expected = score_features(binned, y > 1, "information_value")["statistic"][2]
    assert table["information_value"].sum() == pytest.approx(expected)
    assert table["n_first"].sum() + table["n_second"].sum() == len(y)


def test_noise_is_as_asked():
    X, y = make(60)
    without = neighbor_information(X, y, noise=None)
    with_zeros = neighbor_information(X, y, noise=np.zeros(X.shape))
    np.testing.assert_array_equal(without, with_zeros)
    with pytest.raises(ValueError, match=r"noise must have shape \(60, 5\)"):
        neighbor_information(X, y, noise=np.zeros((60, 4)))
    with pytest.raises(TypeError, match="Column 'w' is not numeric"):
        neighbor_information(pl.DataFrame({"w": ["a", "b"] * 30}), y)


@pytest.mark.parametrize("method", ["mutual_information", "f", "mrmr"])
def test_the_selector_keeps_the_best(method):
    X, y = make()
    table = pl.DataFrame(X, schema=["n1", "n2", "a", "copy", "b"])
    for features in (X, table, table.to_pandas()):
        selector = SelectByRelevance(2, method=method).fit(features, y)
        assert selector.get_support()[:2].sum() == 0
        assert selector.get_support().sum() == 2
        assert selector.transform(features).shape == (400, 2)
    selector = SelectByRelevance(5, method="f", max_q_value=1e-6).fit(X, y)
    np.testing.assert_array_equal(selector.get_support(), [0, 0, 1, 1, 1])


@parametrize_with_checks(
    [SelectByRelevance()],
    expected_failed_checks=lambda _: {
        "check_sample_weight_equivalence_on_dense_data": (
            "columns are cut by their rows, whatever these weigh"
        )
    },
)
def test_the_selector_is_an_estimator(estimator, check):
    check(estimator)
