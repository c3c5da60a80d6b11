"""Checks that a learner fits ordinary rows, learns, and is deterministic."""

import random
from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import (
    FloatArray,
    ParameterValue,
    Rows,
    SearchSpace,
    Task,
    TaskKind,
)
from headstart.testing.check import check
from headstart.testing.data import N_TRAIN, make_task
from headstart.testing.drawing import draw, end
from headstart.testing.learners.subject import SEED, Kept, LearnerSubject
from headstart.testing.naming import naming
from headstart.testing.outcome import CheckError, NotApplicableError

__all__ = ["CHECKS", "constant_prediction", "fit_points", "loss", "refit"]

_N_DRAWN = 2
# A parameter is tried on tables of so many rows, with the default of the others or with
# drawn values, until it changes some prediction. The last table has a column of many
# categories, and more columns: a share of four columns may be all of them.
_N_ROWS_WIDE = 400
_TRIES = (
    *((90, True), (90, False), (90, False), (600, False)),
    *((_N_ROWS_WIDE, True), (_N_ROWS_WIDE, False)),
)
_MANY_LEVELS = 40
_N_MORE_COLUMNS = 8
# A point that learns slowly (a net at its lowest rate) is not waited for longer.
_SECONDS_A_POINT = 3.0
_COST_FACTOR = 30.0
# Shorter fits and hints are not compared: the clock, or an import, decides them.
_LEAST_MEASURED = 0.1
_LEAST_SAID = 0.002
# Of a cost that should see classes: their numbers, rows enough for the larger, and how
# much longer the fit of the larger must take for the cost to be looked at.
_CLASSES_TO_COST = (3, 24)
_N_ROWS_OF_CLASSES = 480
_LONGER = 3.0
# Of the spread of predictions; ties and rounding move a few rows.
_LARGEST_CHANGE_BY_ORDER = 0.02


@check(
    "fits",
    hint="Run fit(task, {}, rows, validation, resources) yourself on the rows of "
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
        constant = constant_prediction(kind, fitted.train.y, len(y))
        reached, ignorant = loss(kind, y, found), loss(kind, y, constant)
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
    "seed",
    hint="Pass resources.seed on as random_state, and fix no seed inside. A learner "
    "that draws nothing must not depend on the order of the rows.",
    after=("learns", "deterministic"),
)
def _seed(subject: LearnerSubject) -> None:
    """Another seed gives another model, unless nothing is drawn."""
    kind = subject.kinds[0]
    fitted = subject.fitted(kind)
    X = fitted.validation.X
    train, validation = subject.rows(kind)
    first = subject.predict(kind, fitted.model, X)
    other = subject.fit(kind, train, validation, seed=SEED + 1)
    if not np.array_equal(first, subject.predict(kind, other, X)):
        return
    # Random draws that do not follow the seed follow the places of the rows.
    order = np.random.default_rng(0).permutation(len(train.y))
    mixed = Rows(train.X.take(order), train.y[order])
    moved = subject.predict(kind, subject.fit(kind, mixed, validation), X)
    change = float(np.abs(moved - first).mean() / np.std(first, axis=0).mean())
    if change > _LARGEST_CHANGE_BY_ORDER:
        raise CheckError(
            f"Fits of a {kind} task with two seeds predict the same, and one with the "
            f"rows in another order predicts differently: by {change:.2g} of the "
            "spread."
        )


@check(
    "refit",
    hint="Where validation is None, fit as long as the parameters say; let "
    "refit_parameters() add the rounds the folds agreed on, and keep all others.",
)
def _refit(subject: LearnerSubject) -> None:
    """It fits without validation rows, with what refit_parameters() returns."""
    for kind in subject.kinds:
        refit(subject, kind)


