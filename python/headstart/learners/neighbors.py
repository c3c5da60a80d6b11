"""Nearest neighbours: `k_neighbors`.

Columns are scaled by their relevance to the target, so that irrelevant ones do not
dominate the distance. Votes are weighted by sample weight and distance and shrunk
towards the class shares in training, so that a class without a vote has a probability.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from headstart.base import (
    Choice,
    FloatArray,
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
from headstart.predict.neighbors import NeighborModel, stretched
from headstart.sdk.fold_learner import FittedFold, FoldLearner

__all__ = ["KNeighbors", "register_learners"]


class KNeighbors(FoldLearner):
    """Nearest neighbours in columns scaled by relevance."""

    name = "k_neighbors"
    family = "neighbors"
    stored_as = NeighborModel
    view = View("quantile", "one_hot", "imputed")
    max_rows = 50_000

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space; `stretch` is the power of a column's relevance."""
        del task
        return SearchSpace(
            {
                "n_neighbors": Integer(1, 200, log=True),
                "weights": Choice("uniform", "distance"),
                "power": Choice(1, 2),
                "stretch": Choice(0.0, 0.5, 1.0),
            },
            default={
                "n_neighbors": 15,
                "weights": "distance",
                "power": 2,
                "stretch": 0.5,
            },
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return wider and narrower neighbourhoods."""
        del task
        return (
            {"n_neighbors": 40, "power": 1},
            {"n_neighbors": 7, "stretch": 1.0},
            {"n_neighbors": 25, "stretch": 0.0},
        )

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds of a fit and of predicting a seventh of the rows."""
        del parameters
        width = task.n_numeric + 8 * task.n_categorical
        stretching = 1.2e-6 * min(n_rows, 5000) * width
        return 0.05 + stretching + 3e-11 * n_rows**2 * (width + 10)

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> NeighborModel:
        """Return the model without class shares, which `fit` adds."""
        del validation
        values = rows.X.values
        stretch = np.ones(values.shape[1])
        power = float(parameters["stretch"] or 0.0)
        if power > 0:
            stretch = _relevance(rows, task, resources) ** power
        outputs = (
            np.eye(task.n_classes)[rows.y.astype(np.int64)]
            if task.kind.is_classification
            else np.asarray(rows.y, dtype=np.float64)[:, None]
        )
        weight = np.ones(len(values)) if rows.weight is None else rows.weight
        return NeighborModel(
            stretched(values, stretch),
            stretch,
            outputs,
            weight,
            np.zeros(0),
            min(_int(parameters["n_neighbors"]), len(values)),
            _int(parameters["power"]),
            parameters["weights"] == "distance",
        )

    def fit(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> FittedFold:
        """Return the fitted fold; its model has the shares of the fold's classes."""
        fitted = super().fit(task, parameters, rows, validation, resources)
        if fitted.model is None or not task.kind.is_classification:
            return fitted
        prior = fitted.target.prior[fitted.target.classes]
        model = replace(fitted.model, prior=prior / prior.sum())
        return replace(fitted, model=model)


@hookimpl
def register_learners(register: RegisterLearner) -> None:
    """Register nearest neighbours."""
    register(KNeighbors())


def _relevance(train: Rows, task: Task, resources: Resources) -> FloatArray:
    """Return the columns' importances in a small forest, scaled to mean 1."""
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    n_rows = len(train.y)
    kind = ExtraTreesClassifier if task.kind.is_classification else ExtraTreesRegressor
    forest = kind(
        n_estimators=30,
        min_samples_leaf=max(3, n_rows // 300),
        max_features=0.5,
        n_jobs=1,
        random_state=resources.seed,
    )
    rows: Any = slice(None)
    if n_rows > 5000:
        # More rows are not needed, and this should be cheap relative to the search.
        rows = np.random.default_rng(resources.seed).choice(n_rows, 5000, replace=False)
    weight = None if train.weight is None else train.weight[rows]
    bounded = np.clip(train.X.values[rows], -1e30, 1e30)
    forest.fit(bounded, train.y[rows], sample_weight=weight)
    # If no column is relevant, rounding makes some importances negative.
    importances = np.maximum(forest.feature_importances_, 0.0)
    mean = float(importances.mean())
    if not 0.0 < mean < math.inf:
        return np.ones_like(importances)
    return np.asarray(importances / mean)


def _int(value: object) -> int:
    return int(value)  # type: ignore[call-overload,no-any-return]
