import time

import numpy as np
import pytest

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.learners.mlp import MultiLayerPerceptron

LEARNER = MultiLayerPerceptron()
TASK = Task(TaskKind.REGRESSION, 300, 2, 0, 0, "rmse")


def rows(seed, n_rows=300):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 2))
    y = np.sin(2 * X[:, 0]) + 0.1 * rng.normal(size=n_rows)
    return Rows(Matrix(X, ("a", "b")), y)


@pytest.mark.parametrize("n_members", [1, 8])
def test_a_bent_function_is_learnt(n_members):
    parameters = {"n_members": n_members, "width": 64}
    fitted = LEARNER.fit(TASK, parameters, rows(0), rows(1), Resources())
    test = rows(2)
    predicted = LEARNER.predict(fitted, test.X, TASK)
    assert np.mean((predicted - test.y) ** 2) < 0.1 * test.y.var()


def test_many_levels_are_learnt_by_vectors():
    rng = np.random.default_rng(0)
    effects = rng.normal(size=40)
    codes = rng.integers(0, 40, 1_200)
    X = Matrix(codes[:, None].astype(float), ("city",), (0,), (41,))
    train = Rows(X, effects[codes] + 0.1 * rng.normal(size=1_200))
    task = Task(TaskKind.REGRESSION, 1_200, 0, 1, 0, "rmse")
    fitted = LEARNER.fit(task, {"width": 64}, train, None, Resources())
    # The last code, that of missing values, had no training row.
    known = Matrix(np.arange(41.0)[:, None], ("city",), (0,), (41,))
    found = LEARNER.predict(fitted, known, task)
    assert np.corrcoef(found[:40], effects)[0, 1] > 0.98
    assert abs(found[40]) < 2 * np.abs(effects).max()


def test_many_classes_are_learnt():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 2))
    y = (np.digitize(X[:, 0], [-1, -0.3, 0.3, 1]) * 5).astype(np.int64)
    y += np.digitize(X[:, 1], [-1, -0.3, 0.3, 1])
    task = Task(TaskKind.MULTICLASS, 600, 2, 0, 25, "log_loss")
    train = Rows(Matrix(X, ("a", "b")), y)
    fitted = LEARNER.fit(task, {"width": 64}, train, None, Resources())
    found = LEARNER.predict(fitted, train.X, task)
    assert (found.argmax(axis=1) == y).mean() > 0.7


def test_few_values_are_predicted_without_periodic_functions():
    assert LEARNER.search_space(TASK).default["numbers"] == "plain"
    many = Task(TaskKind.REGRESSION, 501, 2, 0, 0, "rmse")
    assert LEARNER.search_space(many).default["numbers"] == "periodic"
    classes = Task(TaskKind.BINARY, 300, 2, 0, 2, "log_loss")
    assert LEARNER.search_space(classes).default["numbers"] == "periodic"


def test_a_near_deadline_leaves_fewer_epochs():
    train, validation = rows(0), rows(1)
    parameters = {"width": 512, "n_members": 8}
    fitted = LEARNER.fit(
        TASK,
        parameters,
        train,
        validation,
        Resources(deadline=time.monotonic() + 1.0),
    )
    assert fitted.model.schedule == 25


def test_the_refit_trains_the_median_epochs_of_the_folds():
    models = [
        LEARNER.fit(TASK, {"epochs": n, "width": 64}, rows(0), None, Resources())
        for n in (2, 3, 9)
    ]
    assert [fitted.model.epochs for fitted in models] == [2, 3, 9]
    refitted = LEARNER.refit_parameters({}, models)
    assert refitted == {"epochs": 3, "schedule": models[0].model.schedule}


def test_a_near_deadline_shortens_the_schedule():
    train, validation = rows(0, 20_000), rows(1)
    started = time.monotonic()
    fitted = LEARNER.fit(TASK, {}, train, validation, Resources(deadline=started + 0.5))
    assert time.monotonic() - started < 3.0
    predicted = LEARNER.predict(fitted, validation.X, TASK)
    assert np.mean((predicted - validation.y) ** 2) < validation.y.var()


@pytest.mark.parametrize("value", [1e30, -1e300])
def test_absurd_inputs_are_predicted(value):
    fitted = LEARNER.fit(TASK, {"width": 64}, rows(0), rows(1), Resources())
    X = Matrix(np.full((1, 2), value), ("a", "b"))
    assert np.isfinite(LEARNER.predict(fitted, X, TASK)).all()