@check(
    "refit-learns",
    hint="Fit all of train.X on all of train.y where validation is None, as with "
    "validation rows, and as many rounds as refit_parameters() gave.",
    after=("learns", "refit"),
)
def _refit_learns(subject: LearnerSubject) -> None:
    """A model that is fitted without validation rows is about as good as with them."""
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        y = fitted.validation.y
        (again,) = refit(subject, kind)
        first = subject.predict(kind, fitted.model, fitted.validation.X)
        constant = constant_prediction(kind, fitted.train.y, len(y))
        losses = [loss(kind, y, found) for found in (again.prediction, first, constant)]
        # Half of what the fold's model gains on a constant.
        if not losses[0] < 0.5 * (losses[1] + losses[2]):
            raise CheckError(
                f"A refit of a {kind} task has a loss of {losses[0]:.3g} on other "
                f"rows; a model with validation rows has {losses[1]:.3g}, a constant "
                f"prediction {losses[2]:.3g}."
            )


@check(
    "every-point-fits",
    hint="Narrow the space, or make fit() cope: a point that raises costs its trial.",
)
def _every_point_fits(subject: LearnerSubject) -> None:
    """Both ends of the space and points drawn from it fit and predict."""
    for kind in subject.kinds:
        fit_points(subject, kind)


@check(
    "parameters",
    hint="Pass each parameter of fit() on to the model; leave out of search_space() "
    "what the learner does not use for that kind of task, and give a condition to what "
    "it uses beside some value of another.",
    after=("learns", "every-point-fits"),
)
def _parameters(subject: LearnerSubject) -> None:
    """Each parameter of the space changes some prediction."""
    searched = False
    for kind in subject.kinds:
        space = subject.learner.search_space(make_task(kind))
        lowest, highest = end(space, 0), end(space, -1)
        # A parameter of one value is not searched.
        for name in (name for name in lowest if lowest[name] != highest[name]):
            searched = True
            if _is_idle(subject, kind, name):
                raise CheckError(
                    f"The parameter {name!r} of a {kind} task changes no prediction: "
                    "models of both its ends predict the same."
                )
    if not searched:
        raise NotApplicableError("its space has no parameters")


def _is_idle(subject: LearnerSubject, kind: TaskKind, name: str) -> bool:
    """Return whether models with either end of a parameter predict the same.

    It is tried on several tables, with default and with drawn values of the others.
    """
    space = subject.learner.search_space(make_task(kind))
    rng = random.Random(1)
    for n_rows, is_default in _TRIES:
        others = {**draw(space, rng), **(space.default if is_default else {})}
        base = _with_parents(space, name, others)
        first = _predict_at(subject, kind, base, n_rows)
        for place in (0, -1):
            point = {**base, name: end(space, place)[name]}
            if not np.array_equal(first, _predict_at(subject, kind, point, n_rows)):
                return False
    return True


def _with_parents(
    space: SearchSpace, name: str, point: dict[str, ParameterValue]
) -> dict[str, ParameterValue]:
    """Return a point at which a parameter exists."""
    condition = space.conditions.get(name)
    if condition is None:
        return point
    if point.get(condition.parent) not in condition.values:
        point = {**point, condition.parent: condition.values[0]}
    return _with_parents(space, condition.parent, point)


def _predict_at(
    subject: LearnerSubject,
    kind: TaskKind,
    point: dict[str, ParameterValue],
    n_rows: int,
) -> FloatArray:
    """Return predictions of a model of these parameters, fitted at the first call."""
    task = make_task(kind)
    space = subject.learner.search_space(task)
    active = {k: v for k, v in point.items() if space.is_active(k, point)}

    def fit() -> Sequence[Kept]:
        train, validation = subject.rows(kind, n_rows)
        of = task
        if n_rows == _N_ROWS_WIDE:
            train, validation = _widened(train, task), _widened(validation, task)
            of = replace(task, n_numeric=task.n_numeric + _N_MORE_COLUMNS)
        X = validation.X
        what = f"with {active}"
        return (subject.keep(what, train, validation, X, task=of, parameters=active),)

    (kept,) = subject.once(f"{kind} {n_rows} {sorted(active.items())}", fit)
    return kept.prediction


