"""Checks with irregular rows as in real tables."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from headstart.base import Matrix, Rows, TaskKind
from headstart.testing.check import check
from headstart.testing.data import N_LEVELS, N_VALIDATION, make_matrix, make_task
from headstart.testing.learners.fitting import constant_prediction, loss
from headstart.testing.learners.subject import KeptModel, LearnerSubject
from headstart.testing.outcome import CheckError, NotApplicableError

__all__ = ["CHECKS", "fit_absent_classes", "fit_category"]

_N_CLASSES = 10


@check(
    "missing-values",
    hint="Handle NaN, or declare View(missing='imputed').",
)
def _missing_values(subject: LearnerSubject) -> None:
    """Rows with missing values are predicted if no training row had one."""
    if subject.learner.view.missing != "native":
        raise NotApplicableError("its view has no missing values")
    for kind in subject.kinds:
        train, validation = subject.rows(kind)
        complete = np.flatnonzero(~np.isnan(train.X.values).any(axis=1))
        model = subject.fit(kind, Rows(train.X.take(complete), train.y[complete]), None)
        empty = np.full_like(validation.X.values, np.nan)
        subject.predict(kind, model, replace(validation.X, values=empty))


@check(
    "missing-column",
    hint="Handle a column with only NaN, or declare View(missing='imputed').",
)
def _missing_column(subject: LearnerSubject) -> None:
    """A column of the training rows may have no values."""
    if subject.learner.view.missing != "native":
        raise NotApplicableError("its view has no missing values")

    def cleared(rows: Rows) -> Rows:
        values = rows.X.values.copy()
        values[:, [1, 3]] = np.nan
        return Rows(replace(rows.X, values=values), rows.y)

    _fit_changed(subject, cleared)


@check(
    "unseen-category",
    hint="Codes go up to Matrix.n_levels - 1, even if the training rows lack some. "
    "Treat unseen codes as missing.",
)
def _unseen_category(subject: LearnerSubject) -> None:
    """A category that the training rows lack is predicted."""
    for kind in subject.kinds:
        train, validation = subject.rows(kind)
        column = -1  # the last code, or its indicator
        last = 3.0 if subject.learner.view.categorical != "one_hot" else 1.0
        other_rows = np.flatnonzero(train.X.values[:, column] != last)
        model = subject.fit(
            kind, Rows(train.X.take(other_rows), train.y[other_rows]), validation
        )
        values = validation.X.values.copy()
        values[:, column] = last
        if last == 1.0:
            values[:, -4:-1] = 0.0
        subject.predict(kind, model, replace(validation.X, values=values))


@check(
    "constant-columns",
    hint="Check for division by a standard deviation of 0, and for libraries that drop "
    "columns.",
)
def _constant_columns(subject: LearnerSubject) -> None:
    """Tables with no, one, or one and a constant column can be fitted."""
    for n_columns in (0, 1, 2):

        def cut(rows: Rows, n_columns: int = n_columns) -> Rows:
            values = rows.X.values[:, :n_columns].copy()
            values[:, 1:] = 3.0
            return Rows(Matrix(values, ("first", "constant")[:n_columns]), rows.y)

        _fit_changed(subject, cut)


@check(
    "few-rows",
    hint="Limit counts (neighbours, folds, leaves) by the number of rows.",
)
def _few_rows(subject: LearnerSubject) -> None:
    """Two training rows can be fitted."""
    for kind in subject.kinds:
        train, validation = subject.rows(kind)
        two = np.array([int(np.argmin(train.y)), int(np.argmax(train.y))])
        model = subject.fit(kind, Rows(train.X.take(two), train.y[two]), validation)
        subject.predict(kind, model, validation.X)


@check(
    "one-class",
    hint="Return a constant model if the target has one value, which most libraries "
    "refuse.",
)
def _one_class(subject: LearnerSubject) -> None:
    """A model of training rows with one class or value predicts it."""
    for kind in subject.kinds:
        train, validation = subject.rows(kind)
        constant = np.full_like(train.y, 1)
        model = subject.fit(kind, Rows(train.X, constant), validation)
        prediction = subject.predict(kind, model, validation.X)
        right = (
            np.allclose(prediction, 1.0, rtol=1e-6)
            if kind is TaskKind.REGRESSION
            else bool((prediction.argmax(axis=1) == 1).all())
        )
        if not right:
            raise CheckError(
                f"A {kind} target that is 1 in all rows is predicted as another value."
            )


@check(
    "absent-class",
    hint="Fit the present classes (the estimator's classes_), and give the others a "
    "small probability in their columns.",
)
def _absent_class(subject: LearnerSubject) -> None:
    """Training rows may lack classes of the task and of the validation rows."""
    if TaskKind.MULTICLASS not in subject.kinds:
        raise NotApplicableError("it does not support multiclass tasks")
    for result in fit_absent_classes(subject):
        highest = float(result.prediction[:, 3].max())
        if highest > 0.2:
            raise CheckError(
                "A class that no training row has is predicted with a probability of "
                f"{highest:.3g}."
            )


@check(
    "many-classes",
    hint="Do not limit the number of classes, do not split classes (a class may have "
    "one row), and keep the columns in the order of the codes.",
)
def _many_classes(subject: LearnerSubject) -> None:
    """Ten classes are distinguished, and one of them may have a single row."""
    kind = TaskKind.MULTICLASS
    if kind not in subject.kinds:
        raise NotApplicableError("it does not support multiclass tasks")
    train, validation = subject.rows(kind, 150)
    task = make_task(kind, 180, n_classes=_N_CLASSES)

    def classes(rows: Rows) -> Rows:
        signal = rows.X.values[:, 0]
        cuts = np.linspace(-1.3, 1.3, _N_CLASSES - 2)
        return Rows(rows.X, np.searchsorted(cuts, signal).astype(np.int64))

    train, validation = classes(train), classes(validation)
    train.y[0] = _N_CLASSES - 1
    result = subject.keep("", train, validation, train.X, task=task)
    of_target = result.prediction[np.arange(len(train.y)), train.y]
    chance = 1 / _N_CLASSES
    if not of_target[1:].mean() > 1.5 * chance:
        raise CheckError(
            f"On a task of {_N_CLASSES} classes, the true class of training rows has a "
            f"mean probability of {of_target[1:].mean():.3g}; chance is {chance:.3g}."
        )


@check(
    "categories",
    hint="Use the columns in Matrix.categorical, or their indicators, like numbers.",
    after=("learns",),
)
def _categories(subject: LearnerSubject) -> None:
    """A target that depends on a categorical column only is learnt."""
    for kind in subject.kinds:
        _, validation = _category_rows(subject, kind)
        (result,) = fit_category(subject, kind)
        model_loss = loss(kind, validation.y, result.prediction)
        constant = constant_prediction(kind, validation.y, len(validation.y))
        constant_loss = loss(kind, validation.y, constant)
        if not model_loss < 0.8 * constant_loss:
            raise CheckError(
                f"On a {kind} task whose target depends on a categorical column only, "
                f"its loss is {model_loss:.3g}; a constant prediction has "
                f"{constant_loss:.3g}."
            )


@check(
    "huge-values",
    hint="Clip, rank or squash large values, or declare View(numeric='scaled').",
)
def _huge_values(subject: LearnerSubject) -> None:
    """Values as large as the view allows can be fitted."""
    # The encoder of a scaled view bounds its values.
    largest = 1e300 if subject.learner.view.numeric == "raw" else 50.0

    def enlarged(rows: Rows) -> Rows:
        values = rows.X.values.copy()
        values[::5, 0] = largest
        values[1::5, 0] = -largest
        return Rows(replace(rows.X, values=values), rows.y)

    _fit_changed(subject, enlarged)


def _fit_changed(subject: LearnerSubject, change: Callable[[Rows], Rows]) -> None:
    for kind in subject.kinds:
        train, validation = map(change, subject.rows(kind))
        model = subject.fit(kind, train, validation)
        subject.predict(kind, model, change(subject.rows(kind)[1]).X)


def fit_absent_classes(subject: LearnerSubject) -> Sequence[KeptModel]:
    """Return models of training rows that lack classes of the validation rows."""
    kind, task = TaskKind.MULTICLASS, make_task(TaskKind.MULTICLASS, n_classes=4)

    def fit() -> Sequence[KeptModel]:
        train, validation = subject.rows(kind)
        y_with_all_classes = validation.y.copy()
        y_with_all_classes[:3] = 3
        stop_by = Rows(validation.X, y_with_all_classes)
        # Three of four classes, then two, which an estimator would treat as binary.
        return [
            subject.keep(
                f"of a fold that lacks {4 - len(np.unique(train.y[present]))} classes",
                Rows(train.X.take(present), train.y[present]),
                stop_by,
                validation.X,
                task=task,
            )
            for present in (np.arange(len(train.y)), np.flatnonzero(train.y > 0))
        ]

    return subject.once("absent classes", fit)


def fit_category(subject: LearnerSubject, kind: TaskKind) -> Sequence[KeptModel]:
    """Return a model of rows whose target depends on their category only."""

    def fit() -> Sequence[KeptModel]:
        train, validation = _category_rows(subject, kind)
        task = make_task(kind)
        description = "of categories"
        return (subject.keep(description, train, validation, validation.X, task=task),)

    return subject.once(f"category {kind}", fit)


def _category_rows(subject: LearnerSubject, kind: TaskKind) -> tuple[Rows, Rows]:
    X = make_matrix(subject.learner.view, 90 + N_VALIDATION)
    if subject.learner.view.categorical == "one_hot":
        codes = X.values[:, -N_LEVELS:] @ np.arange(N_LEVELS)
    else:
        codes = np.nan_to_num(X.values[:, -1])
    if kind is TaskKind.REGRESSION:
        y = 10.0 * codes
    else:
        cuts = [1.5] if kind is TaskKind.BINARY else [0.5, 1.5]
        y = np.searchsorted(cuts, codes).astype(np.int64)
    train, validation = np.arange(90), np.arange(90, X.n_rows)
    return Rows(X.take(train), y[train]), Rows(X.take(validation), y[validation])


CHECKS = (
    *(_missing_values, _missing_column, _unseen_category, _categories),
    *(_constant_columns, _few_rows, _one_class, _absent_class, _many_classes),
    _huge_values,
)
