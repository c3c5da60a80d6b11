"""Checks that a transform fits ordinary tables and treats new rows equally."""

import random
from typing import TYPE_CHECKING

import numpy as np

from headstart.testing.check import check
from headstart.testing.data import make_task
from headstart.testing.drawing import draw, end
from headstart.testing.outcome import CheckError, NotApplicableError
from headstart.testing.transforms.subject import TransformSubject, make_target

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CHECKS", "differ"]

_N_DRAWN = 2


@check(
    "fits",
    hint="Run fit_transform() yourself on the columns that columns() returns.",
    after=("scope",),
)
def _fits(subject: TransformSubject) -> None:
    """It fits an ordinary table and returns as many rows, of numbers or levels."""
    for kind in subject.kinds:
        subject.fitted(kind)


@check(
    "output-form",
    hint="Return a polars DataFrame with the columns, types and levels of training; "
    "finite numbers, null where missing.",
    after=("fits",),
)
def _output_form(subject: TransformSubject) -> None:
    """New rows have the columns, types and levels of the training rows."""
    for kind in subject.kinds:
        subject.apply(kind, subject.fitted(kind), subject.held_out())


@check(
    "deterministic",
    hint="Draw from resources.seed only.",
)
def _deterministic(subject: TransformSubject) -> None:
    """One seed gives one result, to the last bit."""
    for kind in subject.kinds:
        np.random.seed(None)  # noqa: NPY002 - the legacy generator is the point
        random.seed(None)
        first, again = subject.fitted(kind), subject.fit(kind, subject.train())
        rows = subject.held_out()
        if not first.made.equals(again.made) or not subject.apply(
            kind, first, rows
        ).equals(subject.apply(kind, again, rows)):
            raise CheckError(f"Two fits of a {kind} task with one seed differ.")


@check(
    "every-point-fits",
    hint="Narrow the space, or bound the parameter by the rows and columns there are.",
)
def _every_point_fits(subject: TransformSubject) -> None:
    """Both ends of the space and points drawn from it fit."""
    for kind in subject.kinds:
        space = subject.transform.search_space(make_task(kind))
        rng = random.Random(0)
        drawn = [draw(space, rng) for _ in range(_N_DRAWN)]
        for point in (end(space, 0), end(space, -1), *drawn):
            active = {k: v for k, v in point.items() if space.is_active(k, point)}
            try:
                fitted = subject.fit(kind, subject.train(), parameters=active)
                subject.apply(kind, fitted, subject.held_out())
            except CheckError as error:
                raise CheckError(f"With {active}: {error}") from error.__cause__


@check(
    "batches",
    hint="Learn all statistics in fit(): transform() must not centre, rank or count "
    "the rows it is given.",
)
def _batches(subject: TransformSubject) -> None:
    """Rows are transformed alike in batches, alone, and among others."""
    for kind in subject.kinds:
        fitted, rows = subject.fitted(kind), subject.held_out()
        whole = subject.apply(kind, fitted, rows)
        for part in (slice(3, 11), slice(0, 1), slice(5, 6)):
            found = subject.apply(kind, fitted, rows[part])
            if differ(found, whole[part]):
                raise CheckError(
                    f"{found.height} rows are transformed differently than among "
                    f"{rows.height}."
                )


@check(
    "no-rows",
    hint="Return the columns of training, empty, where X has no rows.",
)
def _no_rows(subject: TransformSubject) -> None:
    """No rows give a table without rows, and no error."""
    for kind in subject.kinds:
        subject.apply(kind, subject.fitted(kind), subject.held_out()[:0])


@check(
    "training-rows",
    hint="Where it does not read the target, fit_transform() must return what "
    "transform() returns for the same rows.",
)
def _training_rows(subject: TransformSubject) -> None:
    """Training rows are transformed as new rows would be, where no target is read."""
    if subject.transform.reads_target:
        raise NotApplicableError("it reads the target: inner folds make its features")
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        again = subject.apply(kind, fitted, subject.train())
        if differ(fitted.made, again):
            raise CheckError(
                "What fit_transform() made of the training rows differs from what "
                "transform() makes of them."
            )


@check(
    "target-leak",
    hint="Make the features of each row from the other inner folds, as "
    "Transform.fit_transform does.",
)
def _target_leak(subject: TransformSubject) -> None:
    """No training row's own target is in its features."""
    if not subject.transform.reads_target:
        raise NotApplicableError("it does not read the target")
    for kind in subject.kinds:
        table = subject.train()
        y = make_target(kind, table)
        other = y.copy()
        # One row of another target: its own features must stay.
        other[0] = y.max() if y[0] < y.max() else y.min()
        first = subject.fit(kind, table, y=y).made[:1]
        again = subject.fit(kind, table, y=other).made[:1]
        # Which columns are made may depend on every training row's target.
        shared = [name for name in first.columns if name in again.columns]
        if differ(first.select(shared), again.select(shared)):
            raise CheckError(
                f"In a {kind} task a training row's features change with its own "
                "target."
            )


def differ(first: "pl.DataFrame", second: "pl.DataFrame") -> bool:
    """Return whether two tables differ by more than rounding."""
    from polars.testing import assert_frame_equal

    try:
        assert_frame_equal(first, second, rel_tol=1e-6, abs_tol=1e-9)
    except AssertionError:
        return True
    return False


CHECKS = (
    *(_fits, _output_form, _deterministic, _every_point_fits),
    *(_batches, _no_rows, _training_rows, _target_leak),
)
