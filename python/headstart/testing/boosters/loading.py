"""Tests of stored boosters, which may be untrusted."""

import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import numpy as np

from headstart.base import Matrix, Parameters, Parts, Rows, Task, TaskKind
from headstart.sdk import BoostingLearner
from headstart.testing.boosters.training import RESOURCES

__all__ = ["LoaderTests", "three_classes"]


class LoaderTests:
    """Tests of stored models, which may be untrusted.

    Attributes
    ----------
    booster : type of BoostingLearner
    small : mapping
        Parameters of a few small trees, some of which split by categories.
    fuzzer : Path
        A script that calls `headstart.testing.boosters.fuzz`. Its argument is the
        number of rounds.
    """

    booster: ClassVar[type[BoostingLearner]]
    small: ClassVar[Parameters]
    fuzzer: ClassVar[Path]
    task: ClassVar[Task] = Task(TaskKind.MULTICLASS, 200, 2, 1, 3, "log_loss")

    @classmethod
    def stored(cls) -> Parts:
        """Return the parts of a small model of three classes."""
        learner = cls.booster()
        rows = three_classes()
        return learner.dump(learner.fit(cls.task, cls.small, rows, None, RESOURCES))

    def test_no_damage_crashes_the_process(self) -> None:
        process = subprocess.run(
            [sys.executable, str(self.fuzzer), "150"], capture_output=True, text=True
        )
        assert process.returncode == 0, process.stderr[-2000:]
        refused, loaded = map(int, process.stdout.split())
        assert refused > 200
        # Some changes are harmless: the loader must not refuse every model.
        assert loaded > 5

    def test_what_is_stored_predicts_the_same_bits(self) -> None:
        learner = self.booster()
        fitted = learner.load(self.stored())
        reloaded = learner.load(learner.dump(fitted))
        X = three_classes().X
        np.testing.assert_array_equal(
            learner.predict(fitted, X, self.task),
            learner.predict(reloaded, X, self.task),
        )


def three_classes() -> Rows:
    """Return rows of three classes that depend on a number and a category."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(200, 3))
    values[:, 2] = rng.integers(0, 12, 200)
    signal = values[:, 0] + 2 * (values[:, 2] % 2)
    X = Matrix(values, ("a", "b", "c"), (2,), (12,))
    return Rows(X, np.searchsorted([0.0, 1.5], signal))
