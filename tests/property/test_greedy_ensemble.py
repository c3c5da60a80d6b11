import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from headstart.base import TaskKind
from headstart.ensemble import select_greedily
from headstart.metrics import resolve_metric

N_MEMBERS, N_ROWS = 4, 9
BINARY = ("log_loss", "brier", "roc_auc", "average_precision", "accuracy", "mcc")
REGRESSION = ("rmse", "r2", "mae", "medae")

# Sums of few multiples of a power of two are exact: ties stay ties in any order.
grids = arrays(np.int64, (N_MEMBERS, N_ROWS, 1), elements=st.integers(0, 64))
probabilities = grids.map(lambda grid: grid / 64)
values = grids.map(lambda grid: grid - 32.0)
codes = arrays(np.int64, N_ROWS, elements=st.integers(0, 1))
weights_of_rows = arrays(np.float64, N_ROWS, elements=st.floats(0.125, 8))


def check(predictions, y, metric, weight):
    chosen = select_greedily(predictions, y, metric, weight=weight, n_rounds=12)
    assert (chosen >= 0).all()
    assert chosen.sum() == pytest.approx(1, abs=1e-12)
    members = predictions[:, :, 0]
    alone = min(metric.loss(y, member, weight) for member in members)
    # A weight is a share of at most twelve rounds.
    n_rounds = next(
        n for n in range(1, 13) if np.allclose(chosen * n, (chosen * n).round())
    )
    together = (chosen * n_rounds).round() @ members / n_rounds
    assert metric.loss(y, together, weight) <= alone + 1e-9 * max(1.0, abs(alone))


@settings(deadline=None)
@given(predictions=probabilities, y=codes, weight=st.none() | weights_of_rows)
@pytest.mark.parametrize("name", BINARY)
def test_a_classifier_is_never_worse_than_its_best_member(name, predictions, y, weight):
    check(predictions, y, resolve_metric(name, TaskKind.BINARY, None), weight)


@settings(deadline=None)
@given(
    predictions=values,
    y=arrays(np.float64, N_ROWS, elements=st.floats(-100, 100), unique=True),
    weight=st.none() | weights_of_rows,
)
@pytest.mark.parametrize("name", REGRESSION)
def test_a_regressor_is_never_worse_than_its_best_member(name, predictions, y, weight):
    check(predictions, y, resolve_metric(name, TaskKind.REGRESSION, None), weight)


@pytest.mark.parametrize("name", ["log_loss", "brier", "roc_auc", "accuracy"])
def test_weights_are_the_same_for_any_number_of_threads(name):
    rng = np.random.default_rng(1)
    predictions = rng.uniform(size=(7, 5_000, 1)).astype(np.float32)
    y = rng.integers(0, 2, size=5_000)
    metric = resolve_metric(name, TaskKind.BINARY, None)
    weights = {
        select_greedily(predictions, y, metric, n_rounds=8, n_threads=n).tobytes()
        for n in (1, 2, 7)
    }
    assert len(weights) == 1
