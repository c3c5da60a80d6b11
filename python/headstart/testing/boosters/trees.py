"""Tests of trees that were converted from a library's form to headstart's."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from headstart.base import FloatArray, Matrix, Resources, Rows, Task, TaskKind
from headstart.base.arrays import Array
from headstart.sdk import BoostingLearner

__all__ = ["CATEGORICAL", "TreeTests"]

#: Columns of the tables that hold codes of categories.
CATEGORICAL = (4, 5)

_N_SEEDS = 8
_FITS: Sequence[tuple[TaskKind, int, str, Mapping[str, Any]]] = (
    (TaskKind.BINARY, 2, "roc_auc", {}),
    (TaskKind.MULTICLASS, 3, "log_loss", {}),
    (TaskKind.REGRESSION, 0, "rmse", {}),
    (TaskKind.REGRESSION, 0, "mae", {}),
    (TaskKind.REGRESSION, 0, "pinball", {"quantile": 0.9}),
    (TaskKind.REGRESSION, 0, "rmse", {"monotone": {"a": 1}}),
)


class TreeTests(ABC):
    """Tests that converted trees have the same predictions as the library.

    A plugin's subclass sets the attributes and defines the abstract methods.

    Attributes
    ----------
    booster : type of BoostingLearner
    trees : module
        Module with the function that converts.
    converter : str
        Name of that function, which takes the result of `stored`.
    objectives : sequence of tuple of int and mapping
        The library's options of each objective, with its number of classes or 0.
    largest_exponent : int
        Numbers of the tables stay below this power of ten.
    tolerance : float
        Relative tolerance of predictions after the link; raw scores have the same bits.
    """

    booster: ClassVar[type[BoostingLearner]]
    trees: ClassVar[ModuleType]
    converter: ClassVar[str]
    objectives: ClassVar[Sequence[tuple[int, Mapping[str, Any]]]]
    largest_exponent: ClassVar[int]
    tolerance: ClassVar[float]

    @abstractmethod
    def draw_booster(
        self,
        rng: np.random.Generator,
        options: Mapping[str, Any],
        X: FloatArray,
        y: Array,
    ) -> Any:
        """Return a booster of the library, fitted with parameters drawn at random.

        Parameters
        ----------
        rng : Generator
        options : mapping
            Those of the objective.
        X : ndarray of shape (n_samples, 6)
        y : ndarray of shape (n_samples,)
        """

    @abstractmethod
    def stored(self, booster: Any) -> Any:
        """Return the library's own form of a booster."""

    @abstractmethod
    def restored(self, stored: Any) -> Any:
        """Return the booster that was stored."""

    @abstractmethod
    def n_rounds(self, booster: Any) -> int:
        """Return the number of its rounds."""

    @abstractmethod
    def raw_scores(self, booster: Any, X: FloatArray) -> FloatArray:
        """Return the library's scores before the link."""

    @abstractmethod
    def predictions(self, booster: Any, X: FloatArray) -> FloatArray:
        """Return the library's predictions."""

    @abstractmethod
    def odd_values(self, stored: Any) -> tuple[FloatArray, Sequence[float]]:
        """Return numbers around the thresholds, and codes that no table holds."""

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Make one test for each objective and seed, and for each kind of fit."""
        if "objective" in metafunc.fixturenames:
            names = [str(options["objective"]) for _, options in self.objectives]
            metafunc.parametrize("objective", range(len(names)), ids=names)
            metafunc.parametrize("seed", range(_N_SEEDS))
        if "wish" in metafunc.fixturenames:
            metafunc.parametrize(("kind", "n_classes", "metric", "wish"), _FITS)

    def test_raw_scores_have_the_bits_of_the_library(
        self, objective: int, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        n_classes, options = self.objectives[objective]
        X, signal = self._draw_table(rng, 400)
        booster = self.draw_booster(rng, options, X, _classes(signal, n_classes))
        stored = self.stored(booster)

        model = getattr(self.trees, self.converter)(stored)

        numbers, codes = self.odd_values(stored)
        odd = rng.choice(numbers, (500, 6))
        odd[:, CATEGORICAL] = rng.choice(codes, (500, 2))
        rows = np.concatenate([X, odd])
        raw = self.raw_scores(booster, rows).reshape(len(rows), -1)
        np.testing.assert_array_equal(model.raw_predict(rows), raw.astype(float))
        np.testing.assert_allclose(
            model.apply(rows),
            self.predictions(booster, rows),
            rtol=self.tolerance,
            atol=0,
        )
        assert model.n_rounds == self.n_rounds(booster)

    def test_the_learner_keeps_the_best_rounds(
        self, monkeypatch: Any, kind: TaskKind, n_classes: int, metric: str, wish: Any
    ) -> None:
        converted: list[Any] = []
        convert = getattr(self.trees, self.converter)

        def noted(stored: Any) -> Any:
            converted.append(stored)
            return convert(stored)

        monkeypatch.setattr(self.trees, self.converter, noted)
        X, signal = self._draw_table(np.random.default_rng(0), 600)
        y = _classes(signal, n_classes)
        matrix = Matrix(X, tuple("abcdef"), CATEGORICAL, (70, 4))
        train, validation = (
            Rows(matrix.take(rows), y[rows])
            for rows in (np.arange(400), np.arange(400, 600))
        )
        task = Task(kind, 600, 4, 2, n_classes, metric)

        learner = self.booster(**wish)
        fitted = learner.fit(task, {}, train, validation, Resources(1, 0)).model

        booster = self.restored(converted[0])
        assert fitted.n_rounds == self.n_rounds(booster)
        np.testing.assert_array_equal(
            fitted.raw_predict(X), self.raw_scores(booster, X).reshape(600, -1)
        )

    def _draw_table(
        self, rng: np.random.Generator, n_rows: int
    ) -> tuple[FloatArray, FloatArray]:
        """Draw numbers (one often 0, one with gaps), two categories and a signal."""
        X = rng.normal(size=(n_rows, 6))
        X[rng.random(n_rows) < 0.5, 1] = 0.0
        digits = rng.integers(-2, 3, n_rows)
        X[:, 3] = digits * 10.0 ** rng.integers(-40, self.largest_exponent)
        X[:, 4] = rng.integers(0, 70, n_rows)
        X[:, 5] = rng.integers(0, 4, n_rows)
        signal = X[:, 0] * (X[:, 1] > 0) + (X[:, 4] % 3) + 0.3 * rng.normal(size=n_rows)
        X[rng.random(n_rows) < 0.2, 2] = np.nan
        X[rng.random(n_rows) < 0.1, 4] = np.nan
        signal[np.isnan(X[:, 2])] += 1
        return X, signal


def _classes(signal: FloatArray, n_classes: int) -> Array:
    """Return classes of about the same size; the signal itself for a regression."""
    if not n_classes:
        return signal
    return np.digitize(signal, np.quantile(signal, np.arange(1, n_classes) / n_classes))
