"""Checks that a transform fits ordinary tables, and treats new rows equally."""

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
    """It fits an ordinary table, and returns equally many rows of numbers or levels."""
    for kind in subject.kinds:
        subject.fitted(kind)


@check(
    "output-form",
    hint="Return a polars DataFrame with the columns, types and levels of the training "
    "rows, with finite numbers, and null for missing values.",
    after=("fits",),
)
def _output_form(subject: TransformSubject) -> None:
    """New rows have the columns, types and levels of the training rows."""
    for kind in subject.kinds:
        subject.apply(kind, subject.fitted(kind), subject.held_out())


@check(
    "deterministic",
    hint="Use random numbers from resources.seed only.",
)
def _deterministic(subject: TransformSubject) -> None:
    """One seed gives bitwise the same result."""
    for kind in subject.kinds:
        np.random.seed(None)  # noqa: NPY002 - libraries use the legacy generator
        random.seed(None)
        first, second = subject.fitted(kind), subject.fit(kind, subject.train())
        rows = subject.held_out()
        if not first.made.equals(second.made) or not subject.apply(
            kind, first, rows
        ).equals(subject.apply(kind, second, rows)):
            raise CheckError(f"Two fits of a {kind} task with one seed differ.")


@check(
    "every-point-fits",
    hint="Narrow the space, or limit the parameter by the number of rows and columns.",
)
def _every_point_fits(subject: TransformSubject) -> None:
    """Both ends of the space and random points fit."""
    for kind in subject.kinds:
        space = subject.transform.search_space(make_task(kind))
        rng = random.Random(0)
        random_points = [draw(space, rng) for _ in range(_N_DRAWN)]
        for point in (end(space, 0), end(space, -1), *random_points):
            active = {k: v for k, v in point.items() if space.is_active(k, point)}
            try:
                fitted = subject.fit(kind, subject.train(), parameters=active)
                subject.apply(kind, fitted, subject.held_out())
            except CheckError as error:
                raise CheckError(f"With {active}: {error}") from error.__cause__


@check(
    "batches",
    hint="Compute all statistics in fit(): transform() must not centre, rank or count "
    "its rows.",
)
def _batches(subject: TransformSubject) -> None:
    """Results for a batch, and for a single row, equal those among all rows."""
    for kind in subject.kinds:
        fitted, rows = subject.fitted(kind), subject.held_out()
        all_rows = subject.apply(kind, fitted, rows)
        for part in (slice(3, 11), slice(0, 1), slice(5, 6)):
            batch = subject.apply(kind, fitted, rows[part])
            if differ(batch, all_rows[part]):
                raise CheckError(
                    f"{batch.height} rows are transformed differently than among "
                    f"{rows.height}."
                )


@check(
    "no-rows",
    hint="If X has no rows, return a table with the usual columns and no rows.",
)
def _no_rows(subject: TransformSubject) -> None:
    """No rows give a table without rows, and no error."""
    for kind in subject.kinds:
        subject.apply(kind, subject.fitted(kind), subject.held_out()[:0])


@check(
    "training-rows",
    hint="A transform that does not read the target must return the same from "
    "fit_transform() and transform().",
)
def _training_rows(subject: TransformSubject) -> None:
    """If it does not read the target, training rows are treated like new rows."""
    if subject.transform.reads_target:
        raise NotApplicableError("it reads the target, and uses inner folds")
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        transformed = subject.apply(kind, fitted, subject.train())
        if differ(fitted.made, transformed):
            raise CheckError(
                "The results of fit_transform() and transform() differ for the "
                "training rows."
            )


@check(
    "target-leak",
    hint="Compute the features of each row from the other inner folds, as "
    "Transform.fit_transform does.",
)
def _target_leak(subject: TransformSubject) -> None:
    """The features of a training row do not depend on its own target."""
    if not subject.transform.reads_target:
        raise NotApplicableError("it does not read the target")
    for kind in subject.kinds:
        table = subject.train()
        y = make_target(kind, table)
        changed_y = y.copy()
        # The target of one row changes. Its features must stay the same.
        changed_y[0] = y.max() if y[0] < y.max() else y.min()
        first = subject.fit(kind, table, y=y).made[:1]
        second = subject.fit(kind, table, y=changed_y).made[:1]
        # The set of columns may depend on all targets.
        shared = [name for name in first.columns if name in second.columns]
        if differ(first.select(shared), second.select(shared)):
            raise CheckError(
                f"In a {kind} task, a training row's features depend on its own target."
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
