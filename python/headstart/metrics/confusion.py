"""The confusion matrix."""

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

__all__ = ["confusion_matrix"]


def confusion_matrix(
    y: Any,
    prediction: Any,
    weight: Any | None = None,
    *,
    classes: Any | None = None,
    n_threads: int = 1,
) -> FloatArray:
    """Return the counts of rows by actual and predicted class.

    Parameters
    ----------
    y, prediction, weight, classes, n_threads
        As in `headstart.metrics.score`. The prediction has labels, or probabilities, of
        which the most probable class is used.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Number of rows, or their weight, by true class (rows of the matrix) and
        predicted class (columns).

    Raises
    ------
    ValueError
        If shapes are inconsistent, or a label is not in `classes`.

    Examples
    --------
    >>> confusion_matrix(["a", "b", "b"], ["a", "b", "a"])
    array([[1., 0.],
           [1., 1.]])
    """
    predicted = np.asarray(prediction)
    if is_labels(predicted):
        truth, labels, n_classes, _ = label_codes(y, predicted, classes)
    else:
        columns, n_classes = probability_columns(predicted)
        truth = class_codes(y, n_classes, classes)
        labels = (
            (columns[:, 0] > 0.5).astype(np.int64)
            if columns.shape[1] == 1
            else np.asarray(columns.argmax(axis=1), dtype=np.int64)
        )
    weights = None if weight is None else plain(weight)
    return _core.confusion_table(truth, labels, n_classes, weights, n_threads)
