"""A metric that is right, and one for each check that is wrong in that respect."""

import sys
import threading

import numpy as np

from headstart.base import TaskKind
from headstart.plugins import MetricRecord

VALUES = frozenset({TaskKind.REGRESSION})


def error(y_true, y_pred, sample_weight=None):
    return np.average(np.abs(y_true - y_pred), weights=sample_weight)


def metric(function, **fields):
    return MetricRecord(
        **{
            "name": "right",
            "function": function,
            "kinds": VALUES,
            "greater_is_better": False,
            "needs": "value",
            **fields,
        }
    )


def with_lock(lock):
    def locked(y_true, y_pred):
        with lock:
            return error(y_true, y_pred)

    return locked


def not_finite(y_true, y_pred):
    return float("inf")


def draws(y_true, y_pred):
    return error(y_true, y_pred) * (1 + 1e-9 * np.random.default_rng().random())


def neighbours(y_true, y_pred):
    return np.abs(y_true - y_pred) @ np.linspace(1.0, 1.001, len(y_true))


def counts_weights_alike(y_true, y_pred, sample_weight=None):
    return error(y_true, y_pred, None if sample_weight is None else sample_weight**2)


def needs_rows(y_true, y_pred):
    if len(y_true) < 2:
        raise ValueError("needs at least two rows")
    return error(y_true, y_pred)


def turns_signs(y_true, y_pred):
    for array in (y_true, y_pred):
        array.setflags(write=True)
        array *= -1.0
    return error(y_true, y_pred)


def prints(y_true, y_pred):
    sys.stdout.write("scoring\n")
    return error(y_true, y_pred)


def fails_on_toys(y_true, y_pred):
    if len(y_true) == 20:
        raise ValueError("no toys")
    return error(y_true, y_pred)


RIGHT = metric(error)
BROKEN = {
    "declaration": metric(error, needs="label"),
    "worker-copy": metric(with_lock(threading.Lock())),
    "number": metric(not_finite),
    "direction": metric(error, greater_is_better=True),
    "deterministic": metric(draws),
    "row-order": metric(neighbours),
    "weights": metric(counts_weights_alike),
    "few-rows": metric(needs_rows),
    "input-unchanged": metric(turns_signs),
    "side-effects": metric(prints),
    "resolves": metric(fails_on_toys),
}
"""By the check that has to name it."""
