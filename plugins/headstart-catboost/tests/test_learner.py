"""CatBoost as a learner: what conformance does not ask of every learner."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from catboost import CatBoostError
from headstart_catboost import CatBoost, portfolio

from headstart.base import (
    Choice,
    Matrix,
    Resources,
    Rows,
    Task,
    TaskKind,
    known_configurations,
)

LEARNER = CatBoost()
RESOURCES = Resources(threads=1, seed=3)


def make_task(kind=TaskKind.BINARY, metric="log_loss", n_classes=2):
    return Task(kind, 400, 2, 1, n_classes, metric)


def make_rows(n_rows=400, seed=0, noise=0.3):
    """Two numbers, one of them with gaps, and a category whose parity matters."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_rows, 3))
    values[:, 2] = rng.integers(0, 20, n_rows)
    signal = values[:, 0] + np.where(values[:, 2] % 2 == 0, 1.5, -1.5)
    signal += noise * rng.normal(size=n_rows)
    values[rng.random(n_rows) < 0.1, 1] = np.nan
    X = Matrix(values, ("a", "b", "c"), categorical=(2,), n_levels=(20,))
    return Rows(X, (signal > 0).astype(np.int64))


def log_loss(y, prediction):
    return -np.mean(np.log(np.clip(prediction[np.arange(len(y)), y], 1e-9, 1)))


@pytest.fixture(scope="module")
def fitted():
    return LEARNER.fit(make_task(), {}, make_rows(), make_rows(150, seed=1), RESOURCES)


def test_noise_stops_earlier_than_signal(fitted):
    rng = np.random.default_rng(0)
    noise = Rows(make_rows().X, rng.integers(0, 2, 400))
    validation = Rows(make_rows(150, seed=1).X, rng.integers(0, 2, 150))
    from_noise = LEARNER.fit(make_task(), {}, noise, validation, RESOURCES)
    assert from_noise.model.n_rounds < fitted.model.n_rounds
    assert fitted.model.n_rounds < portfolio.max_rounds(2, portfolio.SPACE.default)


