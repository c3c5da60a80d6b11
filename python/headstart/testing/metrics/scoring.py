"""Checks that a metric is a deterministic number in the right direction."""

import math

import numpy as np

from headstart.base import TaskKind
from headstart.exceptions import PluginError
from headstart.metrics.custom import try_metric
from headstart.plugins.declarations import CHECKS as DECLARATIONS
from headstart.testing.check import check
from headstart.testing.metrics.subject import MetricSubject, make_predictions
from headstart.testing.naming import naming
from headstart.testing.outcome import CheckError, NotApplicableError
from headstart.testing.side_effects import side_effects

__all__ = ["CHECKS"]


@check(
    "declaration",
    hint="See headstart.sdk.MetricRecord for what each field may be.",
    after=(),
    place="here",
)
def _declaration(subject: MetricSubject) -> None:
    """The name, the kinds of task, the direction and the needs are valid."""
    try:
        DECLARATIONS["metrics"](subject.tested)
    except PluginError as error:
        raise CheckError(str(error)) from error


@check(
    "number",
    hint="Return a float, not an array or a tuple.",
    after=("worker-copy",),
)
def _number(subject: MetricSubject) -> None:
    """It returns a finite number for ordinary predictions."""
    for kind in subject.kinds:
        score = subject.score(kind, *make_predictions(kind))
        if not math.isfinite(score):
            raise CheckError(f"The score of a {kind} task is {score}.")


@check(
    "direction",
    hint="Set greater_is_better to the direction of score(), or return the negative.",
    after=("number",),
)
def _direction(subject: MetricSubject) -> None:
    """Nearly correct predictions score better than mostly wrong ones."""
    for kind in subject.kinds:
        good = subject.score(kind, *make_predictions(kind, noise=0.05))
        bad = subject.score(kind, *make_predictions(kind, noise=3.0))
        better = good > bad if subject.tested.greater_is_better else good < bad
        if not better:
            raise CheckError(
                f"Good predictions of a {kind} task score {good:.4g}, bad predictions "
                f"{bad:.4g}, but greater_is_better is "
                f"{subject.tested.greater_is_better}."
            )


@check(
    "deterministic",
    hint="Use no random numbers, and keep no state between calls.",
    after=("number",),
)
def _deterministic(subject: MetricSubject) -> None:
    """The same rows have the same score for any number of threads."""
    for kind in subject.kinds:
        rows = make_predictions(kind)
        scores = {subject.score(kind, *rows, n_threads=n) for n in (1, 1, 2)}
        if len(scores) > 1:
            raise CheckError(f"The same rows of a {kind} task score {sorted(scores)}.")


@check(
    "row-order",
    hint="Check for cumulative sums and comparisons of neighbouring rows.",
    after=("number",),
)
def _row_order(subject: MetricSubject) -> None:
    """The order of the rows does not affect the score."""
    for kind in subject.kinds:
        y, prediction = make_predictions(kind)
        order = np.random.default_rng(1).permutation(len(y))
        first = subject.score(kind, y, prediction)
        permuted = subject.score(kind, y[order], prediction[order])
        if not math.isclose(first, permuted, rel_tol=1e-6, abs_tol=1e-9):
            raise CheckError(
                f"Rows of a {kind} task in another order score {permuted:.6g} instead "
                f"of {first:.6g}."
            )


@check(
    "weights",
    hint="Use sample_weight in every average, or remove the parameter.",
    after=("number",),
)
def _weights(subject: MetricSubject) -> None:
    """If it takes weights, a weight of 2 counts as two equal rows."""
    for kind in subject.kinds:
        if not getattr(subject.metric(kind), "weighted", True):
            raise NotApplicableError("it has no parameter sample_weight")
        y, prediction = make_predictions(kind)
        weight = 1.0 + (np.arange(len(y)) % 4 == 0)
        rows = np.repeat(np.arange(len(y)), weight.astype(np.int64))
        weighted = subject.score(kind, y, prediction, weight)
        repeated = subject.score(kind, y[rows], prediction[rows])
        if not math.isclose(weighted, repeated, rel_tol=1e-6, abs_tol=1e-9):
            raise CheckError(
                f"With weights of 1 and 2, a {kind} task scores {weighted:.6g}; with "
                f"repeated rows, {repeated:.6g}."
            )


@check(
    "few-rows",
    hint="Return a number or NaN for one row or one class.",
    after=("number",),
)
def _few_rows(subject: MetricSubject) -> None:
    """One row, or rows of one class or value, raise no error."""
    for kind in subject.kinds:
        y, prediction = make_predictions(kind)
        one_value = np.full_like(y, y[0])
        for rows in (slice(0, 1), slice(None)):
            subject.score(kind, one_value[rows], prediction[rows])


@check(
    "input-unchanged",
    hint="Copy before sorting or scaling in place.",
    after=("number",),
)
def _input_unchanged(subject: MetricSubject) -> None:
    """It does not write to its input."""
    for kind in subject.kinds:
        y, prediction = make_predictions(kind)
        copies = y.copy(), prediction.copy()
        subject.score(kind, y, prediction)
        if not (np.array_equal(y, copies[0]) and np.array_equal(prediction, copies[1])):
            raise CheckError(f"It changed the arrays of a {kind} task.")
        for array in copies:
            array.setflags(write=False)
        subject.score(kind, *copies)


@check(
    "side-effects",
    hint="Print nothing, and use no global random generator.",
    after=("number",),
)
def _side_effects(subject: MetricSubject) -> None:
    """It prints nothing and has no side effects."""

    def score() -> None:
        for kind in subject.kinds:
            subject.score(kind, *make_predictions(kind))

    effects = side_effects(score)
    if effects:
        raise CheckError(f"During scoring, {'; '.join(effects)}.")


@check(
    "resolves",
    hint="See the message. A search evaluates each metric on toy data first.",
    after=("direction",),
)
def _resolves(subject: MetricSubject) -> None:
    """It passes the test on toy data before a search."""
    for kind in subject.kinds:
        with naming(f"The test before a {kind} search"):
            try_metric(subject.metric(kind), kind, 2 if kind is TaskKind.BINARY else 3)


CHECKS = (
    *(_declaration, _number, _direction, _deterministic, _row_order, _weights),
    *(_few_rows, _input_unchanged, _side_effects, _resolves),
)
