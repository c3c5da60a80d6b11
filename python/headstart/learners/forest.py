"""Forests: `random_forest` and `extra_trees`.

Under a deadline they grow in steps, so that the trees grown so far are kept.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from headstart.base import (
    Choice,
    Integer,
    Parameters,
    Resources,
    Rows,
    SearchSpace,
    Task,
    View,
)
from headstart.plugins import hookimpl
from headstart.plugins.hookspecs import RegisterLearner
from headstart.predict.trees.forest import Forest, bounded
from headstart.sdk.fold_learner import FoldLearner

__all__ = ["ExtraTrees", "RandomForest", "register_learners"]

# Maximum leaves of a tree, as in AutoGluon; below 50,000 rows it has hardly any effect.
_MAX_LEAVES = 15_000
# Maximum numbers in all leaves of a forest: a leaf has one number per class.
_MAX_LEAF_VALUES = 25_000_000


class _Forest(FoldLearner):
    """The base of both forests, which differ in estimator and precedents."""

    family = "forest"
    stored_as = Forest
    view = View("raw", "ordinal", "native")
    estimator_names: ClassVar[tuple[str, str]]
    seconds_per_split: ClassVar[float]

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds, fitted to measurements."""
        chosen = {**self.search_space(task).default, **parameters}
        leaf = max(1, _int(chosen["min_samples_leaf"]))
        depth = max(1.0, float(np.log2(max(n_rows, 2) / leaf)))
        n_tried = task.n_features * _share(chosen["max_features"], task.n_features)
        scores = max(1, task.n_classes)
        seconds_per_row = depth * n_tried * self.seconds_per_split * (1 + 0.05 * scores)
        return 0.05 + _n_trees(n_rows) * (
            1e-3 + n_rows * 0.7 * (seconds_per_row + 6e-8 * depth)
        )

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> Forest:
        """Return the fitted model; see `FoldLearner.fit_model`."""
        from sklearn import ensemble

        from headstart.learners.sklearn_trees import from_forest

        del validation
        options: dict[str, Any] = {
            "max_features": parameters["max_features"],
            "min_samples_leaf": parameters["min_samples_leaf"],
            "n_jobs": resources.threads,
            "random_state": resources.seed,
            "warm_start": True,
        }
        if task.kind.is_classification:
            options["criterion"] = parameters["criterion"]
        name = self.estimator_names[0 if task.kind.is_classification else 1]
        values = bounded(rows.X.values).astype(np.float32)
        n_trees = _n_trees(len(rows.y))
        options["max_leaf_nodes"] = _most_leaves(
            len(rows.y), _int(parameters["min_samples_leaf"]), max(1, task.n_classes)
        )
        forest = getattr(ensemble, name)(**options)
        # Growing in steps does not change the trees: the order of their seeds is fixed.
        step = n_trees if resources.deadline is None else 1
        grown = 0
        while True:
            started = resources.clock()
            forest.n_estimators = min(grown + step, n_trees)
            forest.fit(values, rows.y, sample_weight=rows.weight)
            seconds_per_tree = (resources.clock() - started) / (
                forest.n_estimators - grown
            )
            grown = forest.n_estimators
            affordable = 0.8 * resources.seconds_left() / max(seconds_per_tree, 1e-9)
            if grown >= n_trees or affordable < 1:
                break
            step = int(min(4 * step, affordable))
        return Forest(from_forest(forest))


class RandomForest(_Forest):
    """Random forest."""

    name = "random_forest"
    estimator_names = ("RandomForestClassifier", "RandomForestRegressor")
    seconds_per_split = 2.6e-8

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space."""
        if task.kind.is_classification:
            return _space(task, max_features="sqrt", min_samples_leaf=2)
        return _space(task, max_features=0.4, min_samples_leaf=1)

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return forests with more and with fewer columns per split."""
        if task.kind.is_classification:
            return (
                {"max_features": 0.4, "min_samples_leaf": 1},
                {"max_features": 0.6, "min_samples_leaf": 6},
            )
        return ({"max_features": 0.8}, {"max_features": "sqrt", "min_samples_leaf": 4})


class ExtraTrees(_Forest):
    """Extremely randomised trees."""

    name = "extra_trees"
    estimator_names = ("ExtraTreesClassifier", "ExtraTreesRegressor")
    seconds_per_split = 1.2e-8

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space."""
        if task.kind.is_classification:
            return _space(task, max_features=0.6, min_samples_leaf=2)
        return _space(task, max_features=0.8, min_samples_leaf=1)

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return forests with more and with fewer columns per split."""
        if task.kind.is_classification:
            return (
                {"max_features": 1.0, "min_samples_leaf": 5},
                {"max_features": "sqrt", "min_samples_leaf": 1},
            )
        return (
            {"max_features": 1.0, "min_samples_leaf": 3},
            {"max_features": 0.4},
        )


@hookimpl
def register_learners(register: RegisterLearner) -> None:
    """Register both forests."""
    register(RandomForest())
    register(ExtraTrees())


def _space(
    task: Task, *, max_features: str | float, min_samples_leaf: int
) -> SearchSpace:
    distributions: dict[str, Any] = {
        "max_features": Choice("sqrt", 0.2, 0.4, 0.6, 0.8, 1.0),
        "min_samples_leaf": Integer(1, 50, log=True),
    }
    default: dict[str, Any] = {
        "max_features": max_features,
        "min_samples_leaf": min_samples_leaf,
    }
    if task.kind.is_classification:
        distributions["criterion"] = Choice("gini", "entropy")
        default["criterion"] = "entropy"
    return SearchSpace(distributions, default)


def _n_trees(n_rows: int) -> int:
    """Return the number of trees: 300, fewer above 10,000 rows."""
    return int(min(300, max(50, 300 * (10_000 / max(n_rows, 1)) ** 0.7)))


def _most_leaves(n_rows: int, min_samples_leaf: int, n_outputs: int) -> int | None:
    """Return the maximum number of leaves of a tree; None if it cannot have as many.

    With a maximum, scikit-learn grows the best leaf first, which is slower and draws
    different columns.
    """
    bound = min(_MAX_LEAVES, _MAX_LEAF_VALUES // (_n_trees(n_rows) * n_outputs))
    return max(2, bound) if n_rows // min_samples_leaf > bound else None


def _share(max_features: object, n_features: int) -> float:
    if isinstance(max_features, float):
        return max_features
    return 1.0 / math.sqrt(max(1, n_features))


def _int(value: object) -> int:
    return int(value)  # type: ignore[call-overload,no-any-return]
