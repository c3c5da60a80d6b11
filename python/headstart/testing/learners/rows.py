"""Checks with irregular rows as in real tables."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from headstart.base import Matrix, Rows, TaskKind
from headstart.testing.check import check
from headstart.testing.data import N_LEVELS, N_VALIDATION, make_matrix, make_task
from headstart.testing.learners.fitting import constant_prediction, loss
from headstart.testing.learners.subject import Kept, LearnerSubject
from headstart.testing.outcome import CheckError, NotApplicableError

__all__ = ["CHECKS", "fit_absent_classes", "fit_category"]

_N_CLASSES = 10


@check(
    "missing-values",
    hint="Handle NaN, or declare View(missing='imputed').",
)
def _missing_values(subject: LearnerSubject) -> None:
    """Missing values that training did not have are predicted."""
    if subject.learner.view.missing != "native":
        raise NotApplicableError("its view has no missing values")
    for kind in subject.kinds:
        train, validation = subject.rows(kind)
        whole = np.flatnonzero(~np.isnan(train.X.values).any(axis=1))
        model = subject.fit(kind, Rows(train.X.take(whole), train.y[whole]), None)
        empty = np.full_like(validation.X.values, np.nan)
        subject.predict(kind, model, replace(validation.X, values=empty))


@check(
    "missing-column",
    hint="Handle a column of NaN alone, or declare View(missing='imputed').",
)
def _missing_column(subject: LearnerSubject) -> None:
    """A column of the training rows may be missing altogether."""
    if subject.learner.view.missing != "native":
        raise NotApplicableError("its view has no missing values")

    def cleared(rows: Rows) -> Rows:
        values = rows.X.values.copy()
        values[:, [1, 3]] = np.nan
        return Rows(replace(rows.X, values=values), rows.y)

    _fit_changed(subject, cleared)


@check(
    "unseen-category",
    hint="Codes run to Matrix.n_levels - 1, whether or not training has them all; "
    "treat one it has not as missing.",
)
def _unseen_category(subject: LearnerSubject) -> None:
    """A category that the training rows lack is predicted."""
    for kind in subject.kinds:
        train, validation = subject.rows(kind)
        column = -1  # the last code, or its indicator
        last = 3.0 if subject.learner.view.categorical != "one_hot" else 1.0
        seen = np.flatnonzero(train.X.values[:, column] != last)
        model = subject.fit(kind, Rows(train.X.take(seen), train.y[seen]), validation)
        values = validation.X.values.copy()
        values[:, column] = last
        if last == 1.0:
            values[:, -4:-1] = 0.0
        subject.predict(kind, model, replace(validation.X, values=values))


@check(
    "constant-columns",
    hint="Look for a division by a spread of 0, and for libraries that drop columns.",
)
def _constant_columns(subject: LearnerSubject) -> None:
    """No column, one column, or a constant one beside it are enough."""
    for n_columns in (0, 1, 2):

        def cut(rows: Rows, n_columns: int = n_columns) -> Rows:
            values = rows.X.values[:, :n_columns].copy()
            values[:, 1:] = 3.0
            return Rows(Matrix(values, ("first", "constant")[:n_columns]), rows.y)

        _fit_changed(subject, cut)


@check(
    "few-rows",
    hint="Bound counts (neighbours, folds, leaves) by the rows there are.",
)
def _few_rows(subject: LearnerSubject) -> None:
    """Two training rows are enough."""
    for kind in subject.kinds:
        train, validation = subject.rows(kind)
        two = np.array([int(np.argmin(train.y)), int(np.argmax(train.y))])
        model = subject.fit(kind, Rows(train.X.take(two), train.y[two]), validation)
        subject.predict(kind, model, validation.X)


@check(
    "one-class",
    hint="Return a constant model where the target has one value; most libraries "
    "refuse to fit it.",
)
def _one_class(subject: LearnerSubject) -> None:
    """A fold of one class, or one value, is predicted as such."""
    for kind in subject.kinds:
        train, validation = subject.rows(kind)
        constant = np.full_like(train.y, 1)
        model = subject.fit(kind, Rows(train.X, constant), validation)
        found = subject.predict(kind, model, validation.X)
        right = (
            np.allclose(found, 1.0, rtol=1e-6)
            if kind is TaskKind.REGRESSION
            else bool((found.argmax(axis=1) == 1).all())
        )
        if not right:
            raise CheckError(
                f"A {kind} target that is 1 in all rows is predicted as something else."
            )


@check(
    "absent-class",
    hint="Fit on the classes there are, and give the others a small probability in "
    "their own columns; the estimator's classes_ say which it has.",
)
def _absent_class(subject: LearnerSubject) -> None:
    """A fold may lack classes that the task has, also ones it is stopped by."""
    if TaskKind.MULTICLASS not in subject.kinds:
        raise NotApplicableError("it is not made for multiclass tasks")
    for kept in fit_absent_classes(subject):
        highest = float(kept.prediction[:, 3].max())
        if highest > 0.2:
            raise CheckError(
                "A class that no training row has is given a probability of "
                f"{highest:.3g}."
            )


@check(
    "many-classes",
    hint="Bound nothing by a number of classes, split no class into parts (a class may "
    "have one row), and keep the columns in the order of the codes.",
)
def _many_classes(subject: LearnerSubject) -> None:
    """Ten classes are told apart, one of which has a single row."""
    kind = TaskKind.MULTICLASS
    if kind not in subject.kinds:
        raise NotApplicableError("it is not made for multiclass tasks")
    train, validation = subject.rows(kind, 150)
    task = make_task(kind, 180, n_classes=_N_CLASSES)

    def classes(rows: Rows) -> Rows:
        signal = rows.X.values[:, 0]
        cuts = np.linspace(-1.3, 1.3, _N_CLASSES - 2)
        return Rows(rows.X, np.searchsorted(cuts, signal).astype(np.int64))

    train, validation = classes(train), classes(validation)
    train.y[0] = _N_CLASSES - 1
    kept = subject.keep("", train, validation, train.X, task=task)
    picked = kept.prediction[np.arange(len(train.y)), train.y]
    chance = 1 / _N_CLASSES
    if not picked[1:].mean() > 1.5 * chance:
        raise CheckError(
            f"On a task of {_N_CLASSES} classes the right class of training rows has a "
            f"mean probability of {picked[1:].mean():.3g}; chance is {chance:.3g}."
        )


@check(
    "categories",
    hint="Learn from the columns that Matrix.categorical names, or from their "
    "indicators, as from numbers.",
    after=("learns",),
)
def _categories(subject: LearnerSubject) -> None:
    """A target that a categorical column alone tells is learnt."""
    for kind in subject.kinds:
        _, validation = _category_rows(subject, kind)
        (kept,) = fit_category(subject, kind)
        reached = loss(kind, validation.y, kept.prediction)
        constant = constant_prediction(kind, validation.y, len(validation.y))
        ignorant = loss(kind, validation.y, constant)
        if not reached < 0.8 * ignorant:
            raise CheckError(
                f"On a {kind} task whose target depends on a categorical column alone "
                f"it reached a loss of {reached:.3g}; a constant prediction has "
                f"{ignorant:.3g}."
            )


@check(
    "huge-values",
    hint="Clip, rank or squash what overflows, or declare View(numeric='scaled').",
)
def _huge_values(subject: LearnerSubject) -> None:
    """Values as large as the view allows are survived."""
    # A scaled view is bounded by its encoder.
    largest = 1e300 if subject.learner.view.numeric == "raw" else 50.0

    def swollen(rows: Rows) -> Rows:
        values = rows.X.values.copy()
        values[::5, 0] = largest
        values[1::5, 0] = -largest
        return Rows(replace(rows.X, values=values), rows.y)

    _fit_changed(subject, swollen)


def _fit_changed(subject: LearnerSubject, change: Callable[[Rows], Rows]) -> None:
    for kind in subject.kinds:
        train, validation = map(change, subject.rows(kind))
        model = subject.fit(kind, train, validation)
        subject.predict(kind, model, change(subject.rows(kind)[1]).X)


def fit_absent_classes(subject: LearnerSubject) -> Sequence[Kept]:
    """Return models of folds that lack classes which their validation rows have."""
    kind, task = TaskKind.MULTICLASS, make_task(TaskKind.MULTICLASS, n_classes=4)

    def fit() -> Sequence[Kept]:
        train, validation = subject.rows(kind)
        other = validation.y.copy()
        other[:3] = 3
        stop_by = Rows(validation.X, other)
        # Three classes of four; then two, which the estimator inside takes for binary.
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


def fit_category(subject: LearnerSubject, kind: TaskKind) -> Sequence[Kept]:
    """Return a model of rows whose target depends on their category alone."""

    def fit() -> Sequence[Kept]:
        train, validation = _category_rows(subject, kind)
        task = make_task(kind)
        what = "of categories"
        return (subject.keep(what, train, validation, validation.X, task=task),)

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
    train, held = np.arange(90), np.arange(90, X.n_rows)
    return Rows(X.take(train), y[train]), Rows(X.take(held), y[held])


CHECKS = (
    *(_missing_values, _missing_column, _unseen_category, _categories),
    *(_constant_columns, _few_rows, _one_class, _absent_class, _many_classes),
    _huge_values,
)
