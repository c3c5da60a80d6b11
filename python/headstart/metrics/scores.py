"""Scores by name: one metric, or several in one pass over the rows."""

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np

from headstart import _core
from headstart.base import FloatArray
from headstart.metrics.targets import (
    class_codes,
    is_labels,
    label_codes,
    plain,
    probability_columns,
)

__all__ = ["is_value_metric", "score", "score_many", "score_names"]

_AVERAGES = ("", "_macro", "_micro", "_weighted")
_LABELS = (
    "accuracy",
    "balanced_accuracy",
    *(f"{stem}{a}" for stem in ("f1", "precision", "recall") for a in _AVERAGES),
    *(f"f_beta{average}@2" for average in _AVERAGES),
    "mcc",
    "kappa",
    "quadratic_kappa",
)
_PROBABILITIES = (
    "roc_auc",
    "roc_auc_ovr",
    "roc_auc_ovr_weighted",
    "roc_auc_ovo",
    "roc_auc_ovo_weighted",
    "average_precision",
    "log_loss",
    "brier",
    "calibration_error@15",
    "top_k@2",
)
_VALUES = (
    "rmse",
    "mae",
    "r2",
    "rmsle",
    "mape",
    "smape",
    "medae",
    "pinball@0.5",
    "tweedie@1.5",
    "poisson",
    "gamma",
    "spearman",
    "concordance",
)
_ALL = (*_LABELS, *_PROBABILITIES, *_VALUES)
_BASES = {name.partition("@")[0]: name for name in _ALL}


def score_names() -> tuple[str, ...]:
    """Return the names of metrics, with an example of the number after ``@``.

    Examples
    --------
    >>> "f_beta_macro@2" in score_names()
    True
    """
    return _ALL


def score(
    name: str,
    y: Any,
    prediction: Any,
    weight: Any | None = None,
    *,
    classes: Any | None = None,
    n_threads: int = 1,
) -> float:
    """Return the score of a prediction in the metric's own direction.

    The values are those of scikit-learn, with its rules for ties and undefined scores.
    Rows with weight 0 are ignored.

    Parameters
    ----------
    name : str
        One of `score_names`. The number after ``@`` is the metric's parameter: the
        weight of recall (``"f_beta@2"``), the number of labels (``"top_k@3"``), the
        number of equal-width bins (``"calibration_error@10"``), the quantile
        (``"pinball@0.9"``) or the power (``"tweedie@1.5"``).
    y : array-like of shape (n_rows,)
        True labels of any type, or values.
    prediction : array-like of shape (n_rows,) or (n_rows, n_classes)
        Values; probabilities of the second class, or of all classes; or labels, for
        metrics of labels. Floats with one dimension are probabilities. The label of
        probabilities is the most probable class, the first one for ties.
    weight : array-like of shape (n_rows,) or None, default=None
        Non-negative weights of rows, with a sum from 1e-100 to 1e100.
    classes : array-like of shape (n_classes,) or None, default=None
        Labels in the order of the columns; by default sorted. By default, non-negative
        integers are column indices.
    n_threads : int, default=1
        Does not affect the score.

    Returns
    -------
    float
        NaN if the score is undefined for `y`, such as the area under a curve of one
        class.

    Raises
    ------
    ValueError
        If the metric is unknown, shapes are inconsistent, or numbers are outside the
        metric's domain.

    Examples
    --------
    >>> score("accuracy", ["no", "yes", "yes"], ["no", "yes", "no"])
    0.666...
    >>> score("log_loss", [0, 1, 1], [0.2, 0.9, 0.6])
    0.279...
    >>> score("pinball@0.9", [1.0, 2.0], [1.5, 1.0])
    0.475
    """
    return score_many(
        [name], y, prediction, weight, classes=classes, n_threads=n_threads
    )[name]


def score_many(
    names: Sequence[str],
    y: Any,
    prediction: Any,
    weight: Any | None = None,
    *,
    classes: Any | None = None,
    n_threads: int = 1,
) -> dict[str, float]:
    """Return several scores of a prediction; label metrics share one count.

    Parameters
    ----------
    names : sequence of str
        As in `score`: either metrics of classes, or metrics of values.
    y, prediction, weight, classes, n_threads
        As in `score`.

    Returns
    -------
    dict of str to float
        Scores by name, in the order of `names`.

    Raises
    ------
    ValueError
        As in `score`, or if metrics of classes and of values are mixed.

    Examples
    --------
    >>> score_many(["accuracy", "recall"], [0, 1, 1], [0.2, 0.9, 0.4])
    {'accuracy': 0.666..., 'recall': 0.5}
    """
    chosen = list(names)
    kinds = {is_value_metric(name) for name in chosen}
    if len(kinds) > 1:
        raise ValueError(
            "Metrics of classes and of values cannot be mixed. "
            f"Got {', '.join(map(repr, chosen))}."
        )
    if not chosen:
        return {}
    weights = None if weight is None else plain(weight)
    if kinds == {True}:
        scores = _core.score_values_by(
            chosen,
            _column("y", y),
            _column("prediction", prediction),
            weights,
            n_threads,
        )
    else:
        scores = _score_classes(chosen, y, prediction, weights, classes, n_threads)
    return dict(zip(chosen, scores, strict=True))


def is_value_metric(name: str) -> bool:
    """Return whether a metric is for regression, after a check of its name.

    Raises
    ------
    ValueError
        If the metric is unknown.
    """
    base = name.partition("@")[0]
    if base not in _BASES:
        close = difflib.get_close_matches(base, _BASES, n=1)
        hint = f" hint: did you mean {_BASES[close[0]]!r}?" if close else ""
        raise ValueError(
            f"Unknown metric {name!r}. Available: {', '.join(_ALL)}.{hint}"
        )
    return _BASES[base] in _VALUES


def _score_classes(
    names: list[str],
    y: Any,
    prediction: Any,
    weight: FloatArray | None,
    classes: Any | None,
    n_threads: int,
) -> list[float]:
    predicted = np.asarray(prediction)
    if is_labels(predicted):
        for name in names:
            if _BASES[name.partition("@")[0]] in _PROBABILITIES:
                raise ValueError(
                    f"Metric {name!r} needs probabilities. Got labels of dtype "
                    f"{predicted.dtype}. hint: pass what predict_proba returns."
                )
        truth, labels, n_classes, _ = label_codes(y, predicted, classes)
        return _core.score_labels_by(names, truth, labels, n_classes, weight, n_threads)
    columns, n_classes = probability_columns(predicted)
    codes = class_codes(y, n_classes, classes)
    return _core.score_classes_by(names, codes, columns, weight, n_threads)


def _column(name: str, values: Any) -> FloatArray:
    column = plain(values)
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim != 1:
        raise ValueError(f"{name} must have shape (n_rows,). Got {column.shape}.")
    return np.ascontiguousarray(column)
