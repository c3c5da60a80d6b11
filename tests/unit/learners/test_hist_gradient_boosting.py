import time

import numpy as np
import pytest

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.learners.hist_gradient_boosting import HistGradientBoosting

LEARNER = HistGradientBoosting()
TASK = Task(TaskKind.REGRESSION, 400, 2, 0, 0, "rmse")


def rows(seed, n_rows=400):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 2))
    return Rows(Matrix(X, ("a", "b")), X[:, 0] + rng.normal(size=n_rows))


def test_rounds_after_the_best_are_cut_off():
    train, validation = rows(0), rows(1)
    kept = LEARNER.fit(TASK, {}, train, validation, Resources()).model.n_rounds

    def loss(rounds):
        fitted = LEARNER.fit(TASK, {"rounds": rounds}, train, None, Resources())
        predicted = LEARNER.predict(fitted, validation.X, TASK)
        return np.mean((predicted - validation.y) ** 2)

    assert kept < 1000
    assert loss(kept) < min(loss(kept - 1), loss(kept + 10))


def test_growing_in_steps_finds_the_same_model():
    train, validation = rows(0), rows(1)
    whole = LEARNER.fit(TASK, {}, train, validation, Resources(seed=1))
    far = Resources(seed=1, deadline=time.monotonic() + 1000)
    stepped = LEARNER.fit(TASK, {}, train, validation, far)
    assert whole.model.n_rounds == stepped.model.n_rounds
    np.testing.assert_allclose(
        LEARNER.predict(whole, train.X, TASK), LEARNER.predict(stepped, train.X, TASK)
    )


def test_the_refit_uses_the_median_rounds_of_the_folds():
    models = [
        LEARNER.fit(TASK, {"rounds": n}, rows(0), None, Resources()) for n in (3, 7, 9)
    ]
    parameters = LEARNER.refit_parameters({"learning_rate": 0.1}, models)
    assert parameters == {"learning_rate": 0.1, "rounds": 7}
    refitted = LEARNER.fit(TASK, parameters, rows(0), None, Resources())
    assert refitted.model.n_rounds == 7


def test_the_rarest_of_many_levels_share_a_code():
    rng = np.random.default_rng(0)
    codes = np.concatenate([np.arange(400), rng.integers(0, 10, 2000)]).astype(float)
    X = Matrix(
        np.column_stack([codes, rng.normal(size=2400)]), ("a", "b"), (0,), (400,)
    )
    y = 1.0 * (codes < 5) + 0.1 * rng.normal(size=2400)
    fitted = LEARNER.fit(TASK, {}, Rows(X, y), None, Resources())
    asked = Matrix(np.array([[2.0, 0], [300, 0], [399, 0]]), X.names, (0,), (400,))
    predicted = LEARNER.predict(fitted, asked, TASK)
    assert predicted[0] == pytest.approx(1.0, abs=0.1)
    assert predicted[1] == predicted[2]
