import time

import numpy as np
import pytest

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.learners import forest
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
    assert whole.model.trees.n_trees == 300
    assert learner.dump(whole) == learner.dump(stepped)


def test_a_deadline_leaves_the_trees_there_are():
    near = Resources(deadline=time.monotonic())
    fitted = RandomForest().fit(TASK, {}, rows(), None, near)
    assert fitted.model.trees.n_trees == 1


@pytest.mark.parametrize("learner", [RandomForest(), ExtraTrees()])
def test_trees_have_a_bounded_number_of_leaves(learner, monkeypatch):
    monkeypatch.setattr(forest, "_MAX_LEAVES", 20)
    fitted = learner.fit(TASK, {}, rows(), None, Resources())
    assert fitted.model.trees.n_trees == 300
    assert fitted.model.trees.n_nodes <= 300 * (2 * 20 - 1)


def test_a_tree_that_cannot_reach_the_bound_is_grown_without_it(monkeypatch):
    plain = RandomForest().fit(TASK, {}, rows(), None, Resources(seed=3))
    monkeypatch.setattr(forest, "_MAX_LEAVES", 200)
    again = RandomForest().fit(TASK, {}, rows(), None, Resources(seed=3))
    assert RandomForest().dump(again) == RandomForest().dump(plain)


@pytest.mark.parametrize(
    ("n_rows", "n_outputs", "expected"),
    [
        (10_000, 1, None),
        (15_001, 1, 15_000),
        (200_000, 2, 15_000),
        (10_000, 100, 833),
        (2_000, 100, 833),
        (800, 100, None),
    ],
)
def test_leaves_are_bounded_by_rows_and_by_what_they_hold(n_rows, n_outputs, expected):
    assert forest._most_leaves(n_rows, 1, n_outputs) == expected


def test_leaves_of_several_rows_count_as_one():
    assert forest._most_leaves(30_000, 2, 1) is None
    assert forest._most_leaves(30_000, 1, 1) == 15_000


@pytest.mark.slow
def test_many_rows_get_fewer_trees():
    fitted = ExtraTrees().fit(
        TASK, {"max_features": "sqrt"}, rows(15_000), None, Resources()
    )
    assert 200 < fitted.model.trees.n_trees < 300
