"""Tests of the training and prediction of a booster."""

import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from headstart.base import (
    FloatArray,
    IntArray,
    Matrix,
    Parameters,
    Resources,
    Rows,
    Task,
    TaskKind,
)
from headstart.sdk import BoostingLearner

__all__ = [
    "RESOURCES",
    "BoosterTests",
    "booster_rows",
    "booster_task",
]

RESOURCES = Resources(threads=1, seed=3)

_FITS: dict[str, Any] = {}

_THREADS = """
import importlib
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np

from headstart.sdk import Matrix, Resources, Rows, Task, TaskKind

learner = getattr(importlib.import_module(MODULE), NAME)()
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
model = learner.fit(task, {"n_rounds": 100}, rows, None, Resources(1, 0))
learner.predict(model, X, task)
over.set()
watcher.join()
busy.pop(str(watcher.native_id))
print(*busy.values())
"""


def booster_task(
    kind: TaskKind = TaskKind.BINARY, metric: str = "log_loss", n_classes: int = 2
) -> Task:
    """Return the task of `booster_rows`."""
    return Task(kind, 400, 2, 1, n_classes, metric)


def booster_rows(n_rows: int = 400, seed: int = 0, noise: float = 0.3) -> Rows:
    """Return rows of two numbers, one with missing values, and a category."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_rows, 3))
    values[:, 2] = rng.integers(0, 20, n_rows)
    signal = values[:, 0] + np.where(values[:, 2] % 2 == 0, 1.5, -1.5)
    signal += noise * rng.normal(size=n_rows)
    values[rng.random(n_rows) < 0.1, 1] = np.nan
    X = Matrix(values, ("a", "b", "c"), categorical=(2,), n_levels=(20,))
    return Rows(X, (signal > 0).astype(np.int64))


class BoosterTests:
    """Tests of training and prediction.

    Attributes
    ----------
    booster : type of BoostingLearner
        A class that can be imported from its module by name.
    shallow : mapping
        Parameters of trees with about four leaves.
    seconds : mapping of int to tuple of float
        Measured processor seconds by number of rows, for 20 columns and two classes.
    hint : float
        Predicted seconds for 2,000 rows, 20 columns and two classes.
    """

    booster: ClassVar[type[BoostingLearner]]
    shallow: ClassVar[Parameters]
    seconds: ClassVar[Mapping[int, tuple[float, ...]]]
    hint: ClassVar[float]

    @property
    def learner(self) -> BoostingLearner:
        """The learner with its default options."""
        return self.booster()

    def test_noise_stops_earlier_than_signal(self) -> None:
        rng = np.random.default_rng(0)
        noise = Rows(booster_rows().X, rng.integers(0, 2, 400))
        validation = Rows(booster_rows(150, seed=1).X, rng.integers(0, 2, 150))
        from_noise = self.learner.fit(booster_task(), {}, noise, validation, RESOURCES)
        n_rounds = _fitted(self.booster).model.n_rounds
        assert from_noise.model.n_rounds < n_rounds
        portfolio = self.booster.portfolio
        assert n_rounds < portfolio.max_rounds(2, portfolio.space.default)

    def test_the_kept_rounds_are_the_best_on_the_validation_rows(self) -> None:
        fitted, validation = _fitted(self.booster), booster_rows(150, seed=1)
        stopped = _log_loss(validation.y, self._predict(fitted, validation.X))
        for n_rounds in (max(1, fitted.model.n_rounds // 4), fitted.model.n_rounds * 4):
            with_other_rounds = self._fit_rounds(n_rounds)
            prediction = self._predict(with_other_rounds, validation.X)
            assert stopped <= _log_loss(validation.y, prediction) + 1e-6

    def test_ranking_metrics_do_not_leave_probabilities_at_the_prior(self) -> None:
        # The classes are separable, hence the ranking is perfect after few rounds.
        train, validation = booster_rows(noise=0.0), booster_rows(100, 1, noise=0.0)
        task = booster_task(metric="roc_auc")
        model = self.learner.fit(task, {}, train, validation, RESOURCES)
        assert _log_loss(validation.y, self._predict(model, validation.X)) < 0.2

    def test_the_deadline_ends_training_and_leaves_a_model(self) -> None:
        train, validation = booster_rows(20_000), booster_rows(5_000, seed=1)
        slow = {"learning_rate_scale": 0.25}
        deadline = Resources(threads=1, seed=3, deadline=time.monotonic() + 0.3)
        model = self.learner.fit(booster_task(), slow, train, validation, deadline)
        portfolio = self.booster.portfolio
        unhurried = portfolio.max_rounds(2, {**portfolio.space.default, **slow})
        assert 1 <= model.model.n_rounds < unhurried
        loss = _log_loss(validation.y, self._predict(model, validation.X))
        assert loss < _log_loss(validation.y, model.target.constant(5_000))

    def test_a_deadline_far_away_changes_nothing(self) -> None:
        far = Resources(threads=1, seed=3, deadline=time.monotonic() + 1e6)
        model = self.learner.fit(
            booster_task(), {}, booster_rows(), booster_rows(150, seed=1), far
        )
        X = booster_rows(50, seed=2).X
        np.testing.assert_array_equal(
            self._predict(model, X), self._predict(_fitted(self.booster), X)
        )

    def test_categories_are_no_numbers(self) -> None:
        train, test = booster_rows(1_000), booster_rows(500, seed=1)
        parameters = {"n_rounds": 20, "learning_rate_scale": 3.0, **self.shallow}

        def loss_with(categorical: tuple[int, ...]) -> float:
            levels = (20,) * len(categorical)
            names = train.X.names
            X, new = (
                Matrix(rows.X.values, names, categorical, levels)
                for rows in (train, test)
            )
            rows = Rows(X, train.y)
            model = self.learner.fit(booster_task(), parameters, rows, None, RESOURCES)
            return _log_loss(test.y, self._predict(model, new))

        assert loss_with((2,)) < 0.85 * loss_with(())

    def test_missing_and_unseen_categories_are_predicted(self) -> None:
        values = booster_rows(60, seed=2).X.values.copy()
        values[:20, 2] = np.nan
        values[20:40, 2] = 19.0
        X = Matrix(values, ("a", "b", "c"), (2,), (20,))
        assert np.isfinite(self._predict(_fitted(self.booster), X)).all()

    def test_weights_change_the_fit(self) -> None:
        train = booster_rows()
        weighted = Rows(train.X, train.y, np.where(train.y == 1, 10.0, 1.0))
        validation = booster_rows(150, seed=1)
        heavy = self.learner.fit(booster_task(), {}, weighted, validation, RESOURCES)
        X = booster_rows(200, seed=2).X
        plain, shifted = (
            self._predict(model, X)[:, 1].mean()
            for model in (_fitted(self.booster), heavy)
        )
        assert shifted > plain + 0.01

    def test_the_unit_of_weights_does_not_matter(self) -> None:
        train, X = booster_rows(), booster_rows(50, seed=2).X
        parameters = {"n_rounds": 20}
        of_ones, of_thousands = (
            self.learner.fit(
                booster_task(),
                parameters,
                Rows(train.X, train.y, np.full(400, unit)),
                None,
                RESOURCES,
            )
            for unit in (1.0, 4096.0)
        )
        np.testing.assert_allclose(
            self._predict(of_ones, X), self._predict(of_thousands, X), rtol=1e-6
        )

    def test_the_refit_makes_as_many_rounds_as_the_folds_agreed_on(self) -> None:
        fitted, of_three_rounds = _fitted(self.booster), self._fit_rounds(3)
        one_class = Rows(booster_rows().X, np.ones(400, dtype=np.int64))
        constant = self.learner.fit(booster_task(), {}, one_class, None, RESOURCES)
        parameters = self.learner.refit_parameters(
            {}, [fitted, of_three_rounds, constant]
        )
        expected = round((fitted.model.n_rounds + 3) / 2)
        refitted = self.learner.fit(
            booster_task(), parameters, booster_rows(), None, RESOURCES
        )
        assert parameters["n_rounds"] == refitted.model.n_rounds == expected

    def test_absolute_errors_are_boosted_where_the_metric_asks_for_them(self) -> None:
        X = booster_rows(600).X
        # The mean of this target is 2, its median close to 0.7 times that.
        y = np.random.default_rng(0).exponential(2.0, 600)
        means = {}
        for metric in ("rmse", "mae"):
            task = booster_task(TaskKind.REGRESSION, metric, 0)
            parameters = {"n_rounds": 60}
            model = self.learner.fit(task, parameters, Rows(X, y), None, RESOURCES)
            means[metric] = self.learner.predict(model, X, task).mean()
        assert means["mae"] < 0.9 * means["rmse"]

    def test_predictions_from_several_threads_agree(self) -> None:
        fitted, X = _fitted(self.booster), booster_rows(2_000, seed=2).X
        alone = self._predict(fitted, X)
        with ThreadPoolExecutor(4) as pool:
            jobs = [pool.submit(self._predict, fitted, X) for _ in range(8)]
            for job in jobs:
                np.testing.assert_array_equal(job.result(), alone)

    def test_nothing_is_printed(self, capfd: Any) -> None:
        values = np.column_stack([np.ones(30), np.arange(30.0) % 3])
        X = Matrix(values, ("a", "b"), (1,), (3,))
        rows = Rows(X, np.arange(30) % 2)
        for metric in ("roc_auc", "accuracy", "average_precision"):
            task = booster_task(metric=metric)
            model = self.learner.fit(task, {}, rows, rows, RESOURCES)
            self.learner.load(self.learner.dump(model))
            self.learner.predict(model, X, task)
        assert capfd.readouterr() == ("", "")

    def test_the_cost_of_large_tables_is_near_what_was_measured(self) -> None:
        for n_rows, measured in self.seconds.items():
            task = Task(TaskKind.BINARY, n_rows, 20, 0, 2, "roc_auc")
            hint = self.learner.cost(task, {}, n_rows)
            assert all(hint / 3 < each < 3 * hint for each in measured)
        larger = replace(task, n_rows=1_000_000)
        assert self.learner.cost(larger, {}, 1_000_000) > 4 * hint

    def test_the_cost_of_small_tables_follows_the_fitted_law(self) -> None:
        task = Task(TaskKind.BINARY, 2_000, 20, 0, 2, "roc_auc")
        hint = self.learner.cost(task, {}, 2_000)
        np.testing.assert_allclose(hint, self.hint, rtol=1e-4)

    def test_one_thread_does_all_the_work(self, monkeypatch: Any) -> None:
        if sys.platform != "linux":
            import pytest

            pytest.skip("needs Linux's /proc")
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
        names = f"MODULE, NAME = {self.booster.__module__!r}, {self.booster.__name__!r}"
        process = subprocess.run(
            [sys.executable, "-c", names + _THREADS],
            capture_output=True,
            text=True,
            check=True,
        )
        ticks = [int(word) for word in process.stdout.split()]
        assert max(ticks) >= 0.95 * sum(ticks) > 0

    def fit_on_gpu(self) -> Any:
        """Return a model of two rounds on a GPU."""
        parameters = {"n_rounds": 2}
        learner = self.booster(device="gpu")
        return learner.fit(
            booster_task(), parameters, booster_rows(50), None, RESOURCES
        )

    def _predict(self, model: Any, X: Matrix) -> FloatArray:
        return self.learner.predict(model, X, booster_task())

    def _fit_rounds(self, n_rounds: int) -> Any:
        parameters = {"n_rounds": n_rounds}
        return self.learner.fit(
            booster_task(), parameters, booster_rows(), None, RESOURCES
        )


def _fitted(booster: type[BoostingLearner]) -> Any:
    """Return a shared early-stopped fit, which tests must not change."""
    name = booster.__name__
    if name not in _FITS:
        validation = booster_rows(150, seed=1)
        _FITS[name] = booster().fit(
            booster_task(), {}, booster_rows(), validation, RESOURCES
        )
    return _FITS[name]


def _log_loss(y: Any, prediction: FloatArray) -> float:
    rows: IntArray = np.arange(len(y))
    return float(-np.mean(np.log(np.clip(prediction[rows, y], 1e-9, 1))))
