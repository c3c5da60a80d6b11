"""Decisions: thresholds and class factors that turn probabilities into labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart import _core
from headstart.base import FloatArray, IntArray
from headstart.metrics.targets import class_codes, plain, probability_columns

__all__ = ["Decision", "best_threshold"]


@dataclass(frozen=True)
class Decision:
    """A rule that turns probabilities into labels.

    Parameters
    ----------
    threshold : float or None
        For two classes: the second class is predicted if its probability exceeds this.
    factors : ndarray of shape (n_classes,) or None
        For more classes: the class with the largest product of probability and factor
        is predicted, the first one for ties.
    value : float
        Metric, or mean cost, on the rows from which the decision was chosen. It is
        optimistic.
    """

    threshold: float | None
    factors: FloatArray | None
    value: float

    def predict(self, prediction: Any) -> IntArray:
        """Return the class codes decided from probabilities.

        Examples
        --------
        >>> Decision(0.3, None, 1.0).predict([0.2, 0.4])
        array([0, 1])
        """
        columns, _ = probability_columns(np.asarray(prediction))
        if self.factors is None:
            if columns.shape[1] != 1 or self.threshold is None:
                raise ValueError(
                    f"A threshold needs two classes. Got {columns.shape[1]} columns."
                )
            return (columns[:, 0] > self.threshold).astype(np.int64)
        if columns.shape[1] != len(self.factors):
            raise ValueError(
                f"The prediction must have {len(self.factors)} columns, one per "
                f"factor. Got {columns.shape[1]}."
            )
        return np.asarray((columns * self.factors).argmax(axis=1), dtype=np.int64)


def best_threshold(
    y: Any,
    prediction: Any,
    metric: str = "f1",
    weight: Any | None = None,
    *,
    costs: Any | None = None,
    classes: Any | None = None,
) -> Decision:
    """Return the threshold or class factors with the best score by a metric.

    With two classes, all thresholds are evaluated with one sort of the rows. Of equally
    good thresholds, the one nearest to one half is returned. With more classes, factors
    of the probabilities are optimised by coordinate ascent from equal factors. The
    result is never worse than equal factors, but may be a local optimum. Evaluate the
    decision on other rows, as `headstart.validation.cross_fitted_threshold` does.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        True labels.
    prediction : array-like of shape (n_rows,) or (n_rows, n_classes)
        Probabilities of the second class, or of all classes.
    metric : str, default="f1"
        A metric of labels in `headstart.metrics.score_names`; greater is better.
        Ignored if there are `costs`.
    weight : array-like of shape (n_rows,) or None, default=None
        Weights of rows.
    costs : array-like of shape (n_classes, n_classes) or None, default=None
        Cost of a row by true class (rows) and predicted class (columns).
    classes : array-like of shape (n_classes,) or None, default=None
        As in `headstart.metrics.score`.

    Returns
    -------
    Decision

    Raises
    ------
    ValueError
        If the metric is not a metric of labels, or shapes are inconsistent.

    Examples
    --------
    >>> y, p = [0, 1, 0, 1], [0.1, 0.3, 0.2, 0.8]
    >>> best_threshold(y, p).threshold
    0.25
    >>> best_threshold([0, 1, 1], [0.1, 0.2, 0.6], costs=[[0, 9], [1, 0]]).value
    0.0
    """
    columns, n_classes = probability_columns(np.asarray(prediction))
    codes = class_codes(y, n_classes, classes)
    weights = None if weight is None else plain(weight)
    table: FloatArray | None = None
    if costs is not None:
        table = plain(costs)
        if table.shape != (n_classes, n_classes):
            raise ValueError(
                f"costs must have shape ({n_classes}, {n_classes}). Got {table.shape}."
            )
        table = table.ravel()
    sign = -1.0 if costs is not None else 1.0
    if columns.shape[1] == 1:
        threshold, value = _core.best_threshold(
            codes, np.ascontiguousarray(columns[:, 0]), metric, table, weights
        )
        return Decision(threshold, None, sign * value + 0.0)
    factors, value = _core.best_factors(codes, columns, metric, table, weights)
    return Decision(None, factors, sign * value + 0.0)