def _widened(rows: Rows, task: Task) -> Rows:
    """Return rows with more columns, and with rare categories where codes are native.

    The target depends a little on all of them.
    """
    n_rows = rows.X.n_rows
    rng = np.random.default_rng(2)
    more = rng.normal(size=(n_rows, _N_MORE_COLUMNS))
    values = np.hstack([rows.X.values, more])
    names = (*rows.X.names, *(f"more{i}" for i in range(_N_MORE_COLUMNS)))
    shift = np.searchsorted([-1.0, 1.0], more.mean(axis=1) * _N_MORE_COLUMNS**0.5)
    X = replace(rows.X, values=values, names=names)
    if rows.X.categorical:
        codes = np.minimum(rng.geometric(0.08, n_rows), _MANY_LEVELS) - 1
        values[:, rows.X.categorical[0]] = codes
        X = replace(X, n_levels=(_MANY_LEVELS,))
        shift = shift + codes % 7
    if task.kind.is_classification:
        return Rows(X, (rows.y.astype(np.int64) + shift) % task.n_classes)
    return Rows(X, rows.y + 10.0 * shift)


@check(
    "two-models",
    hint="Keep what is fitted in the model that fit() returns, and nothing in "
    "attributes of the learner.",
    after=("deterministic", "refit", "every-point-fits"),
)
def _two_models(subject: LearnerSubject) -> None:
    """A model predicts the same after other models were fitted and used."""
    for kind in subject.kinds:
        for kept in (*fit_points(subject, kind), *refit(subject, kind)):
            again = subject.predict(kind, kept.model, kept.X)
            if not np.array_equal(kept.prediction, again):
                worst = float(np.abs(kept.prediction - again).max())
                raise CheckError(
                    f"A model of a {kind} task predicts differently after other models "
                    f"were fitted: by up to {worst:.3g}."
                )


@check(
    "cost-measured",
    hint="Time fits of the default and of both ends of the space on one thread, and "
    "let cost() give about those seconds; it may depend on all its arguments, the "
    "columns and classes of the task among them.",
    after=("cost", "every-point-fits"),
)
def _cost_measured(subject: LearnerSubject) -> None:
    """Predicted seconds are within 30 times of measured ones, and see the table."""
    for kind in subject.kinds:
        for kept in fit_points(subject, kind):
            said = subject.learner.cost(kept.task, kept.parameters, N_TRAIN)
            measured = kept.seconds
            if said > _COST_FACTOR * max(measured, _LEAST_MEASURED) or (
                measured > _COST_FACTOR * max(said, _LEAST_SAID)
            ):
                raise CheckError(
                    f"cost() of a {kind} task {kept.what} predicts {said:.2g} s for "
                    f"{N_TRAIN} rows. The fit took {measured:.2g} s."
                )
        task = make_task(kind, 50_000)
        wide = replace(task, n_numeric=500)
        few, many = (subject.learner.cost(each, {}, 50_000) for each in (task, wide))
        if not few < many:
            raise CheckError(
                f"cost() of a {kind} task must grow with the columns. Got {few:.3g} s "
                f"for {task.n_features} columns and {many:.3g} s for "
                f"{wide.n_features}."
            )
    if TaskKind.MULTICLASS in subject.kinds:
        _check_cost_of_classes(subject)


def _check_cost_of_classes(subject: LearnerSubject) -> None:
    """Refuse predicted seconds that do not see classes which take seconds each."""
    few, many = (_fit_classes(subject, n_classes) for n_classes in _CLASSES_TO_COST)
    if many.seconds < _LONGER * max(few.seconds, _LEAST_MEASURED):
        return
    said = [
        subject.learner.cost(kept.task, {}, _N_ROWS_OF_CLASSES) for kept in (few, many)
    ]
    if not said[0] < said[1]:
        raise CheckError(
            f"cost() of a multiclass task must grow with the classes where fits do. "
            f"Got {said[0]:.3g} s for {few.task.n_classes} classes and {said[1]:.3g} s "
            f"for {many.task.n_classes}; the fits took {few.seconds:.2g} s and "
            f"{many.seconds:.2g} s."
        )


