"""Nearest neighbours: `k_neighbors`.

Columns are scaled by their relevance to the target, so that irrelevant ones do not
dominate the distance. Votes are weighted by sample weight and distance and shrunk
towards the class shares in training, so that a class without a vote has a probability.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.base import (
    Choice,
    FloatArray,
    Integer,
    Matrix,
    Parameters,
    Parts,
    Resources,
    Rows,
    SearchSpace,
    Task,
    View,
)
from headstart.base.arrays import pack_arrays, require, unpack_arrays
from headstart.plugins import hookimpl
from headstart.plugins.hookspecs import RegisterLearner
from headstart.sdk.fold_learner import FoldLearner, one_part
from headstart.sdk.fold_target import FoldTarget

__all__ = ["KNeighbors", "NeighborModel", "register_learners"]

_PART = "neighbors.safetensors"
_FORM = {
    "points": ("f", 2),
    "stretch": ("f", 1),
    "outputs": ("f", 2),
    "weight": ("f", 1),
    "n_neighbors": ("i", 0),
    "power": ("i", 0),
    "by_distance": ("b", 0),
}
_PRIOR_VOTES = 1.0  # votes of the training shares, beside those of neighbours
_MAX_VALUES = 1 << 22  # outputs of neighbours in memory at once


@dataclass(frozen=True, eq=False)
class NeighborModel:
    """Training rows and the structure for searching them.

    Parameters
    ----------
    points : ndarray of shape (n_rows, n_features), float32
        Training rows with scaled columns.
    stretch : ndarray of shape (n_features,)
    outputs : ndarray of shape (n_rows, n_outputs)
        One-hot classes, or the value.
    weight : ndarray of shape (n_rows,)
    n_neighbors, power : int
        `power` is 1 for city-block distance, 2 for Euclidean.
    by_distance : bool
        Whether nearer neighbours have more weight.
    search : object
        scikit-learn's structure for the search, built from `points`.
    """

    points: np.ndarray[Any, np.dtype[np.float32]]
    stretch: FloatArray
    outputs: FloatArray
    weight: FloatArray
    n_neighbors: int
    power: int
    by_distance: bool
    search: Any

    def vote(self, values: FloatArray) -> FloatArray:
        """Return the neighbours' weighted mean output per row."""
        step = max(1, _MAX_VALUES // (self.n_neighbors * self.outputs.shape[1]))
        means = np.empty((len(values), self.outputs.shape[1]))
        for start in range(0, len(values), step):
            rows = slice(start, start + step)
            points = _stretched(values[rows], self.stretch)
            distances, neighbors = self.search.kneighbors(points)
            votes = self.weight[neighbors]
            if self.by_distance:
                # An equal row has (up to precision) all the weight.
                votes = votes / np.maximum(distances.astype(np.float64), 1e-6)
                votes *= self.n_neighbors / votes.sum(axis=1, keepdims=True)
            total = (votes[:, :, None] * self.outputs[neighbors]).sum(axis=1)
            means[rows] = total / votes.sum(axis=1, keepdims=True)
        return means


class KNeighbors(FoldLearner):
    """Nearest neighbours in columns scaled by relevance."""

    name = "k_neighbors"
    family = "neighbors"
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
        """Return the fitted model; see `FoldLearner.fit_model`."""
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
        return _build(
            _stretched(values, stretch),
            stretch,
            outputs,
            weight,
            min(_int(parameters["n_neighbors"]), len(values)),
            _int(parameters["power"]),
            by_distance=parameters["weights"] == "distance",
        )

    def predict_model(
        self, model: NeighborModel, X: Matrix, target: FoldTarget
    ) -> FloatArray:
        """Return predictions; see `FoldLearner.predict_model`."""
        votes = model.vote(X.values)
        if not target.is_classification:
            return votes[:, 0]
        prior = target.prior[target.classes]
        prior = prior / prior.sum()
        n_votes = model.n_neighbors
        return np.asarray(
            (votes * n_votes + prior * _PRIOR_VOTES) / (n_votes + _PRIOR_VOTES)
        )

    def dump_model(self, model: NeighborModel) -> Parts:
        """Return the parts; see `FoldLearner.dump_model`."""
        return {
            _PART: pack_arrays(
                {
                    "points": model.points,
                    "stretch": model.stretch,
                    "outputs": model.outputs,
                    "weight": model.weight,
                    "n_neighbors": np.array(model.n_neighbors),
                    "power": np.array(model.power),
                    "by_distance": np.array(model.by_distance),
                }
            )
        }

    def load_model(
        self, parts: Parts, n_features: int, target: FoldTarget
    ) -> NeighborModel:
        """Return the model of `parts`; see `FoldLearner.load_model`."""
        arrays = unpack_arrays(one_part(parts, _PART), _FORM)
        n_rows = len(arrays["points"])
        require(
            n_rows > 0
            and arrays["points"].shape == (n_rows, n_features)
            and arrays["stretch"].shape == (n_features,)
            and arrays["outputs"].shape == (n_rows, max(1, target.n_present))
            and arrays["weight"].shape == (n_rows,),
            "The arrays of a neighbour model do not fit together.",
        )
        require(
            all(
                np.isfinite(arrays[name]).all()
                for name in ("points", "stretch", "outputs", "weight")
            )
            and np.all(arrays["weight"] > 0)
            and (not target.is_classification or np.all(arrays["outputs"] >= 0))
            and 1 <= arrays["n_neighbors"] <= n_rows
            and arrays["power"] in (1, 2),
            "The arrays of a neighbour model hold impossible values.",
        )
        return _build(
            arrays["points"].astype(np.float32),
            arrays["stretch"].astype(np.float64),
            arrays["outputs"].astype(np.float64),
            arrays["weight"].astype(np.float64),
            int(arrays["n_neighbors"]),
            int(arrays["power"]),
            by_distance=bool(arrays["by_distance"]),
        )


@hookimpl
def register_learners(register: RegisterLearner) -> None:
    """Register nearest neighbours."""
    register(KNeighbors())


def _build(
    points: np.ndarray[Any, np.dtype[np.float32]],
    stretch: FloatArray,
    outputs: FloatArray,
    weight: FloatArray,
    n_neighbors: int,
    power: int,
    *,
    by_distance: bool,
) -> NeighborModel:
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(
        n_neighbors=n_neighbors,
        metric="manhattan" if power == 1 else "euclidean",
        # A tree is faster in few dimensions only.
        algorithm="kd_tree" if points.shape[1] <= 8 else "brute",
    ).fit(points)
    return NeighborModel(
        points, stretch, outputs, weight, n_neighbors, power, by_distance, search
    )


def _stretched(
    values: FloatArray, stretch: FloatArray
) -> np.ndarray[Any, np.dtype[np.float32]]:
    # Squares of the distances must not overflow.
    return np.clip(values * stretch, -1e15, 1e15).astype(np.float32)


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
