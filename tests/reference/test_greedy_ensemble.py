"""Greedy selection against the plainest loop over scikit-learn's metrics."""

import numpy as np
import pytest
from sklearn import metrics as sk

from headstart.base import TaskKind
from headstart.ensemble import select_greedily
from headstart.metrics import resolve_metric

N_MEMBERS, N_ROWS, N_ROUNDS = 8, 300, 25


def caruana(predictions, loss, costs):
    """Weights of the best prefix of a greedy selection, and its picks."""
    total = np.zeros(predictions.shape[1:])
    picks, best = [], (np.inf, 0)
    for n_picked in range(1, N_ROUNDS + 1):
        losses = np.array([loss((total + p) / n_picked) for p in predictions])
        tied = np.flatnonzero(losses <= losses.min() + 1e-13 * abs(losses.min()))
        pick = tied[np.argmin(costs[tied])]
        picks.append(pick)
        total += predictions[pick]
        if losses[pick] < best[0] - 1e-13 * abs(best[0]) or n_picked == 1:
            best = (losses[pick], n_picked)
    return np.bincount(picks[: best[1]], minlength=len(predictions)) / best[1]


def noisy_members(rng, truth, spread):
    noise = rng.normal(size=(*truth.shape, N_MEMBERS)) * rng.uniform(
        0.6, 1.4, size=N_MEMBERS
    )
    return truth + spread * np.moveaxis(noise, -1, 0)


def as_single(predictions):
    return predictions.astype(np.float32).astype(np.float64)


def binary_data(seed):
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=N_ROWS)
    y = (signal + rng.normal(size=N_ROWS) > 0).astype(np.int64)
    p = 1 / (1 + np.exp(-noisy_members(rng, signal, 1.0)))
    return rng, y, as_single(p)


BINARY = {
    "roc_auc": lambda y, p, w: -sk.roc_auc_score(y, p, sample_weight=w),
    "log_loss": lambda y, p, w: sk.log_loss(y, p, sample_weight=w),
    "brier": lambda y, p, w: sk.brier_score_loss(y, p, sample_weight=w),
    "average_precision": lambda y, p, w: (
        -sk.average_precision_score(y, p, sample_weight=w)
    ),
    "accuracy": lambda y, p, w: -sk.accuracy_score(y, p > 0.5, sample_weight=w),
    "balanced_accuracy": lambda y, p, w: (
        -sk.balanced_accuracy_score(y, p > 0.5, sample_weight=w)
    ),
    "f1": lambda y, p, w: -sk.f1_score(y, p > 0.5, sample_weight=w),
    "mcc": lambda y, p, w: -sk.matthews_corrcoef(y, p > 0.5, sample_weight=w),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", BINARY)
def test_binary_picks_are_those_of_the_plain_loop(name, weighted):
    rng, y, p = binary_data(seed=len(name))
    weight = rng.uniform(0.2, 3, size=N_ROWS) if weighted else None
    costs = rng.permutation(N_MEMBERS).astype(float)
    expected = caruana(p, lambda q: BINARY[name](y, q, weight), costs)
    weights = select_greedily(
        p[:, :, np.newaxis],
        y,
        resolve_metric(name, TaskKind.BINARY, None),
        weight=weight,
        n_rounds=N_ROUNDS,
        costs=costs,
    )
    np.testing.assert_array_equal(weights, expected)


MULTICLASS = {
    "log_loss": lambda y, p, w: -np.average(np.log(p[np.arange(len(y)), y]), weights=w),
    "brier": lambda y, p, w: np.average(
        ((p - np.eye(3)[y]) ** 2).sum(axis=1), weights=w
    ),
    "accuracy": lambda y, p, w: -sk.accuracy_score(y, p.argmax(1), sample_weight=w),
    "f1_macro": lambda y, p, w: (
        -sk.f1_score(y, p.argmax(1), average="macro", sample_weight=w)
    ),
    "roc_auc_ovr": lambda y, p, w: (
        -np.mean([sk.roc_auc_score(y == k, p[:, k], sample_weight=w) for k in range(3)])
    ),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", MULTICLASS)
def test_multiclass_picks_are_those_of_the_plain_loop(name, weighted):
    rng = np.random.default_rng(len(name))
    y = rng.integers(0, 3, size=N_ROWS)
    logits = noisy_members(rng, 1.5 * np.eye(3)[y], 1.0)
    p = np.exp(logits)
    p = as_single(p / p.sum(axis=2, keepdims=True))
    weight = rng.uniform(0.2, 3, size=N_ROWS) if weighted else None
    costs = rng.permutation(N_MEMBERS).astype(float)
    expected = caruana(p, lambda q: MULTICLASS[name](y, q, weight), costs)
    weights = select_greedily(
        p,
        y,
        resolve_metric(name, TaskKind.MULTICLASS, None),
        weight=weight,
        n_rounds=N_ROUNDS,
        costs=costs,
    )
    np.testing.assert_array_equal(weights, expected)


REGRESSION = {
    "rmse": lambda y, p, w: sk.root_mean_squared_error(y, p, sample_weight=w),
    "r2": lambda y, p, w: -sk.r2_score(y, p, sample_weight=w),
    "mae": lambda y, p, w: sk.mean_absolute_error(y, p, sample_weight=w),
    "mape": lambda y, p, w: sk.mean_absolute_percentage_error(y, p, sample_weight=w),
    "rmsle": lambda y, p, w: sk.root_mean_squared_log_error(y, p, sample_weight=w),
    "pinball": lambda y, p, w: sk.mean_pinball_loss(y, p, sample_weight=w),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", REGRESSION)
def test_regression_picks_are_those_of_the_plain_loop(name, weighted):
    rng = np.random.default_rng(len(name))
    y = rng.uniform(50, 90, size=N_ROWS)
    p = as_single(noisy_members(rng, y, 5.0))
    weight = rng.uniform(0.2, 3, size=N_ROWS) if weighted else None
    costs = rng.permutation(N_MEMBERS).astype(float)
    expected = caruana(p, lambda q: REGRESSION[name](y, q, weight), costs)
    weights = select_greedily(
        p[:, :, np.newaxis],
        y,
        resolve_metric(name, TaskKind.REGRESSION, None),
        weight=weight,
        n_rounds=N_ROUNDS,
        costs=costs,
    )
    np.testing.assert_array_equal(weights, expected)


def test_picks_for_a_target_far_from_zero_are_those_of_its_differences():
    rng = np.random.default_rng(21)
    truth = rng.uniform(0, 1000, N_ROWS)
    members = noisy_members(rng, truth, 5.0)
    costs = rng.permutation(N_MEMBERS).astype(float)
    weights = [
        select_greedily(
            (members + offset)[:, :, np.newaxis],
            truth + offset,
            resolve_metric("rmse", TaskKind.REGRESSION, None),
            n_rounds=N_ROUNDS,
            costs=costs,
        )
        for offset in (0.0, 1.7e9)
    ]
    np.testing.assert_array_equal(*weights)
