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
        As in `headstart.metrics.score`: labels, or probabilities whose likeliest class
        counts.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Rows, or their weight: true classes down, predicted ones across.

    Raises
    ------
    ValueError
        If shapes do not fit, or a label is none of `classes`.

    Examples
    --------
    >>> confusion_matrix(["a", "b", "b"], ["a", "b", "a"])
    array([[1., 0.],
           [1., 1.]])
    """
    found = np.asarray(prediction)
    if is_labels(found):
        truth, labels, n_classes, _ = label_codes(y, found, classes)
    else:
        columns, n_classes = probability_columns(found)
        truth = class_codes(y, n_classes, classes)
        labels = (
            (columns[:, 0] > 0.5).astype(np.int64)
            if columns.shape[1] == 1
            else np.asarray(columns.argmax(axis=1), dtype=np.int64)
        )
    weights = None if weight is None else plain(weight)
    return _core.confusion_table(truth, labels, n_classes, weights, n_threads)
