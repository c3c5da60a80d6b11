import numpy as np
import pytest

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.learners.network import Training, columns_of, train
from headstart.predict.network import EMBEDDED, NUMBER, ONE_HOT, PERIODIC, NetworkForm

REGRESSION = Task(TaskKind.REGRESSION, 200, 2, 0, 0, "rmse")
BINARY = Task(TaskKind.BINARY, 200, 2, 0, 2, "log_loss")
FORM = NetworkForm(np.full(2, NUMBER), np.zeros(2, dtype=np.int64), (32,), 1, 1, "mish")


def rows(seed, n_rows=200):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 2))
    return Rows(Matrix(X, ("a", "b")), np.tanh(X[:, 0]) + X[:, 1] * X[:, 0])


def training(**changed):
    options = {
        "learning_rate": 0.05,
        "weight_decay": 0.0,
        "dropout": 0.0,
        "smoothing": 0.0,
        "batch": 32,
        "epochs": 30,
        "last_epoch": 30,
        "patience": 30,
    }
    return Training(**{**options, **changed})


def fit(train_rows=None, validation=None, resources=None, **changed):
    train_rows = rows(0) if train_rows is None else train_rows
    resources = resources or Resources(seed=1)
    return train(
        FORM, training(**changed), train_rows, validation, REGRESSION, resources
    )


class Clock:
    """A clock that goes on by a step at each reading."""

    def __init__(self, step):
        self.time = 0.0
        self.step = step

    def __call__(self):
        self.time += self.step
        return self.time


def test_columns_enter_by_their_kind_and_their_values():
    values = np.column_stack(
        [
            np.arange(300.0),
            np.arange(300) % 2,
            np.full(300, 7.0),
            np.arange(300) % 3,
            np.arange(300) % 40,
        ]
    )
    X = Matrix(values, tuple("abcde"), (3, 4), (5, 60))
    kinds, n_codes = columns_of(X, has_periodic=True)
    assert kinds.tolist() == [PERIODIC, NUMBER, NUMBER, ONE_HOT, EMBEDDED]
    # Codes without training rows have no input.
    assert n_codes.tolist() == [0, 0, 0, 3, 40]
    assert columns_of(X, has_periodic=False)[0].tolist()[0] == NUMBER


def test_the_epoch_with_the_lowest_validation_loss_is_kept():
    validation = rows(1)
    best = fit(validation=validation)
    losses = [
        np.mean((fit(last_epoch=n).apply(validation.X.values) - validation.y) ** 2)
        for n in range(1, 31)
    ]
    assert best.epochs == int(np.argmin(losses)) + 1
    again = fit(last_epoch=best.epochs)
    np.testing.assert_array_equal(best.flat, again.flat)


def test_training_ends_after_epochs_without_a_better_loss():
    validation = Rows(rows(1).X, -rows(1).y)  # each step makes it worse
    with_patience = fit(validation=validation, patience=3)
    assert with_patience.epochs <= 3


def test_weights_count_as_many_rows():
    once = rows(0)
    heavy = Rows(once.X, once.y, np.where(once.X.values[:, 0] > 0, 1.99, 0.01))
    inside = once.X.values[:, 0] > 0
    error = np.abs(fit(heavy).apply(once.X.values) - once.y)
    plain = np.abs(fit().apply(once.X.values) - once.y)
    assert error[~inside].mean() > 1.3 * plain[~inside].mean()
    assert error[inside].mean() < 1.5 * plain[inside].mean()


def test_predictions_keep_to_the_range_of_the_training_rows():
    model = fit()
    far = model.apply(np.random.default_rng(0).normal(size=(500, 2)) * 50)
    assert far.min() >= model.low
    assert far.max() <= model.high
    y = rows(0).y
    assert model.high - model.low == pytest.approx(1.1 * np.ptp(y))


def test_near_the_deadline_the_schedule_follows_the_clock():
    clock = Clock(0.2)
    model = fit(resources=Resources(seed=1, deadline=1.0, clock=clock))
    assert 1 <= model.epochs < 10
    assert np.isfinite(model.flat).all()


def test_a_passed_deadline_leaves_one_part_of_an_epoch():
    clock = Clock(1.0)
    model = fit(resources=Resources(seed=1, deadline=0.0, clock=clock))
    assert model.epochs == 1


def test_a_far_deadline_changes_nothing():
    unlimited = fit()
    limited = fit(resources=Resources(seed=1, deadline=1e9, clock=Clock(1e-9)))
    np.testing.assert_array_equal(unlimited.flat, limited.flat)


def test_classes_are_judged_by_log_loss():
    X = rows(0).X
    y = (X.values[:, 0] > 0).astype(np.int64)
    form = NetworkForm(FORM.kinds, FORM.n_codes, (16,), 2, 1, "selu")
    both = Rows(X, y)
    model = train(form, training(), both, both, BINARY, Resources())
    shares = model.apply(X.values)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    assert ((shares[:, 1] > 0.5) == (y == 1)).mean() > 0.97
