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
    """Return the names of metrics; the number after ``@`` may be replaced.

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

    Values are those of scikit-learn, with its rules for ties and undefined scores; rows
    of weight 0 are ignored.

    Parameters
    ----------
    name : str
        One of `score_names`. A number after ``@`` is the metric's parameter: the weight
        of recall (``"f_beta@2"``), labels that count (``"top_k@3"``), bins of equal
        width (``"calibration_error@10"``), a quantile (``"pinball@0.9"``), a power
        (``"tweedie@1.5"``).
    y : array-like of shape (n_rows,)
        True labels of any type, or values.
    prediction : array-like of shape (n_rows,) or (n_rows, n_classes)
        Values; probabilities of the second class, or of all classes; or, for metrics of
        labels, labels. What is of floats and has one dimension is taken for
        probabilities. Of probabilities the label is the likeliest class, of equal ones
        the first.
    weight : array-like of shape (n_rows,) or None, default=None
        Weights of rows: not negative; their sum from 1e-100 to 1e100.
    classes : array-like of shape (n_classes,) or None, default=None
        Labels in the order of the columns, by default sorted. Integers from 0 on are
        taken for column numbers.
    n_threads : int, default=1
        The score is the same to the last bit for any number.

    Returns
    -------
    float
        NaN where `y` leaves it undefined, as one class does an area under a curve.

    Raises
    ------
    ValueError
        If there is no such metric, shapes do not fit, or numbers are not what the
        metric takes.

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
        As in `score`; all of classes, or all of values.
    y, prediction, weight, classes, n_threads
        As in `score`.

    Returns
    -------
    dict of str to float
        In the order of `names`.

    Raises
    ------
    ValueError
        As `score`, and where metrics of classes and of values are mixed.

    Examples
    --------
    >>> score_many(["accuracy", "recall"], [0, 1, 1], [0.2, 0.9, 0.4])
    {'accuracy': 0.666..., 'recall': 0.5}
    """
    chosen = list(names)
    kinds = {is_value_metric(name) for name in chosen}
    if len(kinds) > 1:
        raise ValueError(
            "Metrics of classes and of values can not be mixed. "
            f"Got {', '.join(map(repr, chosen))}."
        )
    if not chosen:
        return {}
    weights = None if weight is None else plain(weight)
    if kinds == {True}:
        found = _core.score_values_by(
            chosen,
            _column("y", y),
            _column("prediction", prediction),
            weights,
            n_threads,
        )
    else:
        found = _score_classes(chosen, y, prediction, weights, classes, n_threads)
    return dict(zip(chosen, found, strict=True))


def is_value_metric(name: str) -> bool:
    """Return whether a metric is for regression, after a check of its name.

    Raises
    ------
    ValueError
        If there is no such metric.
    """
    base = name.partition("@")[0]
    if base not in _BASES:
        close = difflib.get_close_matches(base, _BASES, n=1)
        hint = f" hint: did you mean {_BASES[close[0]]!r}?" if close else ""
        raise ValueError(
            f"Unknown metric {name!r}. There are: {', '.join(_ALL)}.{hint}"
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
    found = np.asarray(prediction)
    if is_labels(found):
        for name in names:
            if _BASES[name.partition("@")[0]] in _PROBABILITIES:
                raise ValueError(
                    f"Metric {name!r} needs probabilities. Got labels of dtype "
                    f"{found.dtype}. hint: pass what predict_proba returns."
                )
        truth, labels, n_classes, _ = label_codes(y, found, classes)
        return _core.score_labels_by(names, truth, labels, n_classes, weight, n_threads)
    columns, n_classes = probability_columns(found)
    codes = class_codes(y, n_classes, classes)
    return _core.score_classes_by(names, codes, columns, weight, n_threads)


def _column(name: str, values: Any) -> FloatArray:
    column = plain(values)
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim != 1:
        raise ValueError(f"{name} must have shape (n_rows,). Got {column.shape}.")
    return np.ascontiguousarray(column)
