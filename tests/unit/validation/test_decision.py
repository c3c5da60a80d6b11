import numpy as np
import pytest

from headstart.metrics import best_threshold, score
from headstart.validation import cross_fitted_threshold, plain_folds

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 2, 200)
P = np.clip(0.2 * Y + RNG.uniform(0, 0.5, 200), 0, 1)


def test_each_row_is_decided_without_it():
    folds = plain_folds(200, 4)
    decided = cross_fitted_threshold(Y, P, "mcc", folds=folds)
    for train, held_out in folds.split():
        chosen = best_threshold(Y[train], P[train], "mcc")
        assert decided.labels[held_out].tolist() == chosen.predict(P[held_out]).tolist()
    assert decided.value == score("mcc", Y, decided.labels)
    assert decided.decision == best_threshold(Y, P, "mcc")


def test_costs_are_those_of_the_decided_rows():
    costs = np.array([[0.0, 1.0], [4.0, 0.0]])
    decided = cross_fitted_threshold(Y, P, costs=costs)
    assert decided.value == pytest.approx(costs[Y, decided.labels].mean())


def test_more_classes_are_decided_by_factors():
    y = np.arange(90) % 3
    p = 0.4 * np.eye(3)[y] + RNG.dirichlet([5, 2, 1], 90)
    decided = cross_fitted_threshold(y, p / p.sum(axis=1, keepdims=True), "f1_macro")
    assert decided.decision.factors.shape == (3,)


def test_folds_of_other_rows_are_refused():
    with pytest.raises(ValueError, match="one repeat of 200 rows"):
        cross_fitted_threshold(Y, P, folds=plain_folds(200, 4, 2))
