"""What holds for all metrics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headstart.base import TaskKind
from headstart.metrics import metric_names, resolve_metric

EVERY = [(kind, name) for kind in TaskKind for name in metric_names(kind)]


def make_rows(kind, n_rows, seed):
    """Targets and predictions with ties, every class present."""
    random = np.random.default_rng(seed)
    if kind is TaskKind.REGRESSION:
        y = np.round(random.gamma(2.0, 2.0, n_rows), 1)
        return y, np.round(np.abs(y + random.normal(0, 1, n_rows)), 1)
    if kind is TaskKind.BINARY:
        return np.arange(n_rows) % 2, np.round(random.uniform(0, 1, n_rows), 2)
    p = np.round(random.uniform(0.01, 1, (n_rows, 4)), 1) + 0.01
    return np.arange(n_rows) % 4, p / p.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_threads_do_not_change_a_bit(kind, name, weighted):
    y, prediction = make_rows(kind, 150_000, seed=3)
    weight = np.random.default_rng(4).uniform(0.1, 2, y.size) if weighted else None
    metric = resolve_metric(name, kind)
    scores = {metric.score(y, prediction, weight, n_threads=n).hex() for n in (1, 2, 7)}
    assert len(scores) == 1


@pytest.mark.parametrize(("kind", "name"), EVERY)
@settings(max_examples=20)
@given(st.integers(8, 60), st.integers(0, 2**31), st.data())
def test_integer_weights_equal_repeated_rows(kind, name, n_rows, seed, data):
    y, prediction = make_rows(kind, n_rows, seed)
    counts = data.draw(st.lists(st.integers(0, 3), min_size=n_rows, max_size=n_rows))
    counts[:4] = [1, 2, 3, 1]
    metric = resolve_metric(name, kind)
    weighted = metric.score(y, prediction, np.array(counts, dtype=float))
    repeated = metric.score(np.repeat(y, counts), np.repeat(prediction, counts, axis=0))
    np.testing.assert_allclose(weighted, repeated, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("kind", "name"), EVERY)
@settings(max_examples=20)
@given(st.integers(8, 60), st.integers(0, 2**31), st.randoms(use_true_random=False))
def test_the_order_of_rows_plays_no_part(kind, name, n_rows, seed, random):
    y, prediction = make_rows(kind, n_rows, seed)
    order = random.sample(range(n_rows), n_rows)
    metric = resolve_metric(name, kind)
    np.testing.assert_allclose(
        metric.score(y[order], prediction[order]),
        metric.score(y, prediction),
        rtol=1e-10,
        atol=1e-12,
    )


@pytest.mark.parametrize(("kind", "name"), EVERY)
@settings(max_examples=20)
@given(st.integers(8, 60), st.integers(0, 2**31))
def test_the_truth_is_never_beaten(kind, name, n_rows, seed):
    y, prediction = make_rows(kind, n_rows, seed)
    truth = np.eye(4)[y] if kind is TaskKind.MULTICLASS else y.astype(float)
    metric = resolve_metric(name, kind)
    assert metric.loss(y, truth) <= metric.loss(y, prediction) + 1e-12


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=1))
def test_the_area_only_sees_the_order(rows):
    y, score = (np.array(column) for column in zip(*rows, strict=True))
    metric = resolve_metric("roc_auc", TaskKind.BINARY)
    before, after = metric.score(y, score / 9), metric.score(y, np.exp(score) - 5)
    np.testing.assert_equal(before, after)
