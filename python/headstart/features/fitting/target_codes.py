"""The target of encodings: class codes, or the values of a regression."""

import math
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, TaskKind
from headstart.exceptions import TableError
from headstart.tables import to_series

__all__ = ["EncodedTarget", "check_fold_ids", "encode_y", "read_smoothing"]

Smoothing = float | Literal["auto"]

_CLASS_LIMIT = 1_000


@dataclass(frozen=True, eq=False)
class EncodedTarget:
    """A target in the format of the core.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        uint32 codes for classification, float64 values for regression.
    labels : tuple
        Sorted labels of the classes; empty for regression.
    """

    values: NDArray[np.uint32] | FloatArray
    labels: tuple[Any, ...]

    @property
    def n_classes(self) -> int:
        """Number of classes, 0 for regression."""
        return len(self.labels)

    @property
    def output_labels(self) -> tuple[Any, ...]:
        """Labels of the output columns; empty if there is one column."""
        return self.labels if self.n_classes > 2 else ()

    def take(self, rows: NDArray[Any]) -> Self:
        """Return some of the rows."""
        return type(self)(self.values[rows], self.labels)


def encode_y(y: Any, n_rows: int, task: TaskKind | str | None = None) -> EncodedTarget:
    """Return a checked target as codes or numbers.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
    n_rows : int
    task : {"binary", "multiclass", "regression"} or None
        None means regression for floating point numbers with fractions, else
        classification.

    Raises
    ------
    TableError
        If the target has another length, has missing values, or does not suit the task.
    """
    series = to_series(y, "y")
    if len(series) != n_rows:
        raise TableError(f"y must have {n_rows} values. Got {len(series)} instead.")
    if series.dtype.is_float():
        series = series.fill_nan(None)
    if series.null_count():
        row = series.is_null().arg_max()
        raise TableError(f"y must have no missing values. Row {row} is missing.")
    if task is None:
        fractions = series.dtype.is_float() and bool((series != series.floor()).any())
        is_regression = fractions or series.dtype.is_decimal()
    else:
        is_regression = TaskKind(task) is TaskKind.REGRESSION
    if is_regression:
        values = series.cast(float, strict=False).to_numpy()
        if not np.isfinite(values).all():
            raise TableError("y must contain only finite numbers.")
        return EncodedTarget(np.ascontiguousarray(values, dtype=np.float64), ())
    array = series.to_numpy()
    labels, codes = np.unique(
        array.astype(str) if array.dtype == object else array, return_inverse=True
    )
    if not 2 <= len(labels) <= _CLASS_LIMIT:
        raise TableError(
            f"y must have 2 to {_CLASS_LIMIT} classes. Got {len(labels)}. hint: pass "
            "task='regression' if the numbers are not classes."
        )
    return EncodedTarget(codes.astype(np.uint32), tuple(labels.tolist()))


def check_fold_ids(fold_ids: Any, n_rows: int) -> NDArray[np.uint8]:
    """Return checked fold ids.

    Raises
    ------
    ValueError
        If the ids are not one integer in ``0 .. 255`` per row, or are all equal.
    """
    ids = np.asarray(fold_ids)
    if ids.ndim == 2 and len(ids) == 1:
        ids = ids[0]
    if ids.shape != (n_rows,) or ids.dtype.kind not in "iu":
        raise ValueError(
            f"fold_ids must be integers of shape ({n_rows},). Got dtype {ids.dtype}, "
            f"shape {ids.shape} instead."
        )
    if n_rows and (ids.min() < 0 or ids.max() > 255):
        raise ValueError("fold_ids must lie in 0 .. 255.")
    if n_rows == 0 or ids.min() == ids.max():
        raise ValueError(
            "fold_ids must contain at least two folds: target encoding computes each "
            "row's value from the rows of other folds."
        )
    return np.ascontiguousarray(ids, dtype=np.uint8)


def read_smoothing(smoothing: Any, *, allows_auto: bool = True) -> float | None:
    """Return the smoothing weight in rows, None for automatic.

    Raises
    ------
    ValueError
        If the value is neither a number >= 0 nor, where allowed, "auto".
    """
    if allows_auto and isinstance(smoothing, str) and smoothing == "auto":
        return None
    is_number = isinstance(smoothing, int | float) and not isinstance(smoothing, bool)
    if not is_number or not 0 <= smoothing < math.inf:
        auto = "'auto' or " if allows_auto else ""
        raise ValueError(
            f"smoothing must be {auto}a number of at least 0. Got {smoothing!r} "
            "instead."
        )
    return float(smoothing)
