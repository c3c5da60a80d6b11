"""Support vector machines with a Gaussian kernel, for small data: `svm`.

Classification uses one machine per pair of classes, as in libsvm. The decisions of the
pairs are combined to one score per class, and a logistic map, fitted on scores of
held-out rows, turns scores into probabilities. Rows of a group are held out together.
"""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from headstart.base import (
    Float,
    FloatArray,
    Parameters,
    Resources,
    Rows,
    SearchSpace,
    Task,
    View,
)
from headstart.learners.inner_parts import inner_parts
from headstart.machine.process_state import ignore_warnings
from headstart.plugins import hookimpl
from headstart.plugins.hookspecs import RegisterLearner
from headstart.predict.support_vectors import (
    SupportVectors,
    calibration_shape,
    class_scores,
)
from headstart.sdk.fold_learner import FoldLearner

__all__ = ["SupportVectorMachine", "register_learners"]

_MAX_ITERATIONS = 200_000  # of libsvm, which has no deadline; 1 to 5 s at 3,000 rows
_CALIBRATION_FOLDS = 3
_CACHE = 500  # megabytes


class SupportVectorMachine(FoldLearner):
    """Support vector machine with calibrated probabilities."""

    name = "svm"
    family = "kernel"
    stored_as = SupportVectors
    view = View("scaled", "one_hot", "imputed")
    max_rows = 3000

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space; `gamma` is relative to one over the total variance."""
        return SearchSpace(
            {
                "C": Float(0.05, 200.0, log=True),
                "gamma": Float(0.02, 5.0, log=True),
                **(
                    {}
                    if task.kind.is_classification
                    else {"epsilon": Float(0.005, 0.5, log=True)}
                ),
            },
            default={"C": 2.0, "gamma": 0.5}
            | ({} if task.kind.is_classification else {"epsilon": 0.1}),
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return parameters with smoother and rougher decision functions."""
        del task
        return ({"C": 20.0, "gamma": 0.15}, {"C": 5.0, "gamma": 1.5})

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds, fitted to measurements."""
        del parameters
        width = task.n_numeric + 8 * task.n_categorical
        fits = 1 + (_CALIBRATION_FOLDS if task.kind.is_classification else 0)
        return 0.02 + fits * n_rows**2 * (2e-8 + 2.5e-10 * width)

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> SupportVectors:
        """Return the fitted model; see `FoldLearner.fit_model`."""
        del validation
        variance = float(rows.X.values.var(axis=0).sum())
        gamma = float(parameters["gamma"] or 0.0) / max(variance, 1e-12)
        penalty = float(parameters["C"] or 0.0)
        with ignore_warnings():
            # A machine that has not converged is used all the same.
            if not task.kind.is_classification:
                epsilon = float(parameters["epsilon"] or 0.0)
                return _fit_regression(rows, gamma, penalty, epsilon)
            return _fit_classification(rows, gamma, penalty, task, resources)


@hookimpl
def register_learners(register: RegisterLearner) -> None:
    """Register the support vector machine."""
    register(SupportVectorMachine())


def _fit_regression(
    train: Rows, gamma: float, penalty: float, epsilon: float
) -> SupportVectors:
    from sklearn.svm import SVR

    estimator = SVR(
        C=penalty,
        gamma=gamma,
        epsilon=epsilon,
        cache_size=_CACHE,
        max_iter=_MAX_ITERATIONS,
    )
    estimator.random_state = 0  # unused, but else drawn from the global generator
    estimator.fit(train.X.values, train.y, sample_weight=train.weight)
    return SupportVectors(
        np.asarray(estimator.support_vectors_, dtype=np.float64),
        gamma,
        np.ascontiguousarray(estimator.dual_coef_.T),
        np.asarray(estimator.intercept_, dtype=np.float64),
        np.zeros((0, 0)),
        np.zeros(0),
    )


def _fit_classification(
    train: Rows,
    gamma: float,
    penalty: float,
    task: Task,
    resources: Resources,
) -> SupportVectors:
    from sklearn.linear_model import LogisticRegression

    X, y = train.X.values, train.y.astype(np.int64)
    n_classes = task.n_classes
    machine = _fit_pairs(X, y, train.weight, gamma, penalty, n_classes)
    n_scores, n_logits = calibration_shape(n_classes)
    scores = np.full((len(X), n_scores), np.nan)
    held_out = inner_parts(y, train.parts, _CALIBRATION_FOLDS, resources.seed)
    for part in np.unique(held_out):
        rows = np.flatnonzero(held_out == part)
        training = np.setdiff1d(np.arange(len(X)), rows)
        # If the other rows lack a class (of a single row), these rows are not used for
        # the calibration.
        if np.unique(y[training]).size < n_classes or resources.seconds_left() <= 0:
            continue
        weight = None if train.weight is None else train.weight[training]
        fold_machine = _fit_pairs(
            X[training], y[training], weight, gamma, penalty, n_classes
        )
        scores[rows] = class_scores(fold_machine.decide(X[rows]), n_classes)
    scored = np.isfinite(scores[:, 0])
    if np.unique(y[scored]).size < n_classes:
        # Too few rows or too little time to calibrate: scores are used as they are.
        slope = np.ones((1, 1)) if n_classes == 2 else np.eye(n_classes)
        return _calibrated(machine, slope, np.zeros(n_logits))
    calibration = LogisticRegression(C=10.0, max_iter=200)
    calibration.fit(
        scores[scored],
        y[scored],
        sample_weight=None if train.weight is None else train.weight[scored],
    )
    return _calibrated(
        machine, np.ascontiguousarray(calibration.coef_.T), calibration.intercept_
    )


def _fit_pairs(
    X: FloatArray,
    y: Any,
    weight: FloatArray | None,
    gamma: float,
    penalty: float,
    n_classes: int,
) -> SupportVectors:
    """Return one machine per pair of classes, with coefficients by pairs."""
    from sklearn.svm import SVC

    estimator = SVC(
        C=penalty,
        gamma=gamma,
        cache_size=_CACHE,
        max_iter=_MAX_ITERATIONS,
        decision_function_shape="ovo",
        random_state=0,  # unused, but else drawn from the global generator
    )
    estimator.fit(X, y, sample_weight=weight)
    stored = np.asarray(estimator.dual_coef_)
    if n_classes == 2:
        dual = np.ascontiguousarray(stored.T)
    else:
        # libsvm packs the coefficients: a vector of class i has that of pair (i, j)
        # in row j - 1 for j > i, in row j for j < i.
        ends = np.concatenate([[0], np.cumsum(estimator.n_support_)])
        pairs = list(itertools.combinations(range(n_classes), 2))
        dual = np.zeros((stored.shape[1], len(pairs)))
        for pair, (i, j) in enumerate(pairs):
            of_i, of_j = slice(ends[i], ends[i + 1]), slice(ends[j], ends[j + 1])
            dual[of_i, pair] = stored[j - 1, of_i]
            dual[of_j, pair] = stored[i, of_j]
    return SupportVectors(
        np.asarray(estimator.support_vectors_, dtype=np.float64),
        gamma,
        dual,
        np.asarray(estimator.intercept_, dtype=np.float64),
        np.zeros((0, 0)),
        np.zeros(0),
    )


def _calibrated(
    machine: SupportVectors, slope: FloatArray, intercept: FloatArray
) -> SupportVectors:
    return replace(
        machine,
        slope=np.asarray(slope, dtype=np.float64),
        intercept=np.asarray(intercept, dtype=np.float64),
    )
