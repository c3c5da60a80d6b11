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
from headstart.testing.learners.subject import SEED, KeptModel, LearnerSubject
from headstart.testing.naming import naming
from headstart.testing.outcome import CheckError, NotApplicableError

__all__ = ["CHECKS", "constant_prediction", "fit_points", "loss", "refit"]

_N_DRAWN = 2
# Tables on which a parameter must change some prediction: the number of rows, and
# whether the other parameters have their defaults or random values. The last tables
# have more columns and a column of many categories: a share of four columns may be all
# of them.
_N_ROWS_WIDE = 400
_TRIES = (
    *((90, True), (90, False), (90, False), (600, False)),
    *((_N_ROWS_WIDE, True), (_N_ROWS_WIDE, False)),
)
_MANY_LEVELS = 40
_N_MORE_COLUMNS = 8
# Limit for slow points, such as a net with the lowest learning rate.
_SECONDS_PER_POINT = 3.0
_COST_FACTOR = 30.0
# Shorter times are not compared, because the clock or an import dominates them.
_LEAST_MEASURED = 0.1
_LEAST_PREDICTED = 0.002
# For the dependence of the cost on classes: two numbers of classes, enough rows for the
# larger, and the ratio of fit times above which the cost is checked.
_CLASSES_TO_COST = (3, 24)
_N_ROWS_OF_CLASSES = 480
_LONGER = 3.0
# Share of the spread of predictions. Ties and rounding change a few rows.
_LARGEST_CHANGE_BY_ORDER = 0.02


@check(
    "fits",
    hint="Run fit(task, {}, rows, validation, resources) yourself on the rows of "
    "headstart.testing.data.make_rows(learner.view, kind).",
    after=("space",),
)
def _fits(subject: LearnerSubject) -> None:
    """It fits ordinary rows of each kind of task that it declares."""
    for kind in subject.kinds:
        subject.fitted(kind)


@check(
    "output-form",
    hint="Return float64 of shape (n_rows,) for regression, else of shape (n_rows, "
    "task.n_classes), one column per class code, with rows that sum to 1.",
    after=("fits",),
)
def _output_form(subject: LearnerSubject) -> None:
    """Predictions are finite and have the task's shape; probabilities sum to 1."""
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        subject.predict(kind, fitted.model, fitted.validation.X)


@check(
    "learns",
    hint="Check that rows and targets keep the same order, and that the default suits "
    "a table of 90 rows and 4 columns.",
)
def _learns(subject: LearnerSubject) -> None:
    """The loss on validation rows is a fifth below that of a constant prediction."""
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        y = fitted.validation.y
        prediction = subject.predict(kind, fitted.model, fitted.validation.X)
        constant = constant_prediction(kind, fitted.train.y, len(y))
        model_loss, constant_loss = loss(kind, y, prediction), loss(kind, y, constant)
        if not model_loss < 0.8 * constant_loss:
            raise CheckError(
                f"On a {kind} task whose target depends on two columns, its loss is "
                f"{model_loss:.3g}; a constant prediction has {constant_loss:.3g}."
            )


@check(
    "deterministic",
    hint="Use random numbers from resources.seed only: pass it on as random_state, and "
    "use no set, clock or global generator.",
)
def _deterministic(subject: LearnerSubject) -> None:
    """One seed gives bitwise the same model, for any state of global generators."""
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        np.random.seed(None)  # noqa: NPY002 - libraries use the legacy generator
        random.seed(None)
        second = subject.fit(kind, *subject.rows(kind))
        X = fitted.validation.X
        if not np.array_equal(
            subject.predict(kind, fitted.model, X), subject.predict(kind, second, X)
        ):
            raise CheckError(
                f"Two fits of a {kind} task with one seed predict differently."
            )


