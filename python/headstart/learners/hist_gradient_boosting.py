"""scikit-learn's histogram gradient boosting: `hist_gradient_boosting`.

Boosting stops early by the fold's validation rows, and the rounds after the best one
are removed.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from headstart.base import (
    Float,
    FloatArray,
    IntArray,
    Integer,
    Matrix,
    Parameters,
    Resources,
    Rows,
    SearchSpace,
    Task,
    View,
)
from headstart.plugins import hookimpl
from headstart.plugins.hookspecs import RegisterLearner
from headstart.predict import link_of_classes
from headstart.predict.trees.capped_trees import CappedTrees, cap_levels
from headstart.sdk.fold_learner import FittedFold, FoldLearner

__all__ = ["HistGradientBoosting", "register_learners"]

_MAX_ROUNDS = 1500
_ROUNDS_ALONE = 150  # without early stopping and a given number of rounds
_PATIENCE = 25
_MAX_LEVELS = 255  # as many as the library has bins
_FIRST_STEP = 16  # rounds before the first check of the deadline


class HistGradientBoosting(FoldLearner):
    """Gradient boosting over binned columns."""

    name = "hist_gradient_boosting"
    family = "boosting"
    stored_as = CappedTrees
    view = View("raw", "native", "native")

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space; `max_features` is the share of columns per split."""
        del task
        return SearchSpace(
            {
                "learning_rate": Float(0.02, 0.3, log=True),
                "max_leaf_nodes": Integer(4, 128, log=True),
                "min_samples_leaf": Integer(2, 100, log=True),
                "l2_regularization": Float(1e-3, 100.0, log=True),
                "max_features": Float(0.1, 1.0),
            },
            default={
                "learning_rate": 0.08,
                "max_leaf_nodes": 10,
                "min_samples_leaf": 15,
                "l2_regularization": 3.0,
                "max_features": 0.5,
            },
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return parameters with small trees, and with larger ones."""
        del task
        return (
            {"max_leaf_nodes": 5, "learning_rate": 0.12, "max_features": 0.3},
            {
                "max_leaf_nodes": 31,
                "learning_rate": 0.05,
                "l2_regularization": 10.0,
                "max_features": 0.3,
            },
            {"max_leaf_nodes": 6, "learning_rate": 0.05, "min_samples_leaf": 4},
        )

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds, fitted to measurements."""
        chosen = {**self.search_space(task).default, **parameters}
        # With more rows, more rounds are useful before overfitting.
        rounds = 12.0 / _float(chosen["learning_rate"]) * (1 + n_rows / 1000) ** 0.3
        leaves = min(_float(chosen["max_leaf_nodes"]), n_rows / 10 + 2)
        width = task.n_features
        seconds_per_tree = (
            5e-4
            + leaves * (3e-5 + 2e-6 * width)
            + n_rows * (width * 2e-9 + 2e-8) * np.log2(leaves + 1)
        )
        # With several classes, boosting stops after fewer rounds.
        trees = min(_MAX_ROUNDS, rounds) * (
            1 if task.n_outputs == 1 else 0.5 * task.n_outputs
        )
        return float(0.05 + trees * seconds_per_tree)

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> CappedTrees:
        """Return the fitted model; see `FoldLearner.fit_model`."""
        from sklearn import ensemble

        from headstart.learners.sklearn_trees import from_hist_gradient_boosting

        capped = _columns_to_cap(rows.X)
        rounds = _int(parameters.get("rounds") or 0)
        options: dict[str, Any] = {
            "learning_rate": parameters["learning_rate"],
            "max_leaf_nodes": parameters["max_leaf_nodes"],
            "min_samples_leaf": parameters["min_samples_leaf"],
            "l2_regularization": parameters["l2_regularization"],
            "max_features": parameters["max_features"],
            "categorical_features": list(rows.X.categorical) or None,
            "early_stopping": validation is not None and not rounds,
            "n_iter_no_change": _PATIENCE,
            "warm_start": True,
            "random_state": resources.seed,
        }
        kind = (
            ensemble.HistGradientBoostingClassifier
            if task.kind.is_classification
            else ensemble.HistGradientBoostingRegressor
        )
        booster = kind(**options)
        data: dict[str, Any] = {
            "X": _without_empty_columns(cap_levels(rows.X.values, capped, _MAX_LEVELS)),
            "y": rows.y,
            "sample_weight": rows.weight,
        }
        if options["early_stopping"] and validation is not None:
            data["X_val"] = cap_levels(validation.X.values, capped, _MAX_LEVELS)
            data["y_val"] = validation.y
            data["sample_weight_val"] = validation.weight
            rounds = _MAX_ROUNDS
        _grow(booster, data, rounds or _ROUNDS_ALONE, resources)
        if options["early_stopping"]:
            # The first score is before the first round; a model has at least one round.
            best = max(1, int(np.argmax(booster.validation_score_)))
            del booster._predictors[best:]
        return CappedTrees(
            from_hist_gradient_boosting(booster),
            link_of_classes(task.n_classes),
            len(booster._predictors),
            capped,
            _MAX_LEVELS,
        )

    def refit_parameters(
        self, parameters: Parameters, models: Sequence[Any]
    ) -> Parameters:
        """Return `parameters` with the number of rounds that the folds kept."""
        fitted: list[FittedFold] = list(models)
        rounds = [f.model.n_rounds for f in fitted if f.model is not None]
        if not rounds:
            return parameters
        return {**parameters, "rounds": max(1, round(float(np.median(rounds))))}


@hookimpl
def register_learners(register: RegisterLearner) -> None:
    """Register histogram gradient boosting."""
    register(HistGradientBoosting())


def _grow(
    booster: Any, data: dict[str, Any], rounds: int, resources: Resources
) -> None:
    """Fit `rounds` rounds, or as many as fit into the time.

    The library has no time limit, so rounds are added in steps that double. Each step
    repeats the binning and the scores, but there are only a few steps.
    """
    n_done = 0
    step = rounds if resources.deadline is None else _FIRST_STEP
    while True:
        started = resources.clock()
        booster.max_iter = min(n_done + step, rounds)
        booster.fit(**data)
        n_rounds = int(booster.n_iter_)
        if n_rounds < booster.max_iter or n_rounds >= rounds:
            return
        seconds_per_round = (resources.clock() - started) / max(1, n_rounds - n_done)
        affordable = int(0.7 * resources.seconds_left() / max(seconds_per_round, 1e-9))
        if affordable < 2:
            return
        n_done, step = n_rounds, min(2 * step, affordable)


def _columns_to_cap(X: Matrix) -> IntArray:
    columns = [
        column
        for column, n_levels in zip(X.categorical, X.n_levels, strict=True)
        if n_levels > _MAX_LEVELS
    ]
    return np.array(columns, dtype=np.int64)


def _without_empty_columns(values: FloatArray) -> FloatArray:
    """Return values with 0 in all-missing columns, for which binning would raise."""
    empty = np.isnan(values).all(axis=0)
    return np.where(empty, 0.0, values) if empty.any() else values


def _int(value: object) -> int:
    return int(value)  # type: ignore[call-overload,no-any-return]


def _float(value: object) -> float:
    return float(value)  # type: ignore[arg-type]
