"""Greedy ensemble selection against the loops that others run."""

import functools
from collections.abc import Callable

import numpy as np
from sklearn.metrics import roc_auc_score

from headstart.base import TaskKind
from headstart.ensemble import select_greedily
from headstart.metrics import resolve_metric
from kernels.row import Row, Timed

N_MEMBERS, N_ROWS, N_ROUNDS = 50, 100_000, 50
LOG_LOSS_ROUNDS, AREA_ROUNDS = 4, 1  # of the peers: all would take minutes


@functools.cache
def members() -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities of members that differ in what they know."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, N_ROWS)
    signal = y - 0.5 + rng.normal(size=N_ROWS)
    noise = rng.uniform(0.5, 2.0, (N_MEMBERS, 1)) * rng.normal(size=(N_MEMBERS, N_ROWS))
    return y, (1 / (1 + np.exp(-(signal + noise)))).astype(np.float32)


def picks(loss: Callable[[np.ndarray], float], n_rounds: int) -> np.ndarray:
    """Select as auto-sklearn does: the mean of all classes, then the whole loss."""
    _, predictions = members()
    predictions = np.stack([1 - predictions, predictions], axis=2, dtype=np.float64)
    total = np.zeros((N_ROWS, 2))
    chosen = []
    for n_picked in range(1, n_rounds + 1):
        losses = [loss((total + one) / n_picked) for one in predictions]
        chosen.append(int(np.argmin(losses)))
        total += predictions[chosen[-1]]
    return np.array(chosen)


def weights(metric: str, n_rounds: int, n_threads: int = 1) -> np.ndarray:
    y, predictions = members()
    return select_greedily(
        predictions[:, :, np.newaxis],
        y,
        resolve_metric(metric, TaskKind.BINARY),
        n_rounds=n_rounds,
        n_threads=n_threads,
    )


def same_picks(metric: str, n_rounds: int) -> Callable[[object, object], str]:
    def agree(theirs: object, _: object) -> str:
        expected = np.bincount(theirs, minlength=N_MEMBERS) / n_rounds
        same = np.array_equal(weights(metric, n_rounds), expected)
        return "" if same else "picks differ"

    return agree


def log_loss() -> Timed:
    y, _ = members()

    def loss(p: np.ndarray) -> float:
        p = np.clip(p, 1e-15, 1 - 1e-15)
        p /= p.sum(axis=1, keepdims=True)
        return -np.log(p[np.arange(N_ROWS), y]).mean()

    return Timed(
        lambda: picks(loss, LOG_LOSS_ROUNDS),
        lambda: weights("log_loss", N_ROUNDS),
        same_picks("log_loss", LOG_LOSS_ROUNDS),
        share=LOG_LOSS_ROUNDS / N_ROUNDS,
    )


def area() -> Timed:
    y, _ = members()
    return Timed(
        lambda: picks(lambda p: -roc_auc_score(y, p[:, 1]), AREA_ROUNDS),
        lambda: weights("roc_auc", N_ROUNDS),
        same_picks("roc_auc", AREA_ROUNDS),
        share=AREA_ROUNDS / N_ROUNDS,
    )


def threads() -> Timed:
    def agree(one: object, other: object) -> str:
        return "" if one.tobytes() == other.tobytes() else "bytes differ"

    return Timed(
        lambda: weights("log_loss", N_ROUNDS),
        lambda: weights("log_loss", N_ROUNDS, n_threads=2),
        agree,
    )


SIZE = f"{N_MEMBERS} x 100k, {N_ROUNDS} rounds"
ROWS = [
    Row(17, "greedy ensemble, log loss", SIZE, "numpy loop", 25, log_loss, 2, 5),
    Row(18, "greedy ensemble, ROC AUC", SIZE, "sklearn in a loop", 25, area, 1, 3),
    Row(
        21,
        "two threads: greedy ensemble, log loss",
        SIZE,
        "headstart, one thread",
        1.6,
        threads,
        5,
        5,
        wall=True,
    ),
]
