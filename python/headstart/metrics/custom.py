"""Custom metrics: functions, and a check on toy data."""

import inspect
import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, TaskKind
from headstart.machine.process_state import ignore_warnings
from headstart.metrics.metric import Metric, Target, predicted_codes

__all__ = ["FunctionMetric", "name_of", "takes_weight", "to_number", "try_metric"]


@dataclass(frozen=True)
class FunctionMetric(Metric):
    """A function of true and predicted targets.

    Parameters
    ----------
    function : callable of ``(y_true, y_pred) -> float``
        It receives the user's labels, codes and probabilities, or values. A parameter
        `sample_weight` receives the weights, if there are any.
    classes : ndarray or None
        Label of each code; None if the codes are the labels, and for regression.
    weighted : bool
        Whether `function` has a parameter `sample_weight`.
    """

    function: Callable[..., Any] = field(kw_only=True)
    classes: NDArray[Any] | None = field(default=None, compare=False)
    weighted: bool = False

    def score(  # noqa: D102
        self,
        y: Target,
        prediction: FloatArray,
        weight: FloatArray | None = None,
        *,
        n_threads: int = 1,
    ) -> float:
        del n_threads
        truth: NDArray[Any] = np.asarray(y)
        predicted: NDArray[Any] = np.asarray(prediction)
        if self.needs == "label":
            predicted = predicted_codes(predicted)
            if self.classes is not None:
                truth, predicted = self.classes[truth], self.classes[predicted]
        options = (
            {"sample_weight": weight} if self.weighted and weight is not None else {}
        )
        return to_number(self.function(truth, predicted, **options), self.name)


def to_number(result: object, name: str) -> float:
    """Return the result of a custom metric as a float."""
    if isinstance(result, np.ndarray) and result.ndim == 0:
        result = result[()]
    if isinstance(result, numbers.Real) and not isinstance(result, bool | np.bool_):
        return float(result)
    text = repr(result)
    raise ValueError(
        f"Metric {name!r} must return one number. It returned "
        f"{text if len(text) <= 60 else text[:57] + '...'} "
        f"({type(result).__name__})."
    )


def try_metric(metric: Metric, kind: TaskKind, n_classes: int) -> Metric:
    """Return a custom metric after a check on toy data, before a long search.

    Returns
    -------
    Metric
        The same metric. If it is NaN for a constant prediction, as correlations are,
        its `undefined` is the score of a prediction without skill.

    Raises
    ------
    ValueError
        If the metric raises, does not return a number, or scores a perfect prediction
        worse than every wrong one.
    """
    y, prediction = _toy_data(kind, n_classes)
    signature = "(y_true, y_pred) -> float, greater is better"
    try:
        with ignore_warnings():
            score = metric.score(y, prediction)
    except Exception as error:
        raise ValueError(
            f"Metric {metric.name!r} failed on {len(y)} rows of toy data ({kind}): "
            f"{type(error).__name__}: {error} "
            f"hint: a metric is a name, a make_scorer result or a function {signature}."
        ) from error
    if math.isnan(score):
        raise ValueError(
            f"Metric {metric.name!r} returned NaN for {len(y)} rows of toy data "
            f"({kind}). It must return a number. hint: a metric is a function "
            f"{signature}."
        )
    with ignore_warnings():
        _check_direction(metric, kind, n_classes)
        return _with_undefined(metric, kind, n_classes)


