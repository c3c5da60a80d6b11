"""Support vector machines: probabilities of rows whose group was not in training."""

import numpy as np

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.learners import svm
from headstart.learners.svm import SupportVectorMachine


def make_groups(n_groups=40, n_rows=15):
    """Return rows whose class is their group's, and no matter of the columns."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(n_groups), n_rows)
    X = rng.normal(size=(n_groups, 6))[groups] + 0.05 * rng.normal(
        size=(groups.size, 6)
    )
    return X, (rng.permutation(n_groups) % 2)[groups], groups


def fit(X, y, parts=None):
    rows = Rows(Matrix(X, tuple("abcdef")), y, parts=parts)
    task = Task(TaskKind.BINARY, len(y), 6, 0, 2, "log_loss")
    learner = SupportVectorMachine()
    model = learner.fit(task, {}, rows, None, Resources())
    return lambda new: learner.predict(model, Matrix(new, tuple("abcdef")), task)


def test_probabilities_know_that_rows_of_a_group_are_alike():
    X, y, groups = make_groups()
    new = np.random.default_rng(1).normal(size=(300, 6))

    def sureness(predict):
        return np.abs(predict(new)[:, 1] - 0.5).mean()

    grouped, single = sureness(fit(X, y, groups % 5)), sureness(fit(X, y))

    assert single > 0.2
    assert grouped < 0.5 * single


def test_rows_that_calibrate_are_whole_inner_folds():
    parts = np.random.default_rng(0).integers(0, 5, 60)
    y = np.arange(60) % 2

    held_out = svm._held_out(y, parts, 0)

    assert len(held_out) == 3
    assert np.array_equal(np.sort(np.concatenate(held_out)), np.arange(60))
    sets = [set(parts[rows]) for rows in held_out]
    assert sum(map(len, sets)) == 5


def test_rows_of_one_inner_fold_are_drawn():
    y = np.arange(60) % 2
    drawn = svm._held_out(y, np.zeros(60, dtype=np.int64), 3)
    alone = svm._held_out(y, None, 3)
    assert all(np.array_equal(a, b) for a, b in zip(drawn, alone, strict=True))
