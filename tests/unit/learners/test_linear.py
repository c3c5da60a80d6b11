"""Linear models at the minimum that defines them."""

import time

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn import linear_model

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.learners import ridge_fit
from headstart.learners.linear import ElasticNet, Ridge

RESOURCES = Resources()


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
    model = fit(rows, n_classes, strength=strength, l1_ratio=l1_ratio)

    X, shares = rows.X.values, np.full(300, 1 / 300)
    if weight is not None:
        shares = weight / weight.sum()
    outputs = np.eye(n_classes)[rows.y]
    if n_classes == 2:
        outputs = outputs[:, 1:]
    slope = np.abs(X.T @ ((outputs - shares @ outputs) * shares[:, None])).max()
    penalty = strength * slope / l1_ratio
    scores = X @ model.coef + model.intercept
    predicted = expit(scores) if n_classes == 2 else softmax(scores, axis=1)
    residual = (predicted - outputs) * shares[:, None]
    gradient = X.T @ residual + penalty * (1 - l1_ratio) * model.coef
    bound, kept = penalty * l1_ratio, model.coef != 0
    # Where the slope of the loss is met by that of the penalty, there is a minimum.
    at_kept = gradient[kept] + bound * np.sign(model.coef[kept])
    np.testing.assert_allclose(at_kept, 0, atol=0.02 * bound)
    assert np.abs(gradient[~kept]).max() <= 1.02 * bound
    np.testing.assert_allclose(residual.sum(axis=0), 0, atol=0.02 * bound)
    assert 0 < kept.sum() < kept.size


def test_one_step_is_made_where_the_time_is_over():
    model = fit(make_rows(3), 3, deadline=time.monotonic())
    assert np.isfinite(model.coef).all()
    assert model.coef.any()


def make_groups(n_groups=30, n_rows=20, seed=0):
    """Return rows whose target is a group's own level, and their groups.

    Fifty columns tell the groups apart; what they say of one group is nothing of
    another.
    """
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups), n_rows)
    X = rng.normal(size=(n_groups, 50))[groups] + 0.1 * rng.normal(
        size=(groups.size, 50)
    )
    y = rng.normal(size=n_groups)[groups] + 0.1 * rng.normal(size=groups.size)
    return X, y, groups


def fit_ridge_on(X, y, resources=RESOURCES, **of_rows):
    rows = Rows(Matrix(X, tuple(f"c{i}" for i in range(X.shape[1]))), y, **of_rows)
    task = Task(TaskKind.REGRESSION, len(y), X.shape[1], 0, 0, "rmse")
    return Ridge().fit(task, {"n_knots": 0}, rows, None, resources).model


@pytest.mark.parametrize("weighted", [False, True])
def test_the_penalty_of_ridge_is_chosen_by_groups_that_are_left_out(weighted):
    X, y, groups = make_groups()
    weight = np.random.default_rng(1).uniform(0.5, 2.0, y.size) if weighted else None
    of_rows = {} if weight is None else {"weight": weight}
    parts = groups % 5

    grouped = fit_ridge_on(X, y, parts=parts, **of_rows)

    def loss(alpha):
        errors = np.empty(y.size)
        for part in range(5):
            rest = parts != part
            shares = None if weight is None else weight[rest] / weight.mean()
            peer = linear_model.Ridge(alpha=alpha).fit(X[rest], y[rest], shares)
            errors[~rest] = y[~rest] - peer.predict(X[~rest])
        return np.average(errors**2, weights=weight)

    alpha = min(Ridge.alphas, key=loss)
    peer = linear_model.Ridge(alpha=alpha).fit(
        X,
        (y - np.average(y, weights=weight)) / y.std(),
        None if weight is None else weight / weight.mean(),
    )
    np.testing.assert_allclose(grouped.coef[:, 0], peer.coef_, rtol=1e-6, atol=1e-9)
    alone = fit_ridge_on(X, y, **of_rows)
    assert np.abs(grouped.coef).sum() < 0.2 * np.abs(alone.coef).sum()


def test_the_penalty_is_chosen_by_groups_of_fewer_rows_than_columns():
    X, y, groups = make_groups(n_groups=10, n_rows=3)
    wide = np.hstack([X, X, X])
    twice = fit_ridge_on(np.tile(wide, (6, 1)), np.tile(y, 6), parts=np.tile(groups, 6))
    once = fit_ridge_on(wide, y, parts=groups)
    # Six times the rows are six times the loss: about the same penalty relative to it.
    assert np.corrcoef(wide @ once.coef[:, 0], wide @ twice.coef[:, 0])[0, 1] > 0.9


@pytest.mark.parametrize(
    ("slowness", "deadline", "expected"),
    [(2.0, 0.34, [10_000]), (0.3, 0.5, [10_000, 40_000]), (1.0, 2.0, [40_000])],
)
def test_ridge_fits_as_many_rows_as_the_time_allows(
    monkeypatch, slowness, deadline, expected
):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40_000, 100))
    y = X[:, :5].sum(axis=1) + rng.normal(size=40_000)
    now = 0.0
    fits = []
    fit_rows = ridge_fit._fit

    def timed(X, *arguments):
        nonlocal now
        fits.append(len(X))
        now += slowness * ridge_fit.estimated_seconds(*X.shape)
        return fit_rows(X, *arguments)

    monkeypatch.setattr(ridge_fit, "_fit", timed)
    resources = Resources(deadline=deadline, clock=lambda: now)

    model = fit_ridge_on(X, y, resources)

    assert fits == expected
    assert now <= deadline
    assert np.corrcoef(X @ model.coef[:, 0], y)[0, 1] > 0.9


def test_without_a_deadline_ridge_fits_all_rows_once():
    X, y, _ = make_groups()
    model = fit_ridge_on(X, y)
    peer = linear_model.RidgeCV(alphas=Ridge.alphas).fit(X, (y - y.mean()) / y.std())
    np.testing.assert_allclose(model.coef[:, 0], peer.coef_)
