"""Metrics against scikit-learn's, with ties, weights and more than one chunk."""

import numpy as np
import pytest
from sklearn import metrics as theirs
from sklearn.exceptions import UndefinedMetricWarning

from headstart.base import TaskKind
from headstart.metrics import metric_names, resolve_metric, score

CLOSE = {"rtol": 1e-10, "atol": 1e-12}
SIZES = [2, 3, 50, 16_384, 40_001]


BINARY = {
    "roc_auc": lambda y, p, w: theirs.roc_auc_score(y, p, sample_weight=w),
    "average_precision": lambda y, p, w: theirs.average_precision_score(
        y, p, sample_weight=w
    ),
    "log_loss": lambda y, p, w: theirs.log_loss(y, p, sample_weight=w, labels=[0, 1]),
    "brier": lambda y, p, w: theirs.brier_score_loss(y, p, sample_weight=w),
    "accuracy": lambda y, p, w: theirs.accuracy_score(y, p > 0.5, sample_weight=w),
    "balanced_accuracy": lambda y, p, w: theirs.balanced_accuracy_score(
        y, p > 0.5, sample_weight=w
    ),
    "f1": lambda y, p, w: theirs.f1_score(
        y, p > 0.5, sample_weight=w, zero_division=0.0
    ),
    "f1_macro": lambda y, p, w: theirs.f1_score(
        y, p > 0.5, average="macro", sample_weight=w, zero_division=0.0
    ),
    "f1_weighted": lambda y, p, w: theirs.f1_score(
        y, p > 0.5, average="weighted", sample_weight=w, zero_division=0.0
    ),
    "mcc": lambda y, p, w: theirs.matthews_corrcoef(y, p > 0.5, sample_weight=w),
    "kappa": lambda y, p, w: theirs.cohen_kappa_score(y, p > 0.5, sample_weight=w),
}

MULTICLASS = {
    "roc_auc_ovr": lambda y, p, w: theirs.roc_auc_score(
        y, p, multi_class="ovr", sample_weight=w
    ),
    "log_loss": lambda y, p, w: theirs.log_loss(y, p, sample_weight=w),
    "brier": lambda y, p, w: theirs.brier_score_loss(y, p, sample_weight=w),
    "accuracy": lambda y, p, w: theirs.accuracy_score(
        y, p.argmax(axis=1), sample_weight=w
    ),
    "balanced_accuracy": lambda y, p, w: theirs.balanced_accuracy_score(
        y, p.argmax(axis=1), sample_weight=w
    ),
    "f1_macro": lambda y, p, w: theirs.f1_score(
        y, p.argmax(axis=1), average="macro", sample_weight=w
    ),
    "f1_weighted": lambda y, p, w: theirs.f1_score(
        y, p.argmax(axis=1), average="weighted", sample_weight=w
    ),
    "mcc": lambda y, p, w: theirs.matthews_corrcoef(
        y, p.argmax(axis=1), sample_weight=w
    ),
    "kappa": lambda y, p, w: theirs.cohen_kappa_score(
        y, p.argmax(axis=1), sample_weight=w
    ),
}

REGRESSION = {
    "rmse": theirs.root_mean_squared_error,
    "mae": theirs.mean_absolute_error,
    "r2": theirs.r2_score,
    "rmsle": theirs.root_mean_squared_log_error,
    "mape": theirs.mean_absolute_percentage_error,
    "medae": theirs.median_absolute_error,
    "pinball": theirs.mean_pinball_loss,
}


@pytest.fixture(params=SIZES)
def n_rows(request):
    return request.param


@pytest.fixture(params=[False, True], ids=["plain", "weighted"])
def weight(request, n_rows):
    random = np.random.default_rng(n_rows)
    return random.uniform(0.1, 3.0, n_rows) if request.param else None


@pytest.mark.parametrize("ties", [False, True], ids=["distinct", "tied"])
@pytest.mark.parametrize("name", BINARY)
def test_two_classes(name, n_rows, weight, ties):
    random = np.random.default_rng(7)
    y = np.arange(n_rows) % 2
    p = np.clip(0.3 * y + random.uniform(0, 0.7, n_rows), 0, 1)
    p = np.round(p, 1) if ties else p
    ours = resolve_metric(name, TaskKind.BINARY).score(y, p, weight)
    np.testing.assert_allclose(ours, BINARY[name](y, p, weight), **CLOSE)


@pytest.mark.parametrize("name", MULTICLASS)
def test_more_classes(name, weight, n_rows):
    random = np.random.default_rng(8)
    n_classes = min(n_rows, 5)
    if n_classes < 3:
        n_classes, n_rows, weight = 3, 6, None
    y = np.arange(n_rows) % n_classes
    p = (
        np.round(random.uniform(0, 1, (n_rows, n_classes)), 1)
        + 0.5 * np.eye(n_classes)[y]
    )
    p /= p.sum(axis=1, keepdims=True)
    ours = resolve_metric(name, TaskKind.MULTICLASS).score(y, p, weight)
    np.testing.assert_allclose(ours, MULTICLASS[name](y, p, weight), **CLOSE)


def test_one_versus_one_area():
    random = np.random.default_rng(9)
    y = np.arange(3000) % 5
    p = np.round(random.dirichlet(np.ones(5), 3000) + 0.3 * np.eye(5)[y], 2)
    p /= p.sum(axis=1, keepdims=True)
    ours = resolve_metric("roc_auc_ovo", TaskKind.MULTICLASS).score(y, p)
    np.testing.assert_allclose(
        ours, theirs.roc_auc_score(y, p, multi_class="ovo"), **CLOSE
    )


@pytest.mark.parametrize("name", REGRESSION)
def test_values(name, n_rows, weight):
    random = np.random.default_rng(10)
    y = np.round(random.gamma(2.0, 3.0, n_rows), 1) + 0.1
    p = np.abs(y + np.round(random.normal(0, 2, n_rows), 1))
    ours = resolve_metric(name, TaskKind.REGRESSION).score(y, p, weight)
    expected = REGRESSION[name](y, p, sample_weight=weight)
    np.testing.assert_allclose(ours, expected, **CLOSE)


def test_certain_and_wrong_probabilities_are_clipped_alike():
    y = np.array([0, 1, 1, 0])
    p = np.array([1.0, 0.0, 1.0, 0.0])
    ours = resolve_metric("log_loss", TaskKind.BINARY).score(y, p)
    np.testing.assert_allclose(ours, theirs.log_loss(y, p), **CLOSE)


def test_every_metric_is_compared():
    compared = {
        TaskKind.BINARY: {*BINARY},
        TaskKind.MULTICLASS: {*MULTICLASS, "roc_auc_ovo"},
        TaskKind.REGRESSION: {*REGRESSION},
    }
    for kind, names in compared.items():
        assert names == set(metric_names(kind))


def test_r2_of_one_row_is_undefined():
    with pytest.warns(UndefinedMetricWarning):
        expected = theirs.r2_score([1.0], [2.0])
    np.testing.assert_equal(score("r2", [1.0], [2.0]), expected)
