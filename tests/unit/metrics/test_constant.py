import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sklearn.metrics import make_scorer, mean_pinball_loss

from headstart.base import TaskKind
from headstart.metrics import resolve_metric
from headstart.metrics.constant import NO_SKILL, Part, best_constant

RANDOM = np.random.default_rng(5)
VALUES = np.exp(RANDOM.normal(0, 1.2, 301))
WEIGHT = RANDOM.uniform(0.1, 3.0, 301)
CODES = (RANDOM.uniform(size=400) < 0.45).astype(np.int64)


def of_all(metric, kind, y, weight=None, labels=(), classes=None):
    resolved = resolve_metric(metric, kind, classes)
    constant = best_constant(resolved, kind, labels, [Part(y, weight, y, weight)])
    return constant.words, constant.losses[0]


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("name", ["rmse", "mae", "mape", "rmsle", "medae", "pinball"])
def test_no_other_constant_is_better_for_a_metric_of_values(name, weight):
    metric = resolve_metric(name, TaskKind.REGRESSION)

    _, loss = of_all(name, TaskKind.REGRESSION, VALUES, weight)

    others = [
        metric.loss(VALUES, np.full_like(VALUES, c), weight)
        for c in np.quantile(VALUES, np.linspace(0, 1, 400))
    ]
    # The median error steps over single rows, where the others are smooth.
    slack = 1.02 if name == "medae" else 1.0 + 1e-4
    assert loss <= slack * min(others)


def test_the_best_constant_for_the_rmse_is_the_mean():
    best = minimize_scalar(lambda c: np.sqrt(np.mean((VALUES - c) ** 2)))

    words, loss = of_all("rmse", TaskKind.REGRESSION, VALUES)

    assert "the mean" in words
    assert loss == pytest.approx(best.fun)


def test_f1_is_highest_where_the_positive_class_is_always_predicted():
    words, loss = of_all("f1", TaskKind.BINARY, CODES, labels=("no", "yes"))

    share = CODES.mean()
    assert "“yes”" in words
    assert -loss == pytest.approx(2 * share / (1 + share))


def test_accuracy_is_highest_where_the_most_frequent_class_is_always_predicted():
    codes = np.repeat([0, 1, 2], [30, 50, 40])

    words, loss = of_all("accuracy", TaskKind.MULTICLASS, codes, labels=("a", "b", "c"))

    assert "“b”" in words
    assert -loss == pytest.approx(50 / 120)


@pytest.mark.parametrize("name", ["log_loss", "brier", "roc_auc"])
def test_probabilities_are_best_at_the_shares_of_the_classes(name):
    words, _ = of_all(name, TaskKind.BINARY, CODES, labels=("no", "yes"))

    assert "shares" in words


def test_shares_are_weighted():
    weight = np.where(CODES == 1, 9.0, 1.0)

    _, loss = of_all("log_loss", TaskKind.BINARY, CODES, weight, ("no", "yes"))

    p = np.average(CODES, weights=weight)
    assert loss == pytest.approx(-p * np.log(p) - (1 - p) * np.log(1 - p))


def test_a_metric_of_the_users_own_is_asked_all_candidates():
    def cost(y_true, y_pred):
        # A "yes" that is missed costs ten times as much.
        return -float(np.mean(np.where(y_true == "yes", 10, 1) * (y_true != y_pred)))

    classes = np.array(["no", "yes"])
    words, loss = of_all(cost, TaskKind.BINARY, CODES, None, ("no", "yes"), classes)

    assert "“yes”" in words
    assert loss == pytest.approx(1 - CODES.mean())


def test_an_own_metric_of_ratios_is_best_at_the_geometric_mean():
    def ratio(y_true, y_pred):
        return -float(np.mean(np.log(y_true / y_pred) ** 2))

    words, _ = of_all(ratio, TaskKind.REGRESSION, VALUES)

    assert "geometric mean" in words


def test_an_own_metric_with_errors_of_one_side_is_best_at_a_quantile():
    scorer = make_scorer(mean_pinball_loss, alpha=0.9, greater_is_better=False)

    words, loss = of_all(scorer, TaskKind.REGRESSION, VALUES)

    assert words == "the 0.9 quantile"
    assert loss < 0.8 * mean_pinball_loss(VALUES, np.full(301, 1.0), alpha=0.9)


def test_constants_are_fitted_on_training_rows_and_judged_on_others():
    metric = resolve_metric("mae", TaskKind.REGRESSION)
    parts = [
        Part(np.array([1.0, 2.0, 9.0]), None, np.array([4.0, 4.0]), None),
        Part(np.array([5.0]), None, np.array([4.0, 5.0]), None),
    ]

    constant = best_constant(metric, TaskKind.REGRESSION, (), parts)

    assert constant.losses == (2.0, 0.5)


def test_where_constants_have_no_correlation_the_loss_is_that_of_no_skill():
    def pearson(y_true, y_pred):
        return np.corrcoef(y_true, y_pred)[0, 1]

    _, loss = of_all(pearson, TaskKind.REGRESSION, VALUES)

    assert loss == pytest.approx(0.0, abs=1e-9)


def test_a_metric_that_refuses_constants_is_asked_for_shuffled_targets():
    def strict(y_true, y_pred):
        if np.ptp(y_pred) == 0:
            raise ValueError("a constant")
        return np.corrcoef(y_true, y_pred)[0, 1]

    words, loss = of_all(strict, TaskKind.REGRESSION, VALUES)

    assert words == NO_SKILL
    assert math.isfinite(loss)
    assert abs(loss) < 0.3
