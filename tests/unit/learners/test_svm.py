"""Support vector machines: probabilities of rows whose group was not in training."""

import numpy as np

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
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
