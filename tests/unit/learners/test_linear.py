"""Linear models at the minimum that defines them."""

import time

import numpy as np
import pytest
from scipy.special import expit, softmax

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.learners.linear import ElasticNet


def make_rows(n_classes, n_rows=300, weight=None):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 30)) * np.geomspace(0.3, 3.0, 30) + 1.0
    scores = (X[:, :3] - 1.0) @ rng.normal(size=(3, n_classes))
    y = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    return Rows(Matrix(X, tuple(f"c{i}" for i in range(30))), y, weight)


def fit(rows, n_classes, deadline=None, **parameters):
    kind = TaskKind.BINARY if n_classes == 2 else TaskKind.MULTICLASS
    task = Task(kind, len(rows.y), 30, 0, n_classes, "log_loss")
    resources = Resources(deadline=deadline)
    plain = {"n_knots": 0, **parameters}
    return ElasticNet().fit(task, plain, rows, None, resources).model


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_penalised_loss_of_classes_is_minimised(n_classes, weighted):
    weight = np.random.default_rng(1).uniform(0.2, 3.0, 300) if weighted else None
    rows = make_rows(n_classes, weight=weight)
    strength, l1_ratio = 0.05, 0.8
    found = fit(rows, n_classes, strength=strength, l1_ratio=l1_ratio)

    X, shares = rows.X.values, np.full(300, 1 / 300)
    if weight is not None:
        shares = weight / weight.sum()
    outputs = np.eye(n_classes)[rows.y]
    if n_classes == 2:
        outputs = outputs[:, 1:]
    slope = np.abs(X.T @ ((outputs - shares @ outputs) * shares[:, None])).max()
    penalty = strength * slope / l1_ratio
    scores = X @ found.coef + found.intercept
    given = expit(scores) if n_classes == 2 else softmax(scores, axis=1)
    residual = (given - outputs) * shares[:, None]
    gradient = X.T @ residual + penalty * (1 - l1_ratio) * found.coef
    bound, kept = penalty * l1_ratio, found.coef != 0
    # Where the slope of the loss is met by that of the penalty, there is a minimum.
    at_kept = gradient[kept] + bound * np.sign(found.coef[kept])
    np.testing.assert_allclose(at_kept, 0, atol=0.02 * bound)
    assert np.abs(gradient[~kept]).max() <= 1.02 * bound
    np.testing.assert_allclose(residual.sum(axis=0), 0, atol=0.02 * bound)
    assert 0 < kept.sum() < kept.size


def test_one_step_is_made_where_the_time_is_over():
    found = fit(make_rows(3), 3, deadline=time.monotonic())
    assert np.isfinite(found.coef).all()
    assert found.coef.any()
