"""That a learner fits ordinary rows, learns from them, and does so again alike."""

import random
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import (
    FloatArray,
    Rows,
    TaskKind,
)
from headstart.testing.check import check
from headstart.testing.data import make_task
from headstart.testing.drawing import draw, end
from headstart.testing.learners.subject import LearnerSubject
from headstart.testing.naming import naming
from headstart.testing.outcome import CheckError

__all__ = ["CHECKS"]

_N_DRAWN = 2
# A point that learns slowly (a net at its lowest rate) is not waited for longer.
_SECONDS_A_POINT = 3.0


@check(
    "fits",
    hint="Run fit(task, {}, train, validation, resources) yourself on the rows of "
    "headstart.testing.data.make_rows(learner.view, kind).",
    after=("space",),
)
def _fits(subject: LearnerSubject) -> None:
    """It fits ordinary rows of each kind of task it is made for."""
    for kind in subject.kinds:
        subject.fitted(kind)


@check(
    "output-form",
    hint="Return float64 of shape (n_rows,) for regression, else of shape (n_rows, "
    "task.n_classes), a column a class code, each row summing to 1.",
    after=("fits",),
)
def _output_form(subject: LearnerSubject) -> None:
    """Predictions have the shape of the task and are finite; probabilities sum to 1."""
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        subject.predict(kind, fitted.model, fitted.validation.X)


@check(
    "learns",
    hint="Look whether rows and targets stay in one order, and whether the default "
    "suits a table of 90 rows and 4 columns.",
)
def _learns(subject: LearnerSubject) -> None:
    """The loss on held-out rows is a fifth below that of a constant prediction."""
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        y = fitted.validation.y
        found = subject.predict(kind, fitted.model, fitted.validation.X)
        constant: FloatArray
        if kind is TaskKind.REGRESSION:
            constant = np.full(len(y), fitted.train.y.mean())
        else:
            shares = np.bincount(fitted.train.y.astype(np.int64)) / len(fitted.train.y)
            constant = np.tile(shares, (len(y), 1))
        reached, ignorant = _loss(kind, y, found), _loss(kind, y, constant)
        if not reached < 0.8 * ignorant:
            raise CheckError(
                f"On a {kind} task whose target depends on two columns it reached a "
                f"loss of {reached:.3g}; a constant prediction has {ignorant:.3g}."
            )


@check(
    "deterministic",
    hint="Draw from resources.seed only: pass it on as random_state, and use no set, "
    "clock or global generator.",
)
def _deterministic(subject: LearnerSubject) -> None:
    """One seed gives one model, to the last bit, whatever the global generators do."""
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        np.random.seed(None)  # noqa: NPY002 - the legacy generator is the point
        random.seed(None)
        again = subject.fit(kind, *subject.rows(kind))
        X = fitted.validation.X
        if not np.array_equal(
            subject.predict(kind, fitted.model, X), subject.predict(kind, again, X)
        ):
            raise CheckError(
                f"Two fits of a {kind} task with one seed predict differently."
            )


@check(
    "refit",
    hint="Where validation is None, fit as long as the parameters say; let "
    "refit_parameters() add the rounds the folds agreed on, and keep all others.",
)
def _refit(subject: LearnerSubject) -> None:
    """It fits without validation rows, with what refit_parameters() returns."""
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        default = dict(subject.learner.search_space(make_task(kind)).default)
        with naming("refit_parameters()"):
            parameters = subject.learner.refit_parameters(default, [fitted.model] * 2)
        lost = sorted(set(default) - set(parameters))
        if lost:
            raise CheckError(f"refit_parameters() loses the parameters {lost}.")
        train, _ = subject.rows(kind)
        model = subject.fit(kind, train, None, parameters=parameters)
        subject.predict(kind, model, fitted.validation.X)


@check(
    "every-point-fits",
    hint="Narrow the space, or make fit() cope: a point that raises costs its trial.",
)
def _every_point_fits(subject: LearnerSubject) -> None:
    """Both ends of the space and points drawn from it fit and predict."""
    for kind in subject.kinds:
        space = subject.learner.search_space(make_task(kind))
        train, validation = subject.rows(kind)
        rng = random.Random(0)
        ends = (end(space, 0), end(space, -1))
        drawn = (draw(space, rng) for _ in range(_N_DRAWN))
        for point in (*ends, *drawn):
            active = {k: v for k, v in point.items() if space.is_active(k, point)}
            try:
                model = subject.fit(
                    kind,
                    Rows(train.X, train.y.copy()),
                    Rows(validation.X, validation.y.copy()),
                    parameters=active,
                    deadline=time.monotonic() + _SECONDS_A_POINT,
                )
                subject.predict(kind, model, validation.X)
            except CheckError as error:
                raise CheckError(f"With {active}: {error}") from error.__cause__


def _loss(kind: TaskKind, y: NDArray[Any], prediction: FloatArray) -> float:
    if kind is TaskKind.REGRESSION:
        return float(np.mean((y - prediction) ** 2))
    picked = prediction[np.arange(len(y)), y.astype(np.int64)]
    return float(-np.mean(np.log(np.clip(picked, 1e-12, 1))))


CHECKS = (_fits, _output_form, _learns, _deterministic, _refit, _every_point_fits)
