import time

import numpy as np
import pytest

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.learners.forest import ExtraTrees, RandomForest

TASK = Task(TaskKind.REGRESSION, 200, 3, 0, 0, "rmse")


def rows(n_rows=200):
    X = np.random.default_rng(0).normal(size=(n_rows, 3))
    return Rows(Matrix(X, ("a", "b", "c")), X[:, 0] + X[:, 1] ** 2)


@pytest.mark.parametrize("learner", [RandomForest(), ExtraTrees()])
def test_growing_in_steps_does_not_change_the_trees(learner):
    train = rows()
    whole = learner.fit(TASK, {}, train, None, Resources(seed=3))
    far = Resources(seed=3, deadline=time.monotonic() + 1000)
    stepped = learner.fit(TASK, {}, train, None, far)
    assert whole.model.n_trees == 300
    assert learner.dump(whole) == learner.dump(stepped)


def test_a_deadline_leaves_the_trees_there_are():
    near = Resources(deadline=time.monotonic())
    fitted = RandomForest().fit(TASK, {}, rows(), None, near)
    assert fitted.model.n_trees == 1


def test_many_rows_get_fewer_trees():
    fitted = ExtraTrees().fit(
        TASK, {"max_features": "sqrt"}, rows(15_000), None, Resources()
    )
    assert 200 < fitted.model.n_trees < 300
