"""Checks of the effects of weights and validation rows on a fit."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from headstart.base import FloatArray, Matrix, Rows, Task, TaskKind
from headstart.testing.check import check
from headstart.testing.data import LOSS_METRICS, make_task
from headstart.testing.learners.fitting import constant_prediction, loss
from headstart.testing.learners.subject import KeptModel, LearnerSubject
from headstart.testing.outcome import CheckError, NotApplicableError

__all__ = ["CHECKS"]

_N = 40
# Square roots of the weights would give 0.25 and 0.75, rounded weights 0 and 1.
_TOLERANCE = 0.08
_SECONDS_LONG = 3.0
# Multiple of the loss of a constant: the first round on noise may be slightly worse.
_MOST_ABOVE_CONSTANT = 1.05
_FAR = 40.0
# Share of the spread of predictions.
_LARGEST_CHANGE = 0.02


@check(
    "weights",
    hint="Pass rows.weight on as sample_weight, or declare uses_weights = False.",
)
def _weights(subject: LearnerSubject) -> None:
    """If declared, sample weights change the predictions in the right direction."""
    for kind in subject.kinds:
        low, high = _mean_predictions(subject, kind)
        if subject.learner.uses_weights and not high > low + 0.3:
            raise CheckError(
                f"Each row of a {kind} task occurs with target 0 and with target 1. "
                f"With 9 times the weight on 1, the mean prediction is {high:.3g}; "
                f"with 9 times the weight on 0, it is {low:.3g}."
            )
    if not subject.learner.uses_weights:
        raise NotApplicableError("it declares uses_weights = False")


@check(
    "weights-in-proportion",
    hint="Pass rows.weight on unchanged: do not round, transform or clip it.",
    after=("weights",),
)
def _weights_in_proportion(subject: LearnerSubject) -> None:
    """A row of weight 3.6 counts as nine rows of weight 0.4."""
    for kind in subject.kinds:
        low, high = _mean_predictions(subject, kind)
        if not (_near(low, 0.1) and _near(high, 0.9)):
            raise CheckError(
                f"Each row of a {kind} task occurs with target 0 and with target 1. "
                f"With weights of 0.4 and 3.6, mean predictions must be near 0.1 and "
                f"0.9. Got {low:.3g} and {high:.3g} instead."
            )


@check(
    "validation-leak",
    hint="Use the validation rows for early stopping only.",
)
def _validation_leak(subject: LearnerSubject) -> None:
    """The model does not learn from targets of the validation rows."""
    for kind in subject.kinds:
        effect = _effect_of_validation(subject, kind)
        if effect > 0.2:
            raise CheckError(
                f"In a {kind} task, a column that determines the validation targets "
                f"only changes predictions by {effect:.2g} of its effect on these "
                "targets."
            )


@check(
    "early-stopping",
    hint="Stop when the loss on the validation rows stops falling, and keep the model "
    "of the best round, not of the last.",
)
def _early_stopping(subject: LearnerSubject) -> None:
    """If validation rows are used, early stopping limits overfitting of noise."""
    uses = False
    for kind in subject.kinds:
        stopped, unstopped = _fit_noise(subject, make_task(kind))
        spreads = [_spread(stopped), _spread(unstopped)]
        uses = uses or spreads[0] != spreads[1]
        if spreads[0] > 1.1 * spreads[1] + 1e-9:
            raise CheckError(
                f"On a {kind} target that is noise, predictions of the training rows "
                f"have a spread of {spreads[0]:.3g} with validation rows, and of "
                f"{spreads[1]:.3g} without."
            )
    if not uses:
        raise NotApplicableError("it does not use validation rows")


@check(
    "best-round",
    hint="Return the model of the round with the lowest loss on the validation rows, "
    "without the later rounds.",
    after=("deterministic", "early-stopping"),
)
def _best_round(subject: LearnerSubject) -> None:
    """The model excludes the rounds after the best one."""
    for kind in subject.kinds:
        if not _uses_validation(subject, kind):
            continue
        task = make_task(kind).with_metric(LOSS_METRICS[kind])
        stopped, _ = _fit_noise(subject, task)
        train, validation = _noise(subject, kind)
        X = validation.X
        model_loss = loss(kind, validation.y, subject.predict(kind, stopped.model, X))
        constant = constant_prediction(kind, train.y, X.n_rows)
        constant_loss = loss(kind, validation.y, constant)
        if model_loss > _MOST_ABOVE_CONSTANT * constant_loss:
            raise CheckError(
                f"On a {kind} target that is noise, the early-stopped model has a loss "
                f"of {model_loss:.3g} on its validation rows; a constant prediction, "
                f"which is the model without rounds, has {constant_loss:.3g}."
            )


@check(
    "validation-weights",
    hint="Pass validation.weight on to the evaluation for early stopping.",
    after=("deterministic", "weights", "early-stopping"),
)
def _validation_weights(subject: LearnerSubject) -> None:
    """Weights of the validation rows affect early stopping."""
    for kind in subject.kinds:
        if not _uses_validation(subject, kind):
            continue
        light, heavy = (
            _spread(_fit_opposed(subject, kind, heavy=heavy)) for heavy in (False, True)
        )
        if not heavy > 1.1 * light:
            raise CheckError(
                f"Half of the validation rows of a {kind} task agree with the training "
                "rows, half have the opposite target. With 100 times the weight on the "
                f"first half, predictions have a spread of {heavy:.3g}; with 100 times "
                f"the weight on the second half, of {light:.3g}."
            )


@check(
    "validation-columns",
    hint="Compute means, scales, imputed values, ranks and categories from rows.X "
    "only, and only predict validation.X.",
    after=("learns", "deterministic"),
)
def _validation_columns(subject: LearnerSubject) -> None:
    """The model does not learn from columns of the validation rows."""
    kind = subject.kinds[0]
    train, validation = subject.rows(kind)
    n_rows = validation.X.n_rows
    train = Rows(train.X, train.y, np.ones(len(train.y)))
    repeated = np.tile(np.arange(n_rows), 2)
    values = validation.X.values[repeated]
    values[n_rows:, :3] = _FAR * (1.0 + values[n_rows:, :3])
    # Rows with a weight near 0 do not affect early stopping.
    weight = np.repeat([1.0, 1e-9], n_rows)
    far = Rows(
        replace(validation.X.take(repeated), values=values),
        validation.y[repeated],
        weight,
    )
    plain = Rows(validation.X, validation.y, np.ones(n_rows))
    expected, changed = (
        subject.predict(kind, subject.fit(kind, train, stop_by), validation.X)
        for stop_by in (plain, far)
    )
    spread = float(np.std(expected, axis=0).mean())
    change = float(np.abs(changed - expected).mean()) / spread
    if change > _LARGEST_CHANGE:
        raise CheckError(
            "Validation rows with extreme values and weights near 0 change the "
            f"predictions of a {kind} task by {change:.2g} of their spread."
        )


def _near(mean: float, expected: float) -> bool:
    return abs(mean - expected) < _TOLERANCE


def _mean_predictions(subject: LearnerSubject, kind: TaskKind) -> list[float]:
    """Return the mean predictions with low and with high weights of target 1."""

    def fit() -> Sequence[KeptModel]:
        return [_fit_weighted(subject, kind, heavy=heavy) for heavy in (False, True)]

    predictions = [result.prediction for result in subject.once(f"weights {kind}", fit)]
    return [
        float((f if f.ndim == 1 else f[:, 1] / f[:, :2].sum(axis=1)).mean())
        for f in predictions
    ]


def _fit_weighted(subject: LearnerSubject, kind: TaskKind, *, heavy: bool) -> KeptModel:
    train, validation = subject.rows(kind)
    n_rows = train.X.n_rows
    # Each row occurs twice, with a low and a high target. Only the weights differ.
    twice = train.X.take(np.tile(np.arange(n_rows), 2))
    y = np.repeat(np.array([0, 1]), n_rows)
    if kind is TaskKind.REGRESSION:
        y = y + 0.01 * np.random.default_rng(0).normal(size=2 * n_rows)
    if kind is TaskKind.MULTICLASS:
        y[:3] = 2  # another check has folds that lack a class
    weight = np.where((y > 0.5) == heavy, 3.6, 0.4)
    # With other weights, the validation rows would stop the model at its start.
    validation_rows = Rows(
        validation.X, y[:: 2 * n_rows // validation.X.n_rows], weight[::6]
    )
    return subject.keep(
        "of weighted rows",
        Rows(twice, y, weight),
        validation_rows,
        validation.X,
        # A ranking metric is constant here, hence early stopping by the loss.
        task=make_task(kind).with_metric(LOSS_METRICS[kind]),
        seconds=_SECONDS_LONG,
    )


def _fit_noise(subject: LearnerSubject, task: Task) -> Sequence[KeptModel]:
    """Return models of noise with and without early stopping on noise."""

    def fit() -> Sequence[KeptModel]:
        noise, validation_noise = _noise(subject, task.kind)
        return [
            subject.keep(
                "of noise", noise, stop_by, noise.X, task=task, seconds=_SECONDS_LONG
            )
            for stop_by in (validation_noise, None)
        ]

    return subject.once(f"noise {task.kind} {task.metric}", fit)


def _uses_validation(subject: LearnerSubject, kind: TaskKind) -> bool:
    stopped, unstopped = _fit_noise(subject, make_task(kind))
    return _spread(stopped) != _spread(unstopped)


def _noise(subject: LearnerSubject, kind: TaskKind) -> tuple[Rows, Rows]:
    train, validation = subject.rows(kind)
    rng = np.random.default_rng(5)
    noise = Rows(train.X, rng.permutation(train.y))
    return noise, Rows(validation.X, rng.permutation(validation.y))


def _spread(result: KeptModel) -> float:
    return float(np.std(result.prediction, axis=0).mean())


def _fit_opposed(subject: LearnerSubject, kind: TaskKind, *, heavy: bool) -> KeptModel:
    """Return a model with validation rows of which half have opposite targets.

    If `heavy`, the half that agrees with the training rows has the large weight.
    """
    train, validation = subject.rows(kind)
    y = validation.y
    middle = train.y.mean() if kind is TaskKind.REGRESSION else y.max() / 2
    opposite = (2 * middle - y).astype(y.dtype)
    weight = np.repeat([1.0, 0.01] if heavy else [0.01, 1.0], len(y))
    repeated = np.tile(np.arange(len(y)), 2)
    stop_by = Rows(validation.X.take(repeated), np.concatenate([y, opposite]), weight)
    weighted = Rows(train.X, train.y, np.ones(len(train.y)))
    task = make_task(kind)
    return subject.keep("", weighted, stop_by, train.X, task=task)


def _effect_of_validation(subject: LearnerSubject, kind: TaskKind) -> float:
    """Return the share of the validation rows' signal that a model has learnt.

    The second column has both signs for each training row, and is independent of the
    training target. The target of the validation rows depends on this column only.
    """
    rng = np.random.default_rng(3)
    half = rng.normal(size=_N)
    signs = np.repeat([1.0, -1.0], _N)
    train = Rows(_two_columns(np.tile(half, 2), signs), _target(kind, np.tile(half, 2)))
    validation = Rows(
        _two_columns(rng.normal(size=2 * _N), signs), _target(kind, signs)
    )
    model = subject.fit(kind, train, validation)
    leanings = [
        _leaning(kind, subject.predict(kind, model, _two_columns(half, sign)))
        for sign in (np.full(_N, 1.0), np.full(_N, -1.0))
    ]
    full_effect = 2.0 * 10.0 if kind is TaskKind.REGRESSION else 1.0
    return (leanings[0] - leanings[1]) / full_effect


def _two_columns(first: FloatArray, second: FloatArray) -> Matrix:
    return Matrix(np.column_stack([first, second]), ("a", "b"))


def _target(kind: TaskKind, signal: FloatArray) -> FloatArray:
    if kind is TaskKind.REGRESSION:
        return 10.0 * signal
    cuts = [0.0] if kind is TaskKind.BINARY else [-0.5, 0.5]
    return np.searchsorted(cuts, signal)  # type: ignore[return-value]


def _leaning(kind: TaskKind, prediction: FloatArray) -> float:
    values = prediction if kind is TaskKind.REGRESSION else prediction[:, -1]
    return float(values.mean())


CHECKS = (
    *(_weights, _weights_in_proportion, _validation_leak, _early_stopping),
    *(_best_round, _validation_weights, _validation_columns),
)