def _check_direction(metric: Metric, kind: TaskKind, n_classes: int) -> None:
    """Check that a perfect prediction does not score worse than all wrong ones."""
    y, _ = _toy_data(kind, n_classes)
    perfect, *wrong = _perfect_and_wrong(y, kind, n_classes)
    perfect_score = _score_or_nan(metric, y, perfect)
    scores = [_score_or_nan(metric, y, prediction) for prediction in wrong]
    scores = [score for score in scores if not math.isnan(score)]
    sign = 1.0 if metric.greater_is_better else -1.0
    # Scores may be undefined, and two wrong predictions may agree by chance.
    if len(scores) < 3 or not all(
        sign * perfect_score < sign * score for score in scores
    ):
        return
    direction = "greater" if metric.greater_is_better else "lower"
    raise ValueError(
        f"Metric {metric.name!r} is declared as {direction} is better, but it scores a "
        f"perfect prediction {perfect_score:.4g} and wrong predictions "
        f"{min(scores):.4g} to {max(scores):.4g}. It is an error function, or its sign "
        "is wrong. hint: pass an error function as "
        "sklearn.metrics.make_scorer(function, greater_is_better=False); a plugin's "
        "metric declares greater_is_better."
    )


def _with_undefined(metric: Metric, kind: TaskKind, n_classes: int) -> Metric:
    if metric.undefined is not None:
        return metric
    y, _ = _toy_data(kind, n_classes)
    perfect, *_, constant = _perfect_and_wrong(y, kind, n_classes)
    try:
        if not math.isnan(metric.score(y, constant)):
            return metric
    except Exception:  # `try_metric` reports errors
        return metric
    # The mean over all rotations of a perfect prediction has no skill.
    scores = [
        _score_or_nan(metric, y, np.roll(perfect, shift, axis=0))
        for shift in range(len(y))
    ]
    defined = [score for score in scores if not math.isnan(score)]
    return replace(metric, undefined=float(np.mean(defined))) if defined else metric


def _score_or_nan(metric: Metric, y: Target, prediction: FloatArray) -> float:
    try:
        return metric.score(y, prediction)
    except Exception:  # a custom metric may refuse these rows
        return math.nan


def _perfect_and_wrong(y: Target, kind: TaskKind, n_classes: int) -> list[FloatArray]:
    """Return a perfect prediction and wrong predictions, the last one constant."""
    if kind is TaskKind.REGRESSION:
        values = y.astype(np.float64)
        mean = np.full_like(values, values.mean())
        wrong = [values[::-1], values + 0.5, values - 0.5, 1.5 * values]
        return [values, *wrong, mean]
    codes = y.astype(np.int64)
    half = np.where(np.arange(y.size) // n_classes % 2 == 0, codes, (codes + 1))
    constants = [np.full_like(codes, n_classes - 1), np.zeros_like(codes)]
    predicted = [codes, codes + 1, half, *constants]
    # Probabilities below 1 avoid infinite losses.
    probabilities = np.full((n_classes, n_classes), 0.02 / max(1, n_classes - 1))
    np.fill_diagonal(probabilities, 0.98)
    columns = [probabilities[labels % n_classes] for labels in predicted]
    return [c[:, 1] for c in columns] if kind is TaskKind.BINARY else columns


def name_of(function: object) -> str:
    """Return a short name for a callable."""
    inner = getattr(function, "func", function)  # functools.partial
    name = getattr(inner, "__name__", type(inner).__name__)
    return "custom" if name == "<lambda>" else str(name)


def takes_weight(function: Callable[..., Any]) -> bool:
    """Return whether `function` has a parameter named `sample_weight`."""
    try:
        return "sample_weight" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _toy_data(kind: TaskKind, n_classes: int) -> tuple[Target, FloatArray]:
    if kind is TaskKind.REGRESSION:
        y = np.linspace(1.0, 3.0, 20)
        return y, y + np.tile([0.1, -0.2, 0.3, 0.05], 5)
    codes = np.arange(max(20, 4 * n_classes)) % n_classes
    # Three in four predictions are correct, and every label is predicted.
    predicted = np.where(
        np.arange(codes.size) // n_classes % 4 == 3, codes[::-1], codes
    )
    probabilities = np.full((codes.size, n_classes), 0.4 / max(1, n_classes - 1))
    probabilities[np.arange(codes.size), predicted] = 0.6
    return codes, probabilities[:, 1] if kind is TaskKind.BINARY else probabilities
