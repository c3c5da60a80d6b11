"""The metric under test, resolved as in a search, with small predictions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, TaskKind
from headstart.metrics import Metric
from headstart.metrics.resolve import metric_of
from headstart.testing.naming import naming
from headstart.testing.outcome import CheckError
from headstart.testing.subject import Subject

__all__ = ["MetricSubject", "make_predictions"]

_N_ROWS = 60


@dataclass(eq=False)
class MetricSubject(Subject):
    """A metric in the process of its checks."""

    @property
    def kinds(self) -> list[TaskKind]:
        """Kinds of task of the metric."""
        return sorted(self.tested.kinds)

    def metric(self, kind: TaskKind) -> Metric:
        """Return the metric, resolved for a task of the kind with text labels."""
        labels = {
            TaskKind.BINARY: np.array(["no", "yes"]),
            TaskKind.MULTICLASS: np.array(["low", "middle", "high"]),
            TaskKind.REGRESSION: None,
        }[kind]
        return metric_of(self.tested, labels)

    def score(
        self,
        kind: TaskKind,
        y: NDArray[Any],
        prediction: FloatArray,
        weight: FloatArray | None = None,
        *,
        n_threads: int = 1,
    ) -> float:
        """Return the score; an error becomes a `CheckError`.

        Parameters
        ----------
        kind : TaskKind
        y, prediction, weight, n_threads
            As in `Metric.score`.
        """
        with naming(f"score() of a {kind} task"):
            score: object = self.metric(kind).score(
                y, prediction, weight, n_threads=n_threads
            )
        if isinstance(score, bool) or not isinstance(score, float):
            raise CheckError(
                f"score() of a {kind} task must return a float. Got {score!r} instead."
            )
        return score


def make_predictions(
    kind: TaskKind, *, seed: int = 0, noise: float = 1.0
) -> tuple[NDArray[Any], FloatArray]:
    """Return a target and its predictions, with errors of size `noise`."""
    rng = np.random.default_rng(seed)
    if kind is TaskKind.REGRESSION:
        y = rng.uniform(1.0, 9.0, _N_ROWS)
        # Positive, for metrics of logarithms.
        return y, np.abs(y + noise * rng.normal(size=_N_ROWS)) + 0.01
    n_classes = 2 if kind is TaskKind.BINARY else 3
    codes = np.arange(_N_ROWS) % n_classes
    scores = 4.0 * np.eye(n_classes)[codes] + 4 * noise * rng.normal(
        size=(_N_ROWS, n_classes)
    )
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return codes, shares[:, 1] if kind is TaskKind.BINARY else shares
