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


def test_a_bent_function_is_learnt():
    fitted = LEARNER.fit(TASK, {}, rows(0), rows(1), Resources())
    test = rows(2)
    predicted = LEARNER.predict(fitted, test.X, TASK)
    assert np.mean((predicted - test.y) ** 2) < 0.1 * test.y.var()


def test_the_refit_trains_the_median_epochs_of_the_folds():
    models = [
        LEARNER.fit(TASK, {"epochs": n}, rows(0), None, Resources()) for n in (2, 3, 9)
    ]
    assert [fitted.model.epochs for fitted in models] == [2, 3, 9]
    assert LEARNER.refit_parameters({}, models) == {"epochs": 3}


def test_a_near_deadline_shortens_the_schedule():
    train, validation = rows(0, 20_000), rows(1)
    started = time.monotonic()
    fitted = LEARNER.fit(TASK, {}, train, validation, Resources(deadline=started + 0.5))
    assert time.monotonic() - started < 3.0
    predicted = LEARNER.predict(fitted, validation.X, TASK)
    assert np.mean((predicted - validation.y) ** 2) < validation.y.var()


@pytest.mark.parametrize("value", [1e30, -1e300])
def test_absurd_inputs_are_predicted(value):
    fitted = LEARNER.fit(TASK, {}, rows(0), rows(1), Resources())
    X = Matrix(np.full((1, 2), value), ("a", "b"))
    assert np.isfinite(LEARNER.predict(fitted, X, TASK)).all()