def _fit_classes(subject: LearnerSubject, n_classes: int) -> Kept:
    kind = TaskKind.MULTICLASS
    train, validation = subject.rows(kind, _N_ROWS_OF_CLASSES)
    n_rows = _N_ROWS_OF_CLASSES + len(validation.y)

    def classes(rows: Rows) -> Rows:
        cuts = NormalDist().quantiles(n_classes)
        return Rows(rows.X, np.searchsorted(cuts, rows.X.values[:, 0]))

    return subject.keep(
        f"of {n_classes} classes",
        classes(train),
        classes(validation),
        validation.X,
        task=make_task(kind, n_rows, n_classes=n_classes),
        seconds=_SECONDS_A_POINT,
    )


def refit(subject: LearnerSubject, kind: TaskKind) -> Sequence[Kept]:
    """Return one model without validation rows, of `refit_parameters`."""
    fitted = subject.fitted(kind)

    def fit() -> Sequence[Kept]:
        default = dict(subject.learner.search_space(make_task(kind)).default)
        with naming("refit_parameters()"):
            parameters = subject.learner.refit_parameters(default, [fitted.model] * 2)
        lost = sorted(set(default) - set(parameters))
        if lost:
            raise CheckError(f"refit_parameters() loses the parameters {lost}.")
        train, _ = subject.rows(kind)
        return (
            subject.keep(
                "without validation rows",
                train,
                None,
                fitted.validation.X,
                task=make_task(kind),
                parameters=parameters,
                seconds=_SECONDS_A_POINT,
            ),
        )

    return subject.once(f"refit {kind}", fit)


def fit_points(subject: LearnerSubject, kind: TaskKind) -> Sequence[Kept]:
    """Return models of both ends of the space and of points drawn from it."""

    def fit() -> Sequence[Kept]:
        space = subject.learner.search_space(make_task(kind))
        train, validation = subject.rows(kind)
        rng = random.Random(0)
        ends = (end(space, 0), end(space, -1))
        drawn = (draw(space, rng) for _ in range(_N_DRAWN))
        models = []
        for point in (*ends, *drawn):
            active = {k: v for k, v in point.items() if space.is_active(k, point)}
            try:
                kept = subject.keep(
                    f"with {active}",
                    Rows(train.X, train.y.copy()),
                    Rows(validation.X, validation.y.copy()),
                    validation.X,
                    task=make_task(kind),
                    parameters=active,
                    seconds=_SECONDS_A_POINT,
                )
            except CheckError as error:
                raise CheckError(f"With {active}: {error}") from error.__cause__
            models.append(kept)
        return models

    return subject.once(f"points {kind}", fit)


def constant_prediction(kind: TaskKind, y: NDArray[Any], n_rows: int) -> FloatArray:
    """Return the mean of `y`, or its shares of classes, for each of `n_rows`."""
    if kind is TaskKind.REGRESSION:
        return np.full(n_rows, y.mean())
    shares = np.bincount(y.astype(np.int64)) / len(y)
    return np.tile(shares, (n_rows, 1))


def loss(kind: TaskKind, y: NDArray[Any], prediction: FloatArray) -> float:
    """Return the squared error, or the log loss."""
    if kind is TaskKind.REGRESSION:
        return float(np.mean((y - prediction) ** 2))
    picked = prediction[np.arange(len(y)), y.astype(np.int64)]
    return float(-np.mean(np.log(np.clip(picked, 1e-12, 1))))


CHECKS = (
    *(_fits, _output_form, _learns, _deterministic, _seed, _refit, _refit_learns),
    *(_every_point_fits, _parameters, _two_models, _cost_measured),
)