def test_the_kept_rounds_are_the_best_on_the_validation_rows(fitted):
    train, validation = make_rows(), make_rows(150, seed=1)
    stopped = log_loss(validation.y, LEARNER.predict(fitted, validation.X, make_task()))
    for n_rounds in (max(1, fitted.model.n_rounds // 4), fitted.model.n_rounds * 4):
        other = LEARNER.fit(make_task(), {"n_rounds": n_rounds}, train, None, RESOURCES)
        found = LEARNER.predict(other, validation.X, make_task())
        assert stopped <= log_loss(validation.y, found) + 1e-6


def test_ranking_metrics_do_not_leave_probabilities_at_the_prior():
    # Separable: the ranking is perfect after few rounds.
    train, validation = make_rows(noise=0.0), make_rows(100, seed=1, noise=0.0)
    task = make_task(metric="roc_auc")
    model = LEARNER.fit(task, {}, train, validation, RESOURCES)
    assert log_loss(validation.y, LEARNER.predict(model, validation.X, task)) < 0.2


def test_the_deadline_ends_training_and_leaves_a_model():
    train, validation = make_rows(20_000), make_rows(5_000, seed=1)
    slow = {"learning_rate_scale": 0.25}
    started = time.monotonic()
    deadline = Resources(threads=1, seed=3, deadline=started + 0.3)
    model = LEARNER.fit(make_task(), slow, train, validation, deadline)
    unhurried = portfolio.max_rounds(2, {**portfolio.SPACE.default, **slow})
    assert 1 <= model.model.n_rounds < unhurried
    found = LEARNER.predict(model, validation.X, make_task())
    assert log_loss(validation.y, found) < log_loss(
        validation.y, model.target.constant(5_000)
    )


def test_a_deadline_far_away_changes_nothing(fitted):
    far = Resources(threads=1, seed=3, deadline=time.monotonic() + 1e6)
    again = LEARNER.fit(make_task(), {}, make_rows(), make_rows(150, seed=1), far)
    X = make_rows(50, seed=2).X
    np.testing.assert_array_equal(
        LEARNER.predict(again, X, make_task()), LEARNER.predict(fitted, X, make_task())
    )


def test_categories_are_no_numbers():
    train, test = make_rows(1_000), make_rows(500, seed=1)
    few = {"n_rounds": 20, "learning_rate_scale": 3.0, "depth": 2}

    def reached(rows, categorical):
        matrices = [
            Matrix(part.X.values, part.X.names, categorical, (20,) * len(categorical))
            for part in (rows, test)
        ]
        model = LEARNER.fit(
            make_task(), few, Rows(matrices[0], rows.y), None, RESOURCES
        )
        return log_loss(test.y, LEARNER.predict(model, matrices[1], make_task()))

    assert reached(train, (2,)) < 0.85 * reached(train, ())


def test_missing_and_unseen_categories_are_predicted(fitted):
    values = make_rows(60, seed=2).X.values.copy()
    values[:20, 2] = np.nan
    values[20:40, 2] = 19.0
    X = Matrix(values, ("a", "b", "c"), (2,), (20,))
    found = LEARNER.predict(fitted, X, make_task())
    assert np.isfinite(found).all()


def test_weights_change_the_fit(fitted):
    train = make_rows()
    weight = np.where(train.y == 1, 10.0, 1.0)
    heavy = LEARNER.fit(
        make_task(),
        {},
        Rows(train.X, train.y, weight),
        make_rows(150, seed=1),
        RESOURCES,
    )
    X = make_rows(200, seed=2).X
    plain, shifted = (
        LEARNER.predict(model, X, make_task())[:, 1].mean() for model in (fitted, heavy)
    )
    assert shifted > plain + 0.01


def test_the_unit_of_weights_does_not_matter():
    train = make_rows()
    X = make_rows(50, seed=2).X
    found = [
        LEARNER.predict(
            LEARNER.fit(
                make_task(),
                {"n_rounds": 20},
                Rows(train.X, train.y, np.full(400, unit)),
                None,
                RESOURCES,
            ),
            X,
            make_task(),
        )
        for unit in (1.0, 4096.0)
    ]
    np.testing.assert_allclose(*found, rtol=1e-6)


def test_the_refit_makes_as_many_rounds_as_the_folds_agreed_on(fitted):
    other = LEARNER.fit(make_task(), {"n_rounds": 3}, make_rows(), None, RESOURCES)
    constant = LEARNER.fit(
        make_task(), {}, Rows(make_rows().X, np.ones(400, dtype=int)), None, RESOURCES
    )
    parameters = LEARNER.refit_parameters({}, [fitted, other, constant])
    expected = round((fitted.model.n_rounds + 3) / 2)
    refitted = LEARNER.fit(make_task(), parameters, make_rows(), None, RESOURCES)
    assert parameters["n_rounds"] == refitted.model.n_rounds == expected


def test_absolute_errors_are_boosted_where_the_metric_asks_for_them():
    rng = np.random.default_rng(0)
    X = make_rows(600).X
    # The mean of this target is 2, its median close to 0.7 times that.
    y = rng.exponential(2.0, 600)
    found = {}
    for metric in ("rmse", "mae"):
        task = make_task(TaskKind.REGRESSION, metric, 0)
        model = LEARNER.fit(task, {"n_rounds": 60}, Rows(X, y), None, RESOURCES)
        found[metric] = LEARNER.predict(model, X, task).mean()
    assert found["mae"] < 0.9 * found["rmse"]


def test_combinations_are_not_searched_for_many_classes_that_cannot_have_them():
    many = make_task(TaskKind.MULTICLASS, n_classes=3)
    for task, values in ((make_task(), {1, 2}), (many, {1})):
        found = known_configurations(task, LEARNER)
        assert {c.parameters["max_ctr_complexity"] for c in found} == values
    assert LEARNER.search_space(many).distributions["max_ctr_complexity"] == Choice(1)
    assert 3 in LEARNER.search_space(make_task()).distributions["max_ctr_complexity"]


def ranking_rows(n_rows, seed, weight=None):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_rows, 6))
    y = (values[:, 0] + 3 * rng.normal(size=n_rows) > 0).astype(np.int64)
    return Rows(Matrix(values, tuple("abcdef")), y, weight)


@pytest.mark.parametrize("deadline", [None, 1e9])
def test_boosting_goes_on_while_probabilities_get_better(deadline):
    # Separable: the ranking is perfect long before the probabilities are.
    train, validation = make_rows(noise=0.0), make_rows(100, seed=1, noise=0.0)
    resources = Resources(threads=1, seed=3, deadline=deadline)
    model = LEARNER.fit(
        make_task(metric="roc_auc"), {"depth": 3}, train, validation, resources
    )
    rate = portfolio.learning_rate(400, 2, portfolio.SPACE.default)
    assert model.model.n_rounds > 3 * portfolio.patience(rate)


