"""Linear models: `ridge`, `logistic`, `elastic_net`.

All are fitted on scaled or quantile-mapped columns and their hinge features, and stored
as one coefficient matrix.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from headstart.base import (
    Float,
    FloatArray,
    Integer,
    Parameters,
    Resources,
    Rows,
    SearchSpace,
    Task,
    TaskKind,
    View,
)
from headstart.learners.hinges import learn_hinges
from headstart.learners.ridge_fit import estimated_seconds, fit_ridge
from headstart.machine.process_state import ignore_warnings
from headstart.plugins import hookimpl
from headstart.plugins.hookspecs import RegisterLearner
from headstart.predict import LinearModel, link_of_classes
from headstart.sdk.fold_learner import FoldLearner

__all__ = ["ElasticNet", "Logistic", "Ridge", "register_learners"]

_MAX_ROUNDS = 300  # of L-BFGS
_MAX_DESCENTS = 6  # of a hundred rounds each, between checks of the deadline
_MAX_STEPS = 300  # of proximal gradients
_TOLERANCE = 1e-3  # of a gradient, as a share of the penalty's slope


class _Linear(FoldLearner):
    """The base of the linear learners: family and stored form."""

    family = "linear"
    stored_as = LinearModel


class Ridge(_Linear):
    """Least squares with an L2 penalty, with its strength chosen by leave-one-out.

    One decomposition of the training rows gives the leave-one-out errors of all
    strengths, so the strength is no searched parameter. If rows are in groups or in
    order of time, whole inner folds are left out.
    """

    name = "ridge"
    tasks = frozenset({TaskKind.REGRESSION})
    view = View("quantile", "one_hot", "imputed")
    alphas: ClassVar[tuple[float, ...]] = tuple(np.logspace(-2, 5, 15).tolist())

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space: the number of knots per column (0: plain linear)."""
        del task
        return SearchSpace({"n_knots": Integer(0, 10)}, default={"n_knots": 6})

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return the plain linear model and one with more knots."""
        del task
        return ({"n_knots": 0}, {"n_knots": 10})

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Predict seconds; measured."""
        return 0.01 + estimated_seconds(n_rows, _width(task, parameters))

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> LinearModel:
        """Fit; see `FoldLearner.fit_model`."""
        del task, validation
        hinges = learn_hinges(rows.X.values, _int(parameters["n_knots"]))
        expanded = hinges.expand(rows.X.values)
        coef, intercept = fit_ridge(expanded, rows, self.alphas, resources)
        return LinearModel(
            hinges, coef.reshape(-1, 1), np.atleast_1d(intercept), "identity"
        )


