"""What weights and validation rows may do to a fit, and what they may not."""

import numpy as np

from headstart.base import FloatArray, Matrix, Rows, TaskKind
from headstart.testing.check import check
from headstart.testing.learners.subject import LearnerSubject
from headstart.testing.outcome import CheckError, NotApplicableError

__all__ = ["CHECKS"]

_N = 40


@check(
    "weights",
    hint="Pass train.weight on as sample_weight, or declare uses_weights = False.",
)
def _weights(subject: LearnerSubject) -> None:
    """Sample weights change the predictions the way they should, where declared."""
    for kind in subject.kinds:
        low, high = (_mean_prediction(subject, kind, weight) for weight in (0.05, 20.0))
        if subject.learner.uses_weights and not high > low + 0.3:
            raise CheckError(
                f"Each row of a {kind} task comes with target 0 and with target 1. "
                f"With 20 times the weight on 1 the mean prediction is {high:.3g}, "
                f"with 20 times the weight on 0 it is {low:.3g}."
            )
    if not subject.learner.uses_weights:
        raise NotApplicableError("it declares uses_weights = False")


@check(
    "validation-leak",
    hint="Stop early by the validation rows, and fit on the training rows alone.",
)
def _validation_leak(subject: LearnerSubject) -> None:
    """Targets of the validation rows are not learnt from."""
    for kind in subject.kinds:
        effect = _effect_of_validation(subject, kind)
        if effect > 0.2:
            raise CheckError(
                f"In a {kind} task a column that tells nothing of the training "
                "targets, and all of the validation targets, moves predictions by "
                f"{effect:.2g} of what it would if they were known."
            )


@check(
    "early-stopping",
    hint="Stop where the loss on the validation rows stops falling, and keep the model "
    "of the best round, not the last.",
)
def _early_stopping(subject: LearnerSubject) -> None:
    """Where validation rows are used, noise in them ends learning by heart early."""
    uses = False
    for kind in subject.kinds:
        train, validation = subject.rows(kind)
        rng = np.random.default_rng(5)
        noise = Rows(train.X, rng.permutation(train.y))
        other = Rows(validation.X, rng.permutation(validation.y))
        spreads = []
        for stop_by in (other, None):
            model = subject.fit(kind, noise, stop_by)
            found = subject.predict(kind, model, noise.X)
            spreads.append(float(np.std(found, axis=0).mean()))
        uses = uses or spreads[0] != spreads[1]
        if spreads[0] > 1.1 * spreads[1] + 1e-9:
            raise CheckError(
                f"On a {kind} target that is noise, predictions of the training rows "
                f"spread by {spreads[0]:.3g} with validation rows to stop by, and by "
                f"{spreads[1]:.3g} without."
            )
    if not uses:
        raise NotApplicableError("it makes no use of validation rows")


def _mean_prediction(
    subject: LearnerSubject, kind: TaskKind, weight_of_high: float
) -> float:
    train, validation = subject.rows(kind)
    n_rows = train.X.n_rows
    # Each row comes twice, with a low and a high target: only the weights tell.
    twice = train.X.take(np.tile(np.arange(n_rows), 2))
    y = np.repeat(np.array([0, 1]), n_rows)
    if kind is TaskKind.REGRESSION:
        y = y + 0.01 * np.random.default_rng(0).normal(size=2 * n_rows)
    if kind is TaskKind.MULTICLASS:
        y[:3] = 2  # a fold that lacks a class is for another check
    weight = np.where(y > 0.5, weight_of_high, 1.0)
    # Validation rows weigh alike, or they would stop a model at its start.
    judged = Rows(validation.X, y[:: 2 * n_rows // validation.X.n_rows], weight[::6])
    model = subject.fit(kind, Rows(twice, y, weight), judged)
    found = subject.predict(kind, model, validation.X)
    return float((found if found.ndim == 1 else found[:, 1]).mean())


def _effect_of_validation(subject: LearnerSubject, kind: TaskKind) -> float:
    """Return how much of the validation rows' own signal a model has learnt.

    The second column comes with both signs for each training row, so that it says
    nothing there; in the validation rows it is all that the target depends on.
    """
    rng = np.random.default_rng(3)
    half = rng.normal(size=_N)
    signs = np.repeat([1.0, -1.0], _N)
    train = Rows(_two_columns(np.tile(half, 2), signs), _target(kind, np.tile(half, 2)))
    validation = Rows(
        _two_columns(rng.normal(size=2 * _N), signs), _target(kind, signs)
    )
    model = subject.fit(kind, train, validation)
    found = [
        _leaning(kind, subject.predict(kind, model, _two_columns(half, sign)))
        for sign in (np.full(_N, 1.0), np.full(_N, -1.0))
    ]
    whole = 2.0 * 10.0 if kind is TaskKind.REGRESSION else 1.0
    return (found[0] - found[1]) / whole


def _two_columns(first: FloatArray, second: FloatArray) -> Matrix:
    return Matrix(np.column_stack([first, second]), ("a", "b"))


def _target(kind: TaskKind, signal: FloatArray) -> FloatArray:
    if kind is TaskKind.REGRESSION:
        return 10.0 * signal
    cuts = [0.0] if kind is TaskKind.BINARY else [-0.5, 0.5]
    return np.searchsorted(cuts, signal)  # type: ignore[return-value]


def _leaning(kind: TaskKind, found: FloatArray) -> float:
    return float((found if kind is TaskKind.REGRESSION else found[:, -1]).mean())


CHECKS = (_weights, _validation_leak, _early_stopping)