def test_weights_count_in_the_ranking_that_stops():
    train = ranking_rows(300, 0, np.ones(300))
    weight = np.where(np.arange(200) % 10 == 0, 1.0, 1e-9)
    task = Task(TaskKind.BINARY, 300, 6, 0, 2, "roc_auc")
    plain, weighted, fewer = (
        LEARNER.fit(task, {"depth": 3}, train, rows, RESOURCES).model.n_rounds
        for rows in (
            ranking_rows(200, 1, np.ones(200)),
            ranking_rows(200, 1, weight),
            take(ranking_rows(200, 1, np.ones(200)), np.flatnonzero(weight == 1)),
        )
    )
    assert weighted == fewer != plain


def take(rows, places):
    return Rows(rows.X.take(places), rows.y[places], rows.weight[places])


def test_predictions_from_several_threads_agree(fitted):
    X = make_rows(2_000, seed=2).X
    alone = LEARNER.predict(fitted, X, make_task())
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(LEARNER.predict, fitted, X, make_task()) for _ in range(8)]
        for job in jobs:
            np.testing.assert_array_equal(job.result(), alone)


def test_nothing_is_printed(capfd):
    X = Matrix(
        np.column_stack([np.ones(30), np.arange(30.0) % 3]), ("a", "b"), (1,), (3,)
    )
    rows = Rows(X, np.arange(30) % 2)
    for metric in ("roc_auc", "accuracy", "average_precision"):
        task = make_task(metric=metric)
        model = LEARNER.fit(task, {}, rows, rows, RESOURCES)
        LEARNER.load(LEARNER.dump(model))
        LEARNER.predict(model, X, task)
    assert capfd.readouterr() == ("", "")


def test_the_cost_of_large_tables_is_near_what_was_measured():
    # Seconds of a processor for 20 columns and two classes, two made-up tables each.
    for n_rows, seconds in [(100_000, [7.0]), (200_000, [11.1, 15.1])]:
        task = Task(TaskKind.BINARY, n_rows, 20, 0, 2, "roc_auc")
        hint = LEARNER.cost(task, {}, n_rows)
        assert all(hint / 3 < each < 3 * hint for each in seconds)
    larger = LEARNER.cost(replace(task, n_rows=1_000_000), {}, 1_000_000)
    assert larger > 4 * hint


def test_the_cost_of_small_tables_follows_the_fitted_law():
    task = Task(TaskKind.BINARY, 2_000, 20, 0, 2, "roc_auc")
    assert LEARNER.cost(task, {}, 2_000) == pytest.approx(0.699368, rel=1e-4)


THREADS = """
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart_catboost import CatBoost

busy = Counter()
over = threading.Event()

def watch():
    while not over.is_set():
        for task in Path("/proc/self/task").iterdir():
            try:
                words = (task / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            busy[task.name] = int(words[11]) + int(words[12])
        time.sleep(0.005)

rng = np.random.default_rng(0)
X = Matrix(rng.normal(size=(20_000, 20)), tuple("abcdefghijklmnopqrst"))
rows = Rows(X, (X.values[:, 0] > 0).astype(int))
task = Task(TaskKind.BINARY, 20_000, 20, 0, 2, "log_loss")
watcher = threading.Thread(target=watch)
watcher.start()
model = CatBoost().fit(task, {"n_rounds": 100}, rows, None, Resources(1, 0))
CatBoost().predict(model, X, task)
over.set()
watcher.join()
busy.pop(str(watcher.native_id))
print(*busy.values())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads threads' times in /proc")
def test_one_thread_does_all_the_work(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    done = subprocess.run(
        [sys.executable, "-c", THREADS], capture_output=True, text=True, check=True
    )
    ticks = [int(word) for word in done.stdout.split()]
    assert max(ticks) >= 0.95 * sum(ticks) > 0


def test_a_gpu_is_asked_for():
    try:
        model = fit_on_gpu()
    except CatBoostError as error:
        if "CUDA" not in str(error):
            raise
        pytest.skip("CatBoost finds no GPU here")
    assert model.model.n_rounds == 2


def fit_on_gpu():
    learner = CatBoost(device="gpu")
    return learner.fit(make_task(), {"n_rounds": 2}, make_rows(50), None, RESOURCES)
