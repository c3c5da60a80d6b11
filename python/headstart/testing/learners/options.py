"""Checks that an instance's options and the metric affect the fit."""

import inspect
from typing import Any

import numpy as np

from headstart.base import FloatArray, Matrix, Rows, TaskKind
from headstart.testing.check import check
from headstart.testing.data import make_task
from headstart.testing.learners.subject import LearnerSubject
from headstart.testing.naming import naming
from headstart.testing.outcome import CheckError, NotApplicableError

__all__ = ["CHECKS"]

_N_ROWS = 120
_METRICS = ("rmse", "mae")


@check(
    "monotone",
    hint="Pass the constraint to the library for each loss, or raise an error if a "
    "loss does not support it.",
)
def _monotone(subject: LearnerSubject) -> None:
    """With the option `monotone`, predictions are monotone for each metric."""
    learner = _with_option(subject, "monotone", {"b": -1})
    rows = _skewed_rows()
    grid = np.tile(np.linspace(-2, 2, 40), 5)
    values = np.column_stack([np.repeat(np.linspace(-2, 2, 5), 40), grid])
    X = Matrix(values, rows.X.names)
    for metric in _METRICS:
        prediction = _fit_and_predict(learner, metric, rows, X)
        rise = float(np.diff(prediction.reshape(5, 40), axis=1).max())
        if rise > 1e-6 * float(np.std(rows.y)):
            raise CheckError(
                f"With the metric {metric!r} and monotone={{'b': -1}} the prediction "
                f"rises by {rise:.3g} with column 'b'."
            )


@check(
    "quantile",
    hint="Fit the quantile loss at the requested level for any metric.",
)
def _quantile(subject: LearnerSubject) -> None:
    """With the option `quantile`, about that share of the rows is below."""
    rows = _skewed_rows()
    shares = []
    for level in (0.2, 0.8):
        learner = _with_option(subject, "quantile", level)
        prediction = _fit_and_predict(learner, "rmse", rows, rows.X)
        shares.append(float(np.mean(rows.y <= prediction)))
    if not shares[0] < 0.4 < 0.6 < shares[1]:
        raise CheckError(
            f"Shares of {shares[0]:.2g} and {shares[1]:.2g} of the training rows are "
            "below the predicted quantiles 0.2 and 0.8."
        )


def _with_option(subject: LearnerSubject, name: str, value: Any) -> LearnerSubject:
    kind = type(subject.learner)
    if TaskKind.REGRESSION not in subject.kinds or (
        name not in inspect.signature(kind).parameters
    ):
        raise NotApplicableError(f"it has no option {name!r} for regression")
    with naming(f"{kind.__name__}({name}={value!r})"):
        return LearnerSubject(kind(**{name: value}))


def _fit_and_predict(
    subject: LearnerSubject, metric: str, rows: Rows, X: Matrix
) -> FloatArray:
    task = make_task(TaskKind.REGRESSION).with_metric(metric)
    space = subject.learner.search_space(task)
    return subject.keep(
        "", rows, None, X, task=task, parameters=space.default
    ).prediction


def _skewed_rows() -> Rows:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(_N_ROWS, 2))
    noise = rng.exponential(1.0, _N_ROWS)
    y = values[:, 0] - np.sin(2 * values[:, 1]) + noise
    return Rows(Matrix(values, ("a", "b")), y)


CHECKS = (_monotone, _quantile)
