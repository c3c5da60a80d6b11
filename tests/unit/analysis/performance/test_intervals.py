import time

import numpy as np
import pytest

from headstart.analysis.performance.intervals import (
    Score,
    score_difference,
    score_interval,
)
from headstart.base import TaskKind
from headstart.metrics import resolve_metric

RANDOM = np.random.default_rng(4)
N = 200
Y = RANDOM.integers(0, 2, N)
GOOD = np.clip(0.25 + 0.5 * Y + RANDOM.normal(0, 0.2, N), 0.01, 0.99)[:, np.newaxis]
BAD = np.clip(0.5 + RANDOM.normal(0, 0.2, N), 0.01, 0.99)[:, np.newaxis]


def hits(y_true, y_pred):
    return float(np.mean(y_true == y_pred))


def score(metric, groups=None, y=Y, n_drawn=10**6):
    return Score(resolve_metric(metric, TaskKind.BINARY), y, None, groups, 0, n_drawn)


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "accuracy", hits])
@pytest.mark.parametrize("groups", [None, np.arange(N) // 4])
def test_a_score_lies_in_its_interval(metric, groups):
    value, low, high, _ = score_interval(score(metric, groups), GOOD)

    assert low <= value <= high
    assert 0 < high - low < 0.5


def test_no_rows_drawn_means_no_interval():
    value, low, high, _ = score_interval(score("roc_auc", n_drawn=0), GOOD)

    assert value > 0.5
    assert (low, high) == (None, None)


@pytest.mark.parametrize("metric", ["roc_auc", hits])
@pytest.mark.parametrize("seconds", [0.0, 1e-9])
def test_no_time_means_no_interval(metric, seconds):
    interval = score_interval(score(metric), GOOD, seconds)

    no_time = "there was no time for it"
    assert interval == (score(metric).value(GOOD), None, None, no_time)


def test_a_slow_metric_ends_with_the_resamples_it_had_time_for():
    asked = 0

    def slow(y_true, y_pred):
        nonlocal asked
        asked += 1
        time.sleep(0.02)
        return hits(y_true, y_pred)

    slow_score = score(slow)  # asked about toy data
    asked = 0
    value, low, high, _ = score_interval(slow_score, GOOD, 0.2)

    assert low < value < high
    assert 3 <= asked < 15


def test_an_undefined_score_is_none():
    interval = score_interval(score("roc_auc", y=np.ones_like(Y)), GOOD)

    assert interval[:3] == (None, None, None)
    assert "undefined" in interval.reason


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", hits])
def test_the_better_prediction_differs_by_more_than_its_error(metric):
    gain, error = score_difference(score(metric), GOOD, BAD, with_error=True)
    back, _ = score_difference(score(metric), BAD, GOOD, with_error=False)

    assert gain > 2 * error > 0
    assert back == pytest.approx(-gain)
