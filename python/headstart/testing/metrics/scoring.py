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
    """The name, the kinds of task, the direction and the needs make sense."""
    try:
        DECLARATIONS["metrics"](subject.thing)
    except PluginError as error:
        raise CheckError(str(error)) from error


@check(
    "number",
    hint="Return one float: float(score), not an array or a tuple.",
    after=("worker-copy",),
)
def _number(subject: MetricSubject) -> None:
    """It gives one finite number for ordinary predictions."""
    for kind in subject.kinds:
        score = subject.score(kind, *make_predictions(kind))
        if not math.isfinite(score):
            raise CheckError(f"The score of a {kind} task is {score}.")


@check(
    "direction",
    hint="Set greater_is_better to what score() returns, or return the negative.",
    after=("number",),
)
def _direction(subject: MetricSubject) -> None:
    """Nearly right predictions score better than mostly wrong ones."""
    for kind in subject.kinds:
        good = subject.score(kind, *make_predictions(kind, noise=0.05))
        bad = subject.score(kind, *make_predictions(kind, noise=3.0))
        better = good > bad if subject.thing.greater_is_better else good < bad
        if not better:
            raise CheckError(
                f"Good predictions of a {kind} task score {good:.4g}, bad ones "
                f"{bad:.4g}, and greater_is_better is "
                f"{subject.thing.greater_is_better}."
            )


@check(
    "deterministic",
    hint="Draw nothing, and keep nothing between calls.",
    after=("number",),
)
def _deterministic(subject: MetricSubject) -> None:
    """The same rows have the same score, for any number of threads."""
    for kind in subject.kinds:
        rows = make_predictions(kind)
        scores = {subject.score(kind, *rows, n_threads=n) for n in (1, 1, 2)}
        if len(scores) > 1:
            raise CheckError(f"The same rows of a {kind} task score {sorted(scores)}.")


@check(
    "row-order",
    hint="Look for a cumulative sum, or a comparison of neighbours.",
    after=("number",),
)
def _row_order(subject: MetricSubject) -> None:
    """The order of the rows does not matter."""
    for kind in subject.kinds:
        y, prediction = make_predictions(kind)
        turned = np.random.default_rng(1).permutation(len(y))
        first = subject.score(kind, y, prediction)
        again = subject.score(kind, y[turned], prediction[turned])
        if not math.isclose(first, again, rel_tol=1e-6, abs_tol=1e-9):
            raise CheckError(
                f"Rows of a {kind} task in another order score {again:.6g} instead of "
                f"{first:.6g}."
            )


@check(
    "weights",
    hint="Pass sample_weight on to what averages, or take no such parameter.",
    after=("number",),
)
def _weights(subject: MetricSubject) -> None:
    """A weight of 2 counts as two equal rows, where it takes weights."""
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
                f"With weights of 1 and 2 a {kind} task scores {weighted:.6g}; with "
                f"rows repeated instead {repeated:.6g}."
            )


@check(
    "few-rows",
    hint="Give a number, or NaN, where there is one row or one class.",
    after=("number",),
)
def _few_rows(subject: MetricSubject) -> None:
    """One row, and rows of one class or one value, raise no error."""
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
    """It does not write to its input, nor need to."""
    for kind in subject.kinds:
        y, prediction = make_predictions(kind)
        kept = y.copy(), prediction.copy()
        subject.score(kind, y, prediction)
        if not (np.array_equal(y, kept[0]) and np.array_equal(prediction, kept[1])):
            raise CheckError(f"It changed the arrays of a {kind} task.")
        for array in kept:
            array.setflags(write=False)
        subject.score(kind, *kept)


@check(
    "side-effects",
    hint="Print nothing; draw from no global generator.",
    after=("number",),
)
def _side_effects(subject: MetricSubject) -> None:
    """It prints nothing and leaves nothing behind."""

    def score() -> None:
        for kind in subject.kinds:
            subject.score(kind, *make_predictions(kind))

    found = side_effects(score)
    if found:
        raise CheckError(f"When it scored {'; '.join(found)}.")


@check(
    "resolves",
    hint="See the message: the metric is tried on toy data before a search.",
    after=("direction",),
)
def _resolves(subject: MetricSubject) -> None:
    """A search takes it: it scores the toy data that every metric is tried on."""
    for kind in subject.kinds:
        with naming(f"The try before a {kind} search"):
            try_metric(subject.metric(kind), kind, 2 if kind is TaskKind.BINARY else 3)


CHECKS = (
    *(_declaration, _number, _direction, _deterministic, _row_order, _weights),
    *(_few_rows, _input_unchanged, _side_effects, _resolves),
)