@check(
    "seed",
    hint="Pass resources.seed on as random_state, and use no fixed seed. A learner "
    "without random numbers must not depend on the order of the rows.",
    after=("learns", "deterministic"),
)
def _seed(subject: LearnerSubject) -> None:
    """Another seed gives another model, unless the learner is not random."""
    kind = subject.kinds[0]
    fitted = subject.fitted(kind)
    X = fitted.validation.X
    train, validation = subject.rows(kind)
    first = subject.predict(kind, fitted.model, X)
    other_model = subject.fit(kind, train, validation, seed=SEED + 1)
    if not np.array_equal(first, subject.predict(kind, other_model, X)):
        return
    # Random numbers that ignore the seed depend on the order of the rows.
    order = np.random.default_rng(0).permutation(len(train.y))
    permuted = Rows(train.X.take(order), train.y[order])
    permuted_prediction = subject.predict(
        kind, subject.fit(kind, permuted, validation), X
    )
    change = float(
        np.abs(permuted_prediction - first).mean() / np.std(first, axis=0).mean()
    )
    if change > _LARGEST_CHANGE_BY_ORDER:
        raise CheckError(
            f"Fits of a {kind} task with two seeds predict the same, but a fit with "
            f"permuted rows predicts differently: by {change:.2g} of the spread."
        )


@check(
    "refit",
    hint="If validation is None, use the number of rounds in the parameters. Let "
    "refit_parameters() add the number of rounds from the folds, and keep all others.",
)
def _refit(subject: LearnerSubject) -> None:
    """It fits without validation rows, with the result of refit_parameters()."""
    for kind in subject.kinds:
        refit(subject, kind)


@check(
    "refit-learns",
    hint="If validation is None, fit all rows, with the number of rounds from "
    "refit_parameters().",
    after=("learns", "refit"),
)
def _refit_learns(subject: LearnerSubject) -> None:
    """A model fitted without validation rows is about as good as one with them."""
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        y = fitted.validation.y
        (refitted,) = refit(subject, kind)
        first = subject.predict(kind, fitted.model, fitted.validation.X)
        constant = constant_prediction(kind, fitted.train.y, len(y))
        losses = [
            loss(kind, y, prediction)
            for prediction in (refitted.prediction, first, constant)
        ]
        # At least half of the gain of the fold's model over a constant.
        if not losses[0] < 0.5 * (losses[1] + losses[2]):
            raise CheckError(
                f"A refit of a {kind} task has a loss of {losses[0]:.3g} on other "
                f"rows; a model with validation rows has {losses[1]:.3g}, a constant "
                f"prediction {losses[2]:.3g}."
            )


@check(
    "every-point-fits",
    hint="Narrow the space, or handle the point in fit(): an exception fails the "
    "trial.",
)
def _every_point_fits(subject: LearnerSubject) -> None:
    """Both ends of the space and random points fit and predict."""
    for kind in subject.kinds:
        fit_points(subject, kind)


@check(
    "parameters",
    hint="Pass each parameter of fit() on to the model. Remove parameters that the "
    "learner does not use for a kind of task from search_space(), and add a condition "
    "to parameters that it uses only with some values of another.",
    after=("learns", "every-point-fits"),
)
def _parameters(subject: LearnerSubject) -> None:
    """Each parameter of the space changes some prediction."""
    searched = False
    for kind in subject.kinds:
        space = subject.learner.search_space(make_task(kind))
        lowest, highest = end(space, 0), end(space, -1)
        # A parameter with one value is not searched.
        for name in (name for name in lowest if lowest[name] != highest[name]):
            searched = True
            if _is_idle(subject, kind, name):
                raise CheckError(
                    f"The parameter {name!r} of a {kind} task changes no prediction: "
                    "models with its lowest and highest values predict the same."
                )
    if not searched:
        raise NotApplicableError("its space has no parameters")


def _is_idle(subject: LearnerSubject, kind: TaskKind, name: str) -> bool:
    """Return whether models with the lowest and highest value predict the same.

    Several tables are used, with default and with random values of other parameters.
    """
    space = subject.learner.search_space(make_task(kind))
    rng = random.Random(1)
    for n_rows, is_default in _TRIES:
        other_parameters = {**draw(space, rng), **(space.default if is_default else {})}
        base = _with_parents(space, name, other_parameters)
        first = _predict_at(subject, kind, base, n_rows)
        for index in (0, -1):
            point = {**base, name: end(space, index)[name]}
            if not np.array_equal(first, _predict_at(subject, kind, point, n_rows)):
                return False
    return True


