"""Conversion of users' labels and predictions to the codes of the kernels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, IntArray
from headstart.labels import codes_of_labels

__all__ = ["class_codes", "is_labels", "label_codes", "plain", "probability_columns"]

_MOST_CLASSES = 1 << 14


def plain(values: Any) -> FloatArray:
    """Return `values` as aligned float64 in C order, without a copy if possible.

    The core refuses arrays that are not aligned.
    """
    return np.require(values, dtype=np.float64, requirements=["C", "A"])


def is_labels(prediction: NDArray[Any]) -> bool:
    """Return whether a prediction has labels: one dimension, and not floats."""
    return prediction.ndim == 1 and prediction.dtype.kind != "f"


def label_codes(
    y: Any, prediction: NDArray[Any], classes: Any | None
) -> tuple[IntArray, IntArray, int, NDArray[Any] | None]:
    """Return codes of true and predicted labels, the number of classes, and labels.

    Non-negative integers are codes already. The number of classes is then 0, which
    means that the core counts them, and the labels are None.
    """
    truth = _vector("y", y)
    if truth.size != prediction.size:
        raise ValueError(
            f"y and prediction must have equally many rows. Got {truth.size} and "
            f"{prediction.size}."
        )
    if classes is None and _are_codes(truth) and _are_codes(prediction):
        return _int64(truth), _int64(prediction), 0, None
    if classes is None:
        classes = np.unique(np.concatenate([np.unique(truth), np.unique(prediction)]))
    labels = np.asarray(classes)
    return (
        _codes_of("y", truth, labels),
        _codes_of("prediction", prediction, labels),
        len(labels),
        labels,
    )


def class_codes(y: Any, n_classes: int, classes: Any | None) -> IntArray:
    """Return class codes of labels for the columns of a prediction.

    Without `classes`, integers in ``0 .. n_classes - 1`` are codes already. Other
    labels must be as many as the columns, and their sorted order is that of the
    columns.
    """
    truth = _vector("y", y)
    if classes is None:
        if _are_codes(truth) and (not truth.size or truth.max() < n_classes):
            return _int64(truth)
        classes = np.unique(truth)
    labels = np.asarray(classes)
    if len(labels) != n_classes:
        raise ValueError(
            f"The prediction has {n_classes} classes, but y has {len(labels)}: "
            f"{_short(labels)}. hint: pass all labels as 'classes', in the columns' "
            "order."
        )
    return _codes_of("y", truth, labels)


def probability_columns(prediction: NDArray[Any]) -> tuple[FloatArray, int]:
    """Return probabilities as columns (one for two classes), and the class count."""
    values = plain(prediction)
    if values.ndim == 1:
        return values[:, np.newaxis], 2
    if values.ndim != 2 or not values.shape[1]:
        raise ValueError(
            "Predicted probabilities must have shape (n_rows,) or (n_rows, n_classes). "
            f"Got {values.shape} instead."
        )
    if values.shape[1] == 2:
        return np.ascontiguousarray(values[:, 1:]), 2
    return values, max(2, values.shape[1])


def _vector(name: str, values: Any) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension. Got shape {array.shape}.")
    return array


def _are_codes(values: NDArray[Any]) -> bool:
    if values.dtype.kind == "b":
        return True
    if values.dtype.kind not in "iu":
        return False
    # The bitwise or of all values is below a power of two exactly if all values are.
    return not values.size or 0 <= int(np.bitwise_or.reduce(values)) < _MOST_CLASSES


def _int64(values: NDArray[Any]) -> IntArray:
    return np.require(values, dtype=np.int64, requirements=["C", "A"])


def _codes_of(name: str, values: NDArray[Any], classes: NDArray[Any]) -> IntArray:
    codes, row = codes_of_labels(values, classes)
    if row is not None:
        value = values[row : row + 1].tolist()[0]
        raise ValueError(
            f"{name} has {value!r} in row {row}, which is not in the classes "
            f"{_short(classes)}."
        )
    return codes


def _short(classes: NDArray[Any]) -> str:
    shown = ", ".join(repr(label) for label in classes[:5].tolist())
    return shown + (", ..." if len(classes) > 5 else "")
