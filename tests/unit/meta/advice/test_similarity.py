import numpy as np
import pytest

from headstart.meta.advice.similarity import distances, weigh_datasets


def test_a_like_dataset_weighs_more(make_evidence):
    evidence = make_evidence(np.eye(12), n_rows=100.0 * 2.0 ** np.arange(12))
    similarity = weigh_datasets(evidence, np.arange(12), {}, 800, 10)
    assert similarity.weights.argmax() == 3
    assert similarity.weights.sum() == pytest.approx(1.0)
    assert (np.diff(similarity.weights[:4]) > 0).all()
    assert (np.diff(similarity.weights[3:]) < 0).all()


def test_no_dataset_is_left_out_or_copied(make_evidence):
    evidence = make_evidence(np.eye(12), n_rows=100.0 * 2.0 ** np.arange(12))
    weights = weigh_datasets(evidence, np.arange(12), {}, 800, 10).weights
    assert weights.min() > 0
    assert weights.max() < 0.5


def test_a_table_unlike_all_gets_equal_weights(make_evidence):
    evidence = make_evidence(np.eye(12), n_rows=100.0 * 1.1 ** np.arange(12))
    similarity = weigh_datasets(evidence, np.arange(12), {}, 10**8, 10)
    assert similarity.is_far
    assert np.ptp(similarity.weights) == 0


def test_a_meta_feature_counts(make_evidence):
    evidence = make_evidence(np.eye(12), features={"ClassEntropy": np.arange(12.0)})
    weights = weigh_datasets(
        evidence, np.arange(12), {"ClassEntropy": 7.0}, 1000, 10
    ).weights
    assert weights.argmax() == 7


def test_what_only_one_side_knows_is_ignored(make_evidence):
    entropy = np.arange(12.0)
    entropy[5] = np.nan
    evidence = make_evidence(np.eye(12), features={"ClassEntropy": entropy})
    missing = weigh_datasets(
        evidence, np.arange(12), {"ClassEntropy": np.nan, "Else": 3.0}, 1000, 10
    )
    assert np.ptp(missing.weights) == pytest.approx(0.0)
    unmatched = weigh_datasets(evidence, np.arange(12), {"ClassEntropy": 7.0}, 1000, 10)
    assert np.isfinite(unmatched.weights).all()


def test_distances_are_in_standard_deviations():
    apart, among = distances(np.array([[0.0], [0.0], [2.0], [2.0]]), np.array([3.0]))
    np.testing.assert_allclose(apart, [3.0, 3.0, 1.0, 1.0])
    np.testing.assert_allclose(among[0], [0.0, 0.0, 2.0, 2.0])


def test_counts_are_compared_by_their_logarithms():
    apart, _ = distances(np.array([[1e3], [1e5]]), np.array([1e4]))
    assert apart[0] == pytest.approx(apart[1], rel=1e-3)


def test_sizes_are_counted_once(make_evidence):
    rows = 100.0 * 2.0 ** np.arange(12)
    entropy = np.arange(12.0)[::-1]
    both = {"log_rows": np.log(rows), "ClassEntropy": entropy}
    named = make_evidence(np.eye(12), n_rows=rows, features=both)
    features = {"log_rows": float(np.log(800.0)), "ClassEntropy": 8.0}
    twice = make_evidence(np.eye(12), features=both)
    np.testing.assert_allclose(
        weigh_datasets(named, np.arange(12), features, 800, 10).weights,
        weigh_datasets(twice, np.arange(12), features, 800, 10).weights,
    )


def test_equal_meta_features_are_no_distance_at_all():
    apart, among = distances(np.full((3, 2), 5.0), np.array([9.0, 9.0]))
    assert not apart.any()
    assert not among.any()
