"""Checks that a prediction depends only on its row."""

import numpy as np

from headstart.base import Matrix, Rows, TaskKind
from headstart.testing.check import check
from headstart.testing.data import make_task
from headstart.testing.learners.subject import LearnerSubject
from headstart.testing.outcome import CheckError, NotApplicableError

__all__ = ["CHECKS"]


@check(
    "batches",
    hint="Compute all statistics in fit(): predict() must not centre, rank or count "
    "its rows.",
)
def _batches(subject: LearnerSubject) -> None:
    """Predictions of a batch, and of a single row, equal those among all rows."""
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        X = fitted.validation.X
        all_rows = subject.predict(kind, fitted.model, X)
        for rows in (np.arange(7, 19), np.array([0]), np.array([1])):
            batch = subject.predict(kind, fitted.model, X.take(rows))
            if not np.allclose(batch, all_rows[rows], rtol=1e-5, atol=1e-7):
                worst = float(np.abs(batch - all_rows[rows]).max())
                raise CheckError(
                    f"{len(rows)} rows of a {kind} task are predicted differently "
                    f"than among {X.n_rows}: by up to {worst:.3g}."
                )


@check(
    "no-rows",
    hint="If X.n_rows is 0, return an empty array without calling the library.",
)
def _no_rows(subject: LearnerSubject) -> None:
    """No rows give no predictions, and no error."""
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        none = fitted.validation.X.take(np.array([], dtype=np.int64))
        subject.predict(kind, fitted.model, none)


@check(
    "column-count",
    hint="Compare X.n_features with the number of columns in fit(), and raise an "
    "error.",
)
def _column_count(subject: LearnerSubject) -> None:
    """A matrix that lacks a column is an error."""
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        X = fitted.validation.X
        fewer = Matrix(np.ascontiguousarray(X.values[:, 1:]), X.names[1:])
        try:
            subject.learner.predict(fitted.model, fewer, make_task(kind))
        except Exception:
            continue
        raise CheckError(
            f"A model of {X.n_features} columns predicted a {kind} task from "
            f"{fewer.n_features} columns."
        )


@check(
    "target-unit",
    hint="Centre and scale the target in fit(), and undo it in predict().",
)
def _target_unit(subject: LearnerSubject) -> None:
    """A regression does not depend on the unit of its target."""
    kind = TaskKind.REGRESSION
    if kind not in subject.kinds:
        raise NotApplicableError("it does not support regression")
    fitted = subject.fitted(kind)
    X = fitted.validation.X
    plain = subject.predict(kind, fitted.model, X)
    for unit in (1e-9, 1e9):
        train, validation = subject.rows(kind)
        model = subject.fit(
            kind,
            Rows(train.X, np.asarray(train.y * unit, dtype=np.float64)),
            Rows(validation.X, np.asarray(validation.y * unit, dtype=np.float64)),
        )
        rescaled = subject.predict(kind, model, X) / unit
        if not np.allclose(rescaled, plain, rtol=0.1, atol=0.02 * float(np.std(plain))):
            raise CheckError(
                f"With targets multiplied by {unit:g}, rescaled predictions differ by "
                f"up to {float(np.abs(rescaled - plain).max()):.3g}, with a spread of "
                f"{float(np.std(plain)):.3g}."
            )


CHECKS = (_batches, _no_rows, _column_count, _target_unit)
