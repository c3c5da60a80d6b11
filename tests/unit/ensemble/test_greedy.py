from dataclasses import dataclass

import numpy as np
import pytest

from headstart.base import TaskKind
from headstart.ensemble import WeightCap, select_greedily
from headstart.metrics import resolve_metric

Y = np.array([0.0, 1.0, 2.0, 3.0])
CODES = np.array([0, 1, 0, 1])


def metric(name, kind=TaskKind.REGRESSION):
    return resolve_metric(name, kind, None)


def members(*predictions):
    return np.stack([np.asarray(p, dtype=float) for p in predictions])[:, :, np.newaxis]


def test_errors_that_cancel_are_mixed():
    weights = select_greedily(members(Y + 1, Y - 1, Y + 5), Y, metric("rmse"))
    np.testing.assert_array_equal(weights, [0.5, 0.5, 0.0])


def test_the_best_prefix_wins_over_later_rounds():
    weights = select_greedily(members(Y, Y + 1), Y, metric("mae"), n_rounds=7)
    np.testing.assert_array_equal(weights, [1.0, 0.0])


def test_one_round_takes_the_best_member():
    weights = select_greedily(
        members(Y + 1, Y - 0.9, Y + 5), Y, metric("rmse"), n_rounds=1
    )
    np.testing.assert_array_equal(weights, [0.0, 1.0, 0.0])


@pytest.mark.parametrize("name", ["rmse", "r2", "mae", "medae", "mape", "rmsle"])
def test_ties_go_to_the_cheaper_member(name):
    same = members(Y + 1, Y + 1, Y + 1)
    costs = np.array([2.0, 1.0, 1.0])
    weights = select_greedily(same, Y, metric(name), costs=costs)
    np.testing.assert_array_equal(weights, [0.0, 1.0, 0.0])


@pytest.mark.parametrize("name", ["log_loss", "brier", "roc_auc", "accuracy", "f1"])
def test_ties_of_class_metrics_go_to_the_cheaper_member(name):
    same = members([0.2, 0.7, 0.4, 0.6], [0.2, 0.7, 0.4, 0.6])
    weights = select_greedily(
        same, CODES, metric(name, TaskKind.BINARY), costs=np.array([2.0, 1.0])
    )
    np.testing.assert_array_equal(weights, [0.0, 1.0])


def test_capped_members_weigh_no_more_than_their_share():
    predictions = members(Y + 1, Y - 2, Y + 3)
    capped = np.array([True, False, False])
    free = select_greedily(predictions, Y, metric("rmse"))
    bounded = select_greedily(
        predictions, Y, metric("rmse"), cap=WeightCap(capped, 0.25)
    )
    assert free[0] > 0.5
    assert 0 < bounded[0] <= 0.25


def test_a_cap_on_all_members_is_none():
    predictions = members(Y + 1, Y - 2)
    capped = select_greedily(
        predictions, Y, metric("rmse"), cap=WeightCap(np.array([True, True]), 0.1)
    )
    np.testing.assert_array_equal(
        capped, select_greedily(predictions, Y, metric("rmse"))
    )


def test_row_weights_count():
    predictions = members([0, 1, 2, 9], [5, 1, 2, 3])
    first = np.array([1.0, 1.0, 1.0, 0.0])
    last = np.array([0.0, 1.0, 1.0, 1.0])
    for name in ("rmse", "mae"):
        weights = [
            select_greedily(predictions, Y, metric(name), weight=weight, n_rounds=1)
            for weight in (first, last)
        ]
        np.testing.assert_array_equal(weights, [[1.0, 0.0], [0.0, 1.0]])


def test_an_undefined_metric_leaves_the_cheapest_member():
    weights = select_greedily(
        members([0.1, 0.2], [0.3, 0.4]),
        np.array([1, 1]),
        metric("roc_auc", TaskKind.BINARY),
        costs=np.array([2.0, 1.0]),
    )
    np.testing.assert_array_equal(weights, [0.0, 1.0])


def test_two_columns_of_probabilities_are_one():
    one = members([0.2, 0.7, 0.4, 0.6], [0.4, 0.5, 0.3, 0.9], [0.9, 0.6, 0.1, 0.5])
    two = np.concatenate([1 - one, one], axis=2)
    for name in ("log_loss", "roc_auc", "brier"):
        chosen = metric(name, TaskKind.BINARY)
        np.testing.assert_array_equal(
            select_greedily(one, CODES, chosen), select_greedily(two, CODES, chosen)
        )


@dataclass(frozen=True)
class Negated:
    """Duck-typed stand-in for a metric of the user's own."""

    inner: object

    def loss(self, y, prediction, weight=None):
        return self.inner.loss(y, prediction, weight)


@pytest.mark.parametrize("name", ["rmse", "mae", "medae"])
def test_a_metric_of_the_users_own_picks_as_the_built_in_one(name):
    rng = np.random.default_rng(0)
    y = rng.normal(size=50)
    predictions = members(*(y + rng.normal(size=(6, 50))))
    weight = rng.uniform(0.5, 2, size=50)
    np.testing.assert_array_equal(
        select_greedily(predictions, y, metric(name), weight=weight),
        select_greedily(predictions, y, Negated(metric(name)), weight=weight),
    )


def test_a_metric_of_several_classes_gets_all_columns():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, size=60)
    predictions = rng.dirichlet(np.ones(3), size=(5, 60))
    built_in = metric("log_loss", TaskKind.MULTICLASS)
    np.testing.assert_array_equal(
        select_greedily(predictions, y, built_in),
        select_greedily(predictions, y, Negated(built_in)),
    )


def test_what_a_metric_raises_comes_through():
    class Broken:
        def loss(self, y, prediction, weight=None):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        select_greedily(members(Y), Y, Broken())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_rounds": 0}, "'n_rounds' parameter"),
        ({"n_threads": 0}, "'n_threads' parameter"),
        ({"cap": WeightCap(np.array([True, False]), 1.5)}, "cap must lie"),
        ({"cap": WeightCap(np.array([True, False]), np.nan)}, "cap must lie"),
        ({"costs": np.array([1.0])}, "costs must hold 2"),
        ({"costs": np.array([1.0, np.nan])}, "costs must not be NaN"),
        ({"cap": WeightCap(np.array([True]), 0.5)}, "capped must hold 2"),
        ({"weight": np.ones(3)}, "weight must hold 4"),
        ({"weight": -np.ones(4)}, "weight must be finite and not negative"),
        ({"weight": np.zeros(4)}, "weight must not be zero"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        select_greedily(members(Y, Y + 1), Y, metric("rmse"), **options)


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        (np.ones((2, 4)), "must have shape"),
        (np.ones((2, 5, 1)), r"must have shape \(n_members, 4, n_outputs\)"),
        (np.ones((0, 4, 1)), "must have shape"),
        (np.full((1, 4, 1), np.nan), "member 0 are not"),
        (np.stack([np.ones((4, 1)), np.full((4, 1), 1e200)]), "member 1 are not"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(predictions, message):
    with pytest.raises(ValueError, match=message):
        select_greedily(predictions, Y, metric("rmse"))


def test_codes_without_a_column_are_refused():
    with pytest.raises(ValueError, match=r"class codes in 0\.\.2"):
        select_greedily(
            members([0.1, 0.2]),
            np.array([0, 2]),
            metric("log_loss", TaskKind.BINARY),
        )
