"""Gaussian naive Bayes: a learner that is whole and still small.

It shows each thing a learner can say: what it solves, the table it wants, what may be
varied, where to start, what it costs, and how a fitted model is stored so that loading
it runs no code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from headstart.sdk import (
    Float,
    FloatArray,
    FoldLearner,
    FoldTarget,
    Matrix,
    Parameters,
    Parts,
    Resources,
    Rows,
    SearchSpace,
    Task,
    TaskKind,
    View,
    one_part,
    pack_arrays,
    require,
    softmax,
    unpack_arrays,
)

__all__ = ["ClassBells", "NaiveBayes"]

_PART = "bells.safetensors"
_FORM = {
    "mean": ("f", 2),
    "variance": ("f", 2),
    "log_prior": ("f", 1),
    "trust": ("f", 0),
}


@dataclass(frozen=True, eq=False)
class ClassBells:
    """A normal distribution for each class and column.

    Parameters
    ----------
    mean, variance : ndarray of shape (n_classes, n_features)
    log_prior : ndarray of shape (n_classes,)
    trust : float
        Weight of the columns against the prior: columns are never independent, so
        that their evidence counts several times.
    """

    mean: FloatArray
    variance: FloatArray
    log_prior: FloatArray
    trust: float


class NaiveBayes(FoldLearner):
    """Gaussian naive Bayes on normal scores, with tempered evidence.

    `FoldLearner` takes care of what no learner likes: folds of one class or without a
    usable column, missing classes, the units of weights.
    """

    name: ClassVar[str] = "naive_bayes"
    tasks: ClassVar[frozenset[TaskKind]] = frozenset(
        {TaskKind.BINARY, TaskKind.MULTICLASS}
    )
    view: ClassVar[View] = View("quantile", "one_hot", "imputed")
    family: ClassVar[str] = "bayes"

    def search_space(self, task: Task) -> SearchSpace:
        """Return what may be varied, and a good first point."""
        del task
        return SearchSpace(
            {
                "smoothing": Float(1e-6, 1.0, log=True),
                "trust": Float(0.05, 1.0, log=True),
            },
            default={"smoothing": 0.01, "trust": 0.5},
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return what to try next: less trust for wide tables."""
        del task
        return ({"trust": 0.15}, {"smoothing": 0.3, "trust": 1.0})

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Predict seconds of one fit: two passes over the values."""
        del parameters
        return 0.005 + 2e-8 * n_rows * (task.n_features + 1)

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> ClassBells:
        """Measure means and variances; there is nothing to stop early."""
        del validation, resources
        values = rows.X.values
        weight = np.ones(len(values)) if rows.weight is None else rows.weight
        # A row a class, with the share of each training row in it.
        shares = np.where(rows.y == np.arange(task.n_classes)[:, None], weight, 0.0)
        total = shares.sum(axis=1, keepdims=True)
        shares /= total
        mean = shares @ values
        variance = np.maximum(shares @ values**2 - mean**2, 0.0)
        smoothing, trust = (float(parameters[k] or 0.0) for k in ("smoothing", "trust"))
        # A column that is constant in a class must not be infinitely sure of it.
        variance += smoothing * np.maximum(values.var(axis=0), 1e-9)
        log_prior = np.log(total[:, 0] / total.sum())
        return ClassBells(mean, variance, log_prior, trust)

    def predict_model(
        self, model: ClassBells, X: Matrix, target: FoldTarget
    ) -> FloatArray:
        """Return probabilities by Bayes' rule."""
        del target
        scores = np.tile(model.log_prior, (X.n_rows, 1))
        for label, (mean, variance) in enumerate(
            zip(model.mean, model.variance, strict=True)
        ):
            distance = (X.values - mean) ** 2 / variance + np.log(variance)
            scores[:, label] -= 0.5 * model.trust * distance.sum(axis=1)
        return softmax(scores)

    def dump_model(self, model: ClassBells) -> Parts:
        """Return the numbers, and nothing but numbers."""
        arrays = {
            "mean": model.mean,
            "variance": model.variance,
            "log_prior": model.log_prior,
            "trust": np.array(model.trust),
        }
        return {_PART: pack_arrays(arrays)}

    def load_model(
        self, parts: Parts, n_features: int, target: FoldTarget
    ) -> ClassBells:
        """Check everything: the file may come from anyone."""
        arrays = unpack_arrays(one_part(parts, _PART), _FORM)
        mean, variance = arrays["mean"], arrays["variance"]
        log_prior, trust = arrays["log_prior"], float(arrays["trust"])
        require(
            mean.shape == variance.shape == (target.n_present, n_features)
            and log_prior.shape == (target.n_present,),
            f"The bells of {mean.shape} classes and columns do not fit their model.",
        )
        require(
            np.isfinite(mean).all()
            and np.isfinite(variance).all()
            and variance.min() > 0
            and np.isfinite(log_prior).all()
            and 0 < trust <= 1,
            "The bells of a model hold impossible values.",
        )
        return ClassBells(mean, variance, log_prior, trust)
