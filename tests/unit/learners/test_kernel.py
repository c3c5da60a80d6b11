"""Kernel machines: what they learn, and what bounds their time and memory."""

import itertools

import numpy as np
import pytest

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.learners import kernel, kernel_fit
from headstart.learners.kernel import Kernel

KINDS = {TaskKind.REGRESSION: 0, TaskKind.BINARY: 2, TaskKind.MULTICLASS: 3}
EACH_KIND = pytest.mark.parametrize("kind", list(KINDS))


def matrix(values):
    return Matrix(values, tuple(f"c{i}" for i in range(values.shape[1])))


def make(kind=TaskKind.REGRESSION, n_rows=200, n_columns=5, seed=0):
    """Return a task and rows whose target depends on the first two columns."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_columns))
    signal = np.sin(2 * X[:, 0]) + X[:, 1]
    y = signal + 0.1 * rng.normal(size=n_rows)
    if kind.is_classification:
        cuts = [0.0] if kind is TaskKind.BINARY else [-0.7, 0.7]
        y = np.searchsorted(cuts, y)
    task = Task(kind, n_rows, n_columns, 0, KINDS[kind], "any")
    return task, Rows(matrix(X), y)


def fit(task, rows, parameters=None, resources=None):
    resources = Resources(seed=3) if resources is None else resources
    return Kernel().fit(task, parameters or {}, rows, None, resources)


def predict(fitted, task, values):
    return Kernel().predict(fitted, matrix(values), task)


def error(fitted, task, n_rows=500):
    """Return the squared error on other rows over that of the mean."""
    _, other = make(n_rows=n_rows, n_columns=task.n_numeric, seed=1)
    prediction = predict(fitted, task, other.X.values)
    return np.mean((prediction - other.y) ** 2) / np.var(other.y)


def test_columns_that_do_not_matter_count_little_in_distances():
    task, rows = make(n_rows=300, n_columns=8)

    metric = fit(task, rows, {"metric": "diagonal", "rank_share": 0.0}).model.metric

    assert metric.shape == (1, 8)
    assert metric[0, :2].min() > 2 * metric[0, 2:].max()


def test_a_full_metric_finds_a_direction_across_columns():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 6))
    y = np.sin(2 * X[:, 0] + 2 * X[:, 1]) + 0.1 * rng.normal(size=300)
    task = Task(TaskKind.REGRESSION, 300, 6, 0, 0, "rmse")

    metric = fit(task, Rows(matrix(X), y), {"rank_share": 0.0}).model.metric

    assert metric.shape == (6, 6)
    along, across = (
        np.linalg.norm(np.array([1, sign, 0, 0, 0, 0]) @ metric) for sign in (1, -1)
    )
    assert along > 3 * across


def test_distances_by_rank_do_not_depend_on_the_unit_of_a_column():
    task, rows = make()
    stretched = Rows(matrix(np.exp(2 * rows.X.values)), rows.y)
    parameters = {"rank_share": 1.0}

    by_rank = [
        predict(fit(task, each, parameters), task, each.X.values)
        for each in (rows, stretched)
    ]
    by_value = predict(
        fit(task, stretched, {"rank_share": 0.0}), task, stretched.X.values
    )

    np.testing.assert_allclose(by_rank[0], by_rank[1], rtol=1e-9)
    assert np.abs(by_value - by_rank[0]).max() > 0.01


def test_columns_of_two_values_have_no_ranks():
    task, rows = make()
    values = rows.X.values.copy()
    values[:, [2, 4]] = values[:, [2, 4]] > 0

    model = fit(task, Rows(matrix(values), rows.y)).model

    assert model.scores.columns.tolist() == [0, 1, 3]
    assert model.n_features == 5


def test_probabilities_know_that_rows_of_a_group_are_alike():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 8)
    X = rng.normal(size=(40, 6))[groups] + 0.05 * rng.normal(size=(320, 6))
    y = (rng.permutation(40) % 2)[groups]  # the group's, and no matter of the columns
    task = Task(TaskKind.BINARY, 320, 6, 0, 2, "log_loss")
    new = np.random.default_rng(1).normal(size=(300, 6))

    def sureness(parts):
        fitted = fit(task, Rows(matrix(X), y, parts=parts))
        return np.abs(predict(fitted, task, new)[:, 1] - 0.5).mean()

    assert sureness(groups % 5) < 0.5 * sureness(None)


@EACH_KIND
def test_one_seed_gives_the_same_bytes_on_any_number_of_threads(kind):
    task, rows = make(kind)
    learner = Kernel()
    dumps = [
        learner.dump(fit(task, rows, resources=Resources(threads, seed=5)))
        for threads in (1, 4)
    ]

    assert dumps[0] == dumps[1]


@pytest.mark.parametrize("n_readings", [1, 2, 4, 8, 16, 32])
def test_the_best_machine_so_far_is_returned_at_the_deadline(n_readings):
    task, rows = make(n_rows=300)
    readings = itertools.count()
    resources = Resources(
        seed=3, deadline=60.0, clock=lambda: 100.0 * (next(readings) >= n_readings)
    )

    fitted = fit(task, rows, resources=resources)

    assert error(fitted, task) < 0.5
    # After the deadline it is asked once for each choice, not once for each fit.
    assert next(readings) < n_readings + 30


def test_a_late_machine_has_fewer_points():
    task, rows = make(n_rows=300)
    late = Resources(seed=3, deadline=0.0, clock=lambda: 1.0)

    assert len(fit(task, rows, resources=late).model.points) == 200
    assert len(fit(task, rows).model.points) == 300


def test_a_sample_of_many_rows_chooses_the_kernel_and_the_metric(monkeypatch):
    task, rows = make(n_rows=400)
    whole = error(fit(task, rows), task)
    monkeypatch.setattr(kernel_fit, "_TUNED_ROWS", 150)
    monkeypatch.setattr(kernel_fit, "_METRIC_ROWS", 250)

    fitted = fit(task, rows)

    assert len(fitted.model.points) == 400
    assert error(fitted, task) < 1.3 * whole


@EACH_KIND
def test_more_rows_than_points_are_fitted_by_landmarks(monkeypatch, kind):
    task, rows = make(kind, n_rows=400)
    monkeypatch.setattr(kernel_fit, "_TUNED_ROWS", 200)
    exact = fit(task, rows)
    monkeypatch.setattr(kernel_fit, "_EXACT_ROWS", 300)
    monkeypatch.setattr(kernel_fit, "_LANDMARKS", (50, 200))

    by_landmarks = fit(task, rows)

    assert len(by_landmarks.model.points) == 200
    X = make(n_rows=300, seed=1)[1].X.values
    expected, found = (predict(f, task, X) for f in (exact, by_landmarks))
    assert np.abs(found - expected).mean() < 0.2 * expected.std()


def test_more_cells_than_the_memory_holds_are_sampled(monkeypatch):
    task, rows = make(n_rows=300)
    monkeypatch.setattr(kernel, "_MAX_CELLS", 10 * 120)

    assert len(fit(task, rows).model.points) == 120


def test_rows_of_one_inner_part_are_divided():
    rows = kernel_fit.KernelRows(
        np.zeros((4, 1)), np.zeros((4, 1)), np.ones(4), np.zeros(4, dtype=np.int64)
    )

    assert set(rows.with_several_parts().parts) == {0, 1}


def test_predicted_seconds_grow_with_rows_columns_and_forms_of_the_metric():
    task = make()[0]
    learner = Kernel()

    def cost(n_rows, parameters=None, n_numeric=5):
        wider = Task(TaskKind.REGRESSION, n_rows, n_numeric, 0, 0, "rmse")
        return learner.cost(wider, parameters or {}, n_rows)

    seconds = [cost(n) for n in (100, 1000, 2000, 5000, 50_000)]
    assert seconds == sorted(seconds)
    assert cost(1000, n_numeric=50) > cost(1000)
    assert cost(1000, {"metric": "diagonal"}) < cost(1000)
    assert learner.cost(task, {}, 200) < 1.0