def _with_parents(
    space: SearchSpace, name: str, point: dict[str, ParameterValue]
) -> dict[str, ParameterValue]:
    """Return a point at which a parameter is active."""
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
    """Return predictions of a model with these parameters, fitted at the first call."""
    task = make_task(kind)
    space = subject.learner.search_space(task)
    active = {k: v for k, v in point.items() if space.is_active(k, point)}

    def fit() -> Sequence[KeptModel]:
        train, validation = subject.rows(kind, n_rows)
        point_task = task
        if n_rows == _N_ROWS_WIDE:
            train, validation = _widened(train, task), _widened(validation, task)
            point_task = replace(task, n_numeric=task.n_numeric + _N_MORE_COLUMNS)
        X = validation.X
        description = f"with {active}"
        return (
            subject.keep(
                description, train, validation, X, task=point_task, parameters=active
            ),
        )

    (result,) = subject.once(f"{kind} {n_rows} {sorted(active.items())}", fit)
    return result.prediction


def _widened(rows: Rows, task: Task) -> Rows:
    """Return rows with more columns, and with rare categories if codes are native.

    The target depends weakly on all columns.
    """
    n_rows = rows.X.n_rows
    rng = np.random.default_rng(2)
    new_columns = rng.normal(size=(n_rows, _N_MORE_COLUMNS))
    values = np.hstack([rows.X.values, new_columns])
    names = (*rows.X.names, *(f"more{i}" for i in range(_N_MORE_COLUMNS)))
    shift = np.searchsorted(
        [-1.0, 1.0], new_columns.mean(axis=1) * _N_MORE_COLUMNS**0.5
    )
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
    hint="Keep the fitted state in the model that fit() returns, not in attributes of "
    "the learner.",
    after=("deterministic", "refit", "every-point-fits"),
)
def _two_models(subject: LearnerSubject) -> None:
    """A model predicts the same after other models are fitted and used."""
    for kind in subject.kinds:
        for result in (*fit_points(subject, kind), *refit(subject, kind)):
            repeated = subject.predict(kind, result.model, result.X)
            if not np.array_equal(result.prediction, repeated):
                worst = float(np.abs(result.prediction - repeated).max())
                raise CheckError(
                    f"A model of a {kind} task predicts differently after other models "
                    f"were fitted: by up to {worst:.3g}."
                )


@check(
    "cost-measured",
    hint="Measure fits of the default and of both ends of the space on one thread, and "
    "return about these seconds from cost(). It may depend on all its arguments, "
    "including the task's columns and classes.",
    after=("cost", "every-point-fits"),
)
def _cost_measured(subject: LearnerSubject) -> None:
    """Predicted seconds are within a factor of 30, and depend on the table."""
    for kind in subject.kinds:
        for result in fit_points(subject, kind):
            predicted = subject.learner.cost(result.task, result.parameters, N_TRAIN)
            measured = result.seconds
            if predicted > _COST_FACTOR * max(measured, _LEAST_MEASURED) or (
                measured > _COST_FACTOR * max(predicted, _LEAST_PREDICTED)
            ):
                raise CheckError(
                    f"cost() of a {kind} task {result.description} predicts "
                    f"{predicted:.2g} s for {N_TRAIN} rows. The fit took "
                    f"{measured:.2g} s."
                )
        task = make_task(kind, 50_000)
        wide = replace(task, n_numeric=500)
        cost_of_few, cost_of_many = (
            subject.learner.cost(each, {}, 50_000) for each in (task, wide)
        )
        if not cost_of_few < cost_of_many:
            raise CheckError(
                f"cost() of a {kind} task must grow with the columns. Got "
                f"{cost_of_few:.3g} s for {task.n_features} columns and "
                f"{cost_of_many:.3g} s for {wide.n_features}."
            )
    if TaskKind.MULTICLASS in subject.kinds:
        _check_cost_of_classes(subject)


