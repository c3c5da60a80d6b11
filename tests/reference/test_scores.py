"""The metrics beyond those of a search against scikit-learn's and SciPy's."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as theirs

from headstart.metrics import confusion_matrix, score, score_many

CLOSE = {"rtol": 1e-10, "atol": 1e-12}
SIZES = [5, 20_001]


def f(beta, average):
    return lambda y, p, w: theirs.fbeta_score(
        y, p, beta=beta, average=average, sample_weight=w, zero_division=0.0
    )


def recall(average):
    return lambda y, p, w: theirs.recall_score(
        y, p, average=average, sample_weight=w, zero_division=0.0
    )


def precision(average):
    return lambda y, p, w: theirs.precision_score(
        y, p, average=average, sample_weight=w, zero_division=0.0
    )


ANY_LABELS = {
    "f1_micro": f(1, "micro"),
    "f_beta_macro@0.5": f(0.5, "macro"),
    "f_beta_micro@2": f(2, "micro"),
    "f_beta_weighted@2": f(2, "weighted"),
    **{f"recall_{a}": recall(a) for a in ("macro", "micro", "weighted")},
    **{f"precision_{a}": precision(a) for a in ("macro", "micro", "weighted")},
    "accuracy": lambda y, p, w: theirs.accuracy_score(y, p, sample_weight=w),
    "mcc": lambda y, p, w: theirs.matthews_corrcoef(y, p, sample_weight=w),
    "quadratic_kappa": lambda y, p, w: theirs.cohen_kappa_score(
        y, p, weights="quadratic", sample_weight=w
    ),
}
TWO_LABELS = {
    "f_beta@2": f(2, "binary"),
    "precision": precision("binary"),
    "recall": recall("binary"),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("n_rows", SIZES)
def test_labels(n_rows, n_classes, weighted):
    rng = np.random.default_rng(n_rows)
    y = np.arange(n_rows) % n_classes
    p = np.where(rng.uniform(size=n_rows) < 0.6, y, rng.integers(0, n_classes, n_rows))
    w = rng.uniform(0.1, 3, n_rows) if weighted else None
    wanted = ANY_LABELS | (TWO_LABELS if n_classes == 2 else {})
    scores = score_many(list(wanted), y, p, w)
    for name, twin in wanted.items():
        np.testing.assert_allclose(scores[name], twin(y, p, w), **CLOSE, err_msg=name)
    np.testing.assert_allclose(
        confusion_matrix(y, p, w), theirs.confusion_matrix(y, p, sample_weight=w)
    )


@pytest.mark.parametrize("multi_class", ["ovr", "ovo"])
def test_weighted_areas_of_more_classes(multi_class):
    rng = np.random.default_rng(1)
    y = rng.choice(4, 500, p=[0.5, 0.25, 0.15, 0.1])
    p = np.round(rng.dirichlet(np.ones(4), 500) + 0.2 * np.eye(4)[y], 2)
    p /= p.sum(axis=1, keepdims=True)
    expected = theirs.roc_auc_score(y, p, multi_class=multi_class, average="weighted")
    area = score(f"roc_auc_{multi_class}_weighted", y, p)
    np.testing.assert_allclose(area, expected, **CLOSE)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k_with_ties(k):
    rng = np.random.default_rng(k)
    y, p = rng.integers(0, 5, 300), rng.integers(0, 4, (300, 5)) / 4
    w = rng.uniform(0.1, 2, 300)
    expected = theirs.top_k_accuracy_score(y, p, k=k, sample_weight=w)
    np.testing.assert_allclose(score(f"top_k@{k}", y, p, w), expected, **CLOSE)


def test_calibration_error_is_the_plain_sum_over_bins():
    rng = np.random.default_rng(3)
    y, p, w = rng.integers(0, 2, 999), rng.uniform(size=999), rng.uniform(size=999)
    bins = np.minimum((p * 10).astype(int), 9)
    expected = sum(abs((w * (y - p))[bins == b].sum()) for b in range(10)) / w.sum()
    np.testing.assert_allclose(score("calibration_error@10", y, p, w), expected)


VALUES = {
    "pinball@0.9": lambda y, p, w: theirs.mean_pinball_loss(
        y, p, alpha=0.9, sample_weight=w
    ),
    "poisson": lambda y, p, w: theirs.mean_poisson_deviance(y, p, sample_weight=w),
    "gamma": lambda y, p, w: theirs.mean_gamma_deviance(y, p, sample_weight=w),
    **{
        f"tweedie@{power}": lambda y, p, w, power=power: theirs.mean_tweedie_deviance(
            y, p, power=power, sample_weight=w
        )
        for power in (-1, 0, 1, 1.5, 3)
    },
    "smape": lambda y, p, w: np.average(
        2 * np.abs(y - p) / (np.abs(y) + np.abs(p)), weights=w
    ),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_rows", SIZES)
def test_values(n_rows, weighted):
    rng = np.random.default_rng(n_rows)
    y = rng.gamma(2, 3, n_rows) + 0.1
    p = y * rng.uniform(0.5, 2, n_rows)
    w = rng.uniform(0.1, 3, n_rows) if weighted else None
    scores = score_many(list(VALUES), y, p, w)
    for name, twin in VALUES.items():
        np.testing.assert_allclose(
            scores[name], twin(y, p, w), rtol=1e-9, atol=1e-12, err_msg=name
        )


def test_spearman_with_ties():
    rng = np.random.default_rng(5)
    y, p = rng.integers(0, 9, 400), rng.integers(0, 9, 400)
    expected = stats.spearmanr(y, p + y).statistic
    np.testing.assert_allclose(score("spearman", y, p + y), expected, **CLOSE)


def test_concordance_of_two_values_is_the_area():
    rng = np.random.default_rng(6)
    y, p, w = (
        rng.integers(0, 2, 400),
        rng.normal(size=400).round(1),
        rng.uniform(size=400),
    )
    expected = theirs.roc_auc_score(y, p, sample_weight=w)
    np.testing.assert_allclose(score("concordance", y, p, w), expected, **CLOSE)