class Logistic(_Linear):
    """Logistic regression with an L2 penalty, by L-BFGS that stops at a deadline."""

    name = "logistic"
    tasks = frozenset({TaskKind.BINARY, TaskKind.MULTICLASS})
    view = View("scaled", "one_hot", "imputed")

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space: `C` as in scikit-learn, and the number of knots."""
        del task
        return SearchSpace(
            {"C": Float(1e-4, 1e3, log=True), "n_knots": Integer(0, 10)},
            default={"C": 0.3, "n_knots": 4},
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return weaker and stronger penalties and piecewise linear models."""
        del task
        return (
            {"C": 0.02, "n_knots": 0},
            {"C": 3.0, "n_knots": 8},
            {"C": 0.03},
            {"C": 5.0, "n_knots": 0},
        )

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Predict seconds; measured."""
        width = _width(task, parameters)
        rounds = 150 * (float(parameters.get("C") or 0.3) / 0.3) ** 0.25
        scores = 1 if task.n_classes <= 2 else task.n_classes
        seconds_per_row = 6e-10 * width * (1 + scores) + 2e-8 * scores
        return float(0.01 + min(rounds, _MAX_ROUNDS) * n_rows * seconds_per_row)

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> LinearModel:
        """Fit; see `FoldLearner.fit_model`."""
        del validation
        hinges = learn_hinges(rows.X.values, _int(parameters["n_knots"]))
        expanded = hinges.expand(rows.X.values)
        coef, intercept = _fit_logistic(
            expanded,
            rows.y.astype(np.int64),
            task.n_classes,
            weight=rows.weight,
            penalty=1.0 / (float(parameters["C"] or 0.0) * len(expanded)),
            resources=resources,
        )
        link = link_of_classes(task.n_classes)
        return LinearModel(hinges, coef, intercept, link)


class ElasticNet(_Linear):
    """Least squares or logistic regression with L1 and L2 penalties."""

    name = "elastic_net"
    view = View("scaled", "one_hot", "imputed")

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space.

        `strength` is the penalty as a share of the one that sets all coefficients
        to 0, so it is comparable between tables; `l1_ratio` is the share of L1.
        """
        del task
        return SearchSpace(
            {
                "strength": Float(1e-4, 0.5, log=True),
                "l1_ratio": Float(0.05, 1.0),
                "n_knots": Integer(0, 10),
            },
            default={"strength": 0.003, "l1_ratio": 0.5, "n_knots": 4},
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return sparser and denser models."""
        del task
        return (
            {"strength": 0.05, "l1_ratio": 0.9, "n_knots": 0},
            {"strength": 0.02, "l1_ratio": 0.9},
        )

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Predict seconds; measured."""
        width = _width(task, parameters)
        if task.kind is TaskKind.REGRESSION:
            return 0.01 + 5e-10 * n_rows * width * (width + 20)
        scores = 1 if task.n_classes <= 2 else task.n_classes
        return 0.02 + n_rows * (width * (3.6e-7 + 2.7e-7 * scores) + 6e-6)

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> LinearModel:
        """Fit; see `FoldLearner.fit_model`."""
        del validation
        hinges = learn_hinges(rows.X.values, _int(parameters["n_knots"]))
        expanded = hinges.expand(rows.X.values)
        l1_ratio = float(parameters["l1_ratio"] or 0.0)
        outputs = (
            np.eye(task.n_classes)[rows.y.astype(np.int64)]
            if task.kind.is_classification
            else np.asarray(rows.y, dtype=np.float64)[:, None]
        )
        penalty = float(parameters["strength"] or 0.0) * _silencing_penalty(
            expanded, outputs, rows.weight, l1_ratio
        )
        fit = _fit_proximal if task.kind.is_classification else _fit_descent
        coef, intercept = fit(expanded, rows, penalty, l1_ratio, resources)
        link = link_of_classes(task.n_classes)
        return LinearModel(hinges, coef, intercept, link)


@hookimpl
def register_learners(register: RegisterLearner) -> None:
    """Register the linear family."""
    register(Ridge())
    register(Logistic())
    register(ElasticNet())


def _fit_logistic(
    X: FloatArray,
    y: Any,
    n_classes: int,
    *,
    weight: FloatArray | None,
    penalty: float,
    resources: Resources,
) -> tuple[FloatArray, FloatArray]:
    """Minimise mean log loss + ``penalty / 2 * ||coef||²``.

    scikit-learn's solver cannot be stopped at a deadline; the minimum is the same.
    """
    from scipy.optimize import minimize

    n_features = X.shape[1]
    shares, targets = _shares(weight, len(X)), _target_outputs(y, n_classes)
    n_scores = targets.shape[1]

    def loss_and_gradient(flat: FloatArray) -> tuple[float, FloatArray]:
        weights = flat.reshape(n_features + 1, n_scores)
        loss, residual = _log_loss(X @ weights[:-1] + weights[-1], targets, shares)
        gradient = np.empty_like(weights)
        gradient[:-1] = X.T @ residual + penalty * weights[:-1]
        gradient[-1] = residual.sum(axis=0)
        return float(loss + 0.5 * penalty * np.sum(weights[:-1] ** 2)), gradient.ravel()

    def stop_at_deadline(intermediate_result: Any) -> None:
        del intermediate_result
        if resources.seconds_left() <= 0:
            raise StopIteration

    solution = minimize(
        loss_and_gradient,
        np.zeros((n_features + 1) * n_scores),
        jac=True,
        method="L-BFGS-B",
        callback=stop_at_deadline,
        options={"maxiter": _MAX_ROUNDS, "gtol": 1e-5, "ftol": 1e-9},
    )
    coefficients = np.asarray(solution.x).reshape(n_features + 1, n_scores)
    return coefficients[:-1].copy(), coefficients[-1].copy()


def _silencing_penalty(
    X: FloatArray, outputs: FloatArray, weight: FloatArray | None, l1_ratio: float
) -> float:
    """Return the smallest penalty under which all coefficients are 0."""
    shares = _shares(weight, len(X))
    residual = (outputs - shares @ outputs) * shares[:, None]
    steepest = float(np.max(np.abs(X.T @ residual)))
    return max(steepest / max(l1_ratio, 1e-3), 1e-12)


def _fit_descent(
    X: FloatArray, train: Rows, penalty: float, l1_ratio: float, resources: Resources
) -> tuple[FloatArray, FloatArray]:
    from sklearn import linear_model

    estimator = linear_model.ElasticNet(
        alpha=penalty,
        l1_ratio=l1_ratio,
        max_iter=100,
        tol=1e-3,
        precompute=X.shape[0] > X.shape[1],
        warm_start=True,
        random_state=0,  # unused, but else drawn from the global generator
    )
    for _ in range(_MAX_DESCENTS):
        with ignore_warnings():
            # Without convergence another step follows, if there is time.
            estimator.fit(X, train.y, sample_weight=train.weight)
        if estimator.n_iter_ < estimator.max_iter or resources.seconds_left() <= 0:
            break
    return estimator.coef_.reshape(-1, 1), np.atleast_1d(estimator.intercept_)


def _fit_proximal(
    X: FloatArray, train: Rows, penalty: float, l1_ratio: float, resources: Resources
) -> tuple[FloatArray, FloatArray]:
    """Minimise mean log loss + ``penalty * (l1_ratio * |coef| + ... / 2 * coef²)``.

    Accelerated proximal gradients with restarts [1]_, [2]_, with a check of the
    deadline after each step. scikit-learn's SAGA would lose its gradients when it is
    stopped and continued.

    References
    ----------
    .. [1] A. Beck, M. Teboulle, "A fast iterative shrinkage-thresholding algorithm for
       linear inverse problems", SIAM Journal on Imaging Sciences 2(1), 2009.
    .. [2] B. O'Donoghue, E. Candès, "Adaptive restart for accelerated gradient
       schemes", Foundations of Computational Mathematics 15, 2015.
    """
    y = train.y.astype(np.int64)
    shares, targets = (
        _shares(train.weight, len(X)),
        _target_outputs(y, int(y.max()) + 1),
    )
    # Columns are centred, so that the intercept does not depend on the coefficients.
    means = shares @ X
    l1, l2 = penalty * l1_ratio, penalty * (1.0 - l1_ratio)

    def scores_of(coefficients: FloatArray) -> FloatArray:
        return np.asarray(
            X @ coefficients[:-1] + (coefficients[-1] - means @ coefficients[:-1])
        )

    old = np.zeros((X.shape[1] + 1, targets.shape[1]))
    lookahead, old_scores = old, scores_of(old)
    lookahead_scores, momentum, step = old_scores, 1.0, 1.0
    for _ in range(_MAX_STEPS):
        loss, residual = _log_loss(lookahead_scores, targets, shares)
        residual_sum = residual.sum(axis=0)
        gradient = np.vstack(
            [X.T @ residual - np.outer(means, residual_sum), residual_sum]
        )
        while True:
            new = lookahead - step * gradient
            shrunk = np.maximum(np.abs(new[:-1]) - step * l1, 0.0) / (1.0 + step * l2)
            new[:-1] = np.sign(new[:-1]) * shrunk
            change = new - lookahead
            scores = scores_of(new)
            bound = loss + np.sum(gradient * change) + np.sum(change**2) / (2.0 * step)
            if _log_loss(scores, targets, shares)[0] <= bound + 1e-12 * abs(loss):
                break
            step /= 2.0
        if np.max(np.abs(change)) <= _TOLERANCE * l1 * step:
            old = new
            break
        if np.sum(change * (new - old)) < 0:
            momentum = 1.0
        next_momentum = (1.0 + np.sqrt(1.0 + 4.0 * momentum**2)) / 2.0
        extrapolation = (momentum - 1.0) / next_momentum
        lookahead = new + extrapolation * (new - old)
        lookahead_scores = scores + extrapolation * (scores - old_scores)
        old, old_scores, momentum = new, scores, next_momentum
        if resources.seconds_left() <= 0:
            break
    return old[:-1].copy(), np.asarray(old[-1] - means @ old[:-1])


def _shares(weight: FloatArray | None, n_rows: int) -> FloatArray:
    """Return each row's share of the total weight."""
    return np.full(n_rows, 1.0 / n_rows) if weight is None else weight / weight.sum()


def _target_outputs(y: Any, n_classes: int) -> FloatArray:
    """Return the target as probabilities, in one column for two classes."""
    column = y[:, None].astype(np.float64)
    return column if n_classes == 2 else np.asarray(np.eye(n_classes)[y])


def _log_loss(
    scores: FloatArray, target: FloatArray, shares: FloatArray
) -> tuple[float, FloatArray]:
    """Return the mean log loss and its gradient with respect to the scores."""
    if scores.shape[1] == 1:
        total = np.logaddexp(0.0, scores[:, 0])
    else:
        highest = scores.max(axis=1)
        total = highest + np.log(np.exp(scores - highest[:, None]).sum(axis=1))
    probabilities = np.exp(scores - total[:, None])
    loss = shares @ (total - (target * scores).sum(axis=1))
    return float(loss), (probabilities - target) * shares[:, None]


def _width(task: Task, parameters: Parameters) -> float:
    # About eight frequent levels per categorical column; most defaults have few knots.
    knots = _int(parameters.get("n_knots", 4) or 0)
    return task.n_numeric * (1 + knots) + 8.0 * task.n_categorical


def _int(value: object) -> int:
    return int(value)  # type: ignore[call-overload,no-any-return]