def _check_cost_of_classes(subject: LearnerSubject) -> None:
    """Check that predicted seconds grow with the classes if the fits do."""
    few, many = (_fit_classes(subject, n_classes) for n_classes in _CLASSES_TO_COST)
    if many.seconds < _LONGER * max(few.seconds, _LEAST_MEASURED):
        return
    predicted = [
        subject.learner.cost(result.task, {}, _N_ROWS_OF_CLASSES)
        for result in (few, many)
    ]
    if not predicted[0] < predicted[1]:
        raise CheckError(
            f"cost() of a multiclass task must grow with the classes if fits do. "
            f"Got {predicted[0]:.3g} s for {few.task.n_classes} classes and "
            f"{predicted[1]:.3g} s for {many.task.n_classes}; the fits took "
            f"{few.seconds:.2g} s and {many.seconds:.2g} s."
        )


def _fit_classes(subject: LearnerSubject, n_classes: int) -> KeptModel:
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
        seconds=_SECONDS_PER_POINT,
    )


def refit(subject: LearnerSubject, kind: TaskKind) -> Sequence[KeptModel]:
    """Return one model fitted with `refit_parameters`, without validation rows."""
    fitted = subject.fitted(kind)

    def fit() -> Sequence[KeptModel]:
        default = dict(subject.learner.search_space(make_task(kind)).default)
        with naming("refit_parameters()"):
            parameters = subject.learner.refit_parameters(default, [fitted.model] * 2)
        dropped = sorted(set(default) - set(parameters))
        if dropped:
            raise CheckError(f"refit_parameters() drops the parameters {dropped}.")
        train, _ = subject.rows(kind)
        return (
            subject.keep(
                "without validation rows",
                train,
                None,
                fitted.validation.X,
                task=make_task(kind),
                parameters=parameters,
                seconds=_SECONDS_PER_POINT,
            ),
        )

    return subject.once(f"refit {kind}", fit)


def fit_points(subject: LearnerSubject, kind: TaskKind) -> Sequence[KeptModel]:
    """Return models of both ends of the space and of random points."""

    def fit() -> Sequence[KeptModel]:
        space = subject.learner.search_space(make_task(kind))
        train, validation = subject.rows(kind)
        rng = random.Random(0)
        ends = (end(space, 0), end(space, -1))
        random_points = (draw(space, rng) for _ in range(_N_DRAWN))
        models = []
        for point in (*ends, *random_points):
            active = {k: v for k, v in point.items() if space.is_active(k, point)}
            try:
                result = subject.keep(
                    f"with {active}",
                    Rows(train.X, train.y.copy()),
                    Rows(validation.X, validation.y.copy()),
                    validation.X,
                    task=make_task(kind),
                    parameters=active,
                    seconds=_SECONDS_PER_POINT,
                )
            except CheckError as error:
                raise CheckError(f"With {active}: {error}") from error.__cause__
            models.append(result)
        return models

    return subject.once(f"points {kind}", fit)


def constant_prediction(kind: TaskKind, y: NDArray[Any], n_rows: int) -> FloatArray:
    """Return the mean of `y`, or its class shares, for each row.

    Parameters
    ----------
    kind : TaskKind
    y : ndarray
    n_rows : int
    """
    if kind is TaskKind.REGRESSION:
        return np.full(n_rows, y.mean())
    shares = np.bincount(y.astype(np.int64)) / len(y)
    return np.tile(shares, (n_rows, 1))


def loss(kind: TaskKind, y: NDArray[Any], prediction: FloatArray) -> float:
    """Return the mean squared error, or the log loss.

    Parameters
    ----------
    kind : TaskKind
    y : ndarray
    prediction : ndarray
    """
    if kind is TaskKind.REGRESSION:
        return float(np.mean((y - prediction) ** 2))
    of_target = prediction[np.arange(len(y)), y.astype(np.int64)]
    return float(-np.mean(np.log(np.clip(of_target, 1e-12, 1))))


CHECKS = (
    *(_fits, _output_form, _learns, _deterministic, _seed, _refit, _refit_learns),
    *(_every_point_fits, _parameters, _two_models, _cost_measured),
)
