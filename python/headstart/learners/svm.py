"""Support vector machines with a Gaussian kernel, for small data: `svm`.

Classification uses one machine per pair of classes, as in libsvm. The decisions of the
pairs are combined to one score per class, and a logistic map, fitted on scores of
held-out rows, turns scores into probabilities. Rows of a group are held out together.

Notation: kernel ``k(x, v) = exp(-gamma * ||x - v||²)`` over support vectors ``v``;
the decision of pair ``p`` is ``sum_v dual[v, p] * k(x, v) + offset[p]``.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.base import (
    Float,
    FloatArray,
    IntArray,
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
from headstart.machine.process_state import ignore_warnings
from headstart.plugins import hookimpl
from headstart.plugins.hookspecs import RegisterLearner
from headstart.sdk.fold_learner import FoldLearner, one_part, softmax
from headstart.sdk.fold_target import FoldTarget

__all__ = ["KernelMachine", "SupportVectorMachine", "register_learners"]

_PART = "svm.safetensors"
_FORM = {
    "vectors": ("f", 2),
    "gamma": ("f", 0),
    "dual": ("f", 2),
    "offset": ("f", 1),
    "slope": ("f", 2),
    "intercept": ("f", 1),
}
_MAX_ITERATIONS = 200_000  # of libsvm, which has no deadline; 1 to 5 s at 3,000 rows
_CALIBRATION_FOLDS = 3
_CACHE = 500  # megabytes
_BLOCK = 1 << 22  # kernel values in memory at once


@dataclass(frozen=True, eq=False)
class KernelMachine:
    """Support vectors, their coefficients, and the map from scores to logits.

    Parameters
    ----------
    vectors : ndarray of shape (n_vectors, n_features)
    gamma : float
    dual : ndarray of shape (n_vectors, n_pairs)
    offset : ndarray of shape (n_pairs,)
    slope : ndarray of shape (n_scores, n_logits)
    intercept : ndarray of shape (n_logits,)
        Both empty for regression.
    """

    vectors: FloatArray
    gamma: float
    dual: FloatArray
    offset: FloatArray
    slope: FloatArray
    intercept: FloatArray

    def decide(self, values: FloatArray) -> FloatArray:
        """Return the decisions, of shape (n_rows, n_pairs)."""
        decisions = np.empty((len(values), self.offset.size))
        squares = np.einsum("ij,ij->i", self.vectors, self.vectors)
        step = max(1, _BLOCK // max(1, len(self.vectors)))
        for start in range(0, len(values), step):
            block = values[start : start + step]
            kernel = np.einsum("ij,ij->i", block, block)[:, None] + squares
            kernel -= 2.0 * (block @ self.vectors.T)
            np.maximum(kernel, 0.0, out=kernel)
            kernel *= -self.gamma
            np.exp(kernel, out=kernel)
            decisions[start : start + step] = kernel @ self.dual
        return decisions + self.offset


class SupportVectorMachine(FoldLearner):
    """Support vector machine with calibrated probabilities."""

    name = "svm"
    family = "kernel"
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
    ) -> KernelMachine:
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

    def predict_model(
        self, model: KernelMachine, X: Matrix, target: FoldTarget
    ) -> FloatArray:
        """Return predictions; see `FoldLearner.predict_model`."""
        decisions = model.decide(X.values)
        if not target.is_classification:
            return decisions[:, 0]
        scores = _scores(decisions, target.n_present)
        logits = scores @ model.slope + model.intercept
        if target.n_present == 2:
            logits = np.hstack([np.zeros_like(logits), logits])
        return softmax(logits)

    def dump_model(self, model: KernelMachine) -> Parts:
        """Return the parts; see `FoldLearner.dump_model`."""
        return {
            _PART: pack_arrays(
                {
                    "vectors": model.vectors,
                    "gamma": np.array(model.gamma),
                    "dual": model.dual,
                    "offset": model.offset,
                    "slope": model.slope,
                    "intercept": model.intercept,
                }
            )
        }

    def load_model(
        self, parts: Parts, n_features: int, target: FoldTarget
    ) -> KernelMachine:
        """Return the model of `parts`; see `FoldLearner.load_model`."""
        stored = unpack_arrays(one_part(parts, _PART), _FORM)
        arrays = {name: array.astype(np.float64) for name, array in stored.items()}
        n_present = target.n_present
        n_pairs = n_present * (n_present - 1) // 2 if n_present else 1
        n_scores, n_logits = _calibration_shape(n_present)
        require(
            arrays["vectors"].shape[1] == n_features
            and arrays["dual"].shape == (len(arrays["vectors"]), n_pairs)
            and arrays["offset"].shape == (n_pairs,)
            and arrays["slope"].shape == (n_scores, n_logits)
            and arrays["intercept"].shape == (n_logits,),
            "The arrays of a support vector machine do not fit together.",
        )
        require(
            all(np.isfinite(array).all() for array in arrays.values())
            and arrays["gamma"] >= 0,
            "The arrays of a support vector machine hold impossible values.",
        )
        return KernelMachine(
            arrays["vectors"],
            float(arrays["gamma"]),
            arrays["dual"],
            arrays["offset"],
            arrays["slope"],
            arrays["intercept"],
        )


@hookimpl
def register_learners(register: RegisterLearner) -> None:
    """Register the support vector machine."""
    register(SupportVectorMachine())


def _fit_regression(
    train: Rows, gamma: float, penalty: float, epsilon: float
) -> KernelMachine:
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
    return KernelMachine(
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
) -> KernelMachine:
    from sklearn.linear_model import LogisticRegression

    X, y = train.X.values, train.y.astype(np.int64)
    n_classes = task.n_classes
    machine = _fit_pairs(X, y, train.weight, gamma, penalty, n_classes)
    n_scores, n_logits = _calibration_shape(n_classes)
    scores = np.full((len(X), n_scores), np.nan)
    for rows in _held_out(y, train.parts, resources.seed):
        rest = np.setdiff1d(np.arange(len(X)), rows)
        # If the rest lacks a class (of a single row), the rows are not used for the
        # calibration.
        if np.unique(y[rest]).size < n_classes or resources.seconds_left() <= 0:
            continue
        weight = None if train.weight is None else train.weight[rest]
        without = _fit_pairs(X[rest], y[rest], weight, gamma, penalty, n_classes)
        scores[rows] = _scores(without.decide(X[rows]), n_classes)
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
) -> KernelMachine:
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
    return KernelMachine(
        np.asarray(estimator.support_vectors_, dtype=np.float64),
        gamma,
        dual,
        np.asarray(estimator.intercept_, dtype=np.float64),
        np.zeros((0, 0)),
        np.zeros(0),
    )


def _calibrated(
    machine: KernelMachine, slope: FloatArray, intercept: FloatArray
) -> KernelMachine:
    return KernelMachine(
        machine.vectors,
        machine.gamma,
        machine.dual,
        machine.offset,
        np.asarray(slope, dtype=np.float64),
        np.asarray(intercept, dtype=np.float64),
    )


def _scores(decisions: FloatArray, n_classes: int) -> FloatArray:
    """Return one score per class: the mean of its pairs' squashed decisions."""
    if n_classes == 2:
        return decisions
    squashed = np.tanh(decisions)
    scores = np.zeros((len(decisions), n_classes))
    for pair, (i, j) in enumerate(itertools.combinations(range(n_classes), 2)):
        scores[:, i] += squashed[:, pair]
        scores[:, j] -= squashed[:, pair]
    return np.asarray(scores * (4.0 / (n_classes - 1)))


def _calibration_shape(n_classes: int) -> tuple[int, int]:
    if n_classes == 0:
        return 0, 0
    return (1, 1) if n_classes == 2 else (n_classes, n_classes)


def _held_out(y: Any, parts: IntArray | None, seed: int) -> list[Any]:
    """Return the rows of each held-out part: stratified, or whole inner folds."""
    if parts is not None and np.unique(parts).size > 1:
        _, codes = np.unique(parts, return_inverse=True)
        n_parts = int(codes.max()) + 1
        merged = codes * min(_CALIBRATION_FOLDS, n_parts) // n_parts
        return [np.flatnonzero(merged == part) for part in np.unique(merged)]
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    drawn = [np.sort(order[i::_CALIBRATION_FOLDS]) for i in range(_CALIBRATION_FOLDS)]
    return [part for part in drawn if part.size]
