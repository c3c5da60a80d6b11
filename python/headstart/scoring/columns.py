"""Conversion of users' tables to arrays that the core reads in place."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray

__all__ = [
    "Array",
    "column_names",
    "in_range",
    "readable_column",
    "readable_matrix",
    "row_weights",
    "which_columns",
]

Array = NDArray[Any]

# Types that the core reads without a copy. Others are copied to 64-bit floats.
_READ = frozenset(["f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1"])


def readable_matrix(X: Any) -> Array:
    """Return a table of numbers as a matrix that the core can read.

    Arrays of booleans, integers, float32 and float64 in C or Fortran order are not
    copied. Others are copied in Fortran order.

    Raises
    ------
    TypeError
        If the values are not numeric.
    ValueError
        If `X` does not have two dimensions.
    """
    values = np.asarray(X)
    if values.ndim != 2:
        raise ValueError(
            f"X must have shape (n_samples, n_features). Got {values.shape} instead. "
            "hint: X.reshape(-1, 1) makes one column of a vector."
        )
    values = _numbers(values, "X")
    if values.flags.aligned and (
        values.flags.c_contiguous or values.flags.f_contiguous
    ):
        return values
    return np.require(values, requirements=["F", "A"])


def readable_column(column: Any, name: str) -> Array:
    """Return one column as an array that the core can read.

    Raises
    ------
    TypeError, ValueError
        As `readable_matrix`.
    """
    values = np.asarray(column)
    if values.ndim != 1:
        raise ValueError(
            f"{name} must have shape (n_samples,). Got {values.shape} instead."
        )
    return np.require(_numbers(values, name), requirements=["C", "A"])


def row_weights(weight: Any, n_samples: int) -> FloatArray | None:
    """Return the weights of rows as effective row counts, None without weights.

    Weights cannot be counts if their sum is below the number of rows with a positive
    weight. They are then scaled to this number.

    Raises
    ------
    ValueError
        If the weights are not one finite, non-negative number per row, or are all 0.
    """
    if weight is None:
        return None
    weights = np.ascontiguousarray(weight, dtype=np.float64)
    if weights.shape != (n_samples,):
        raise ValueError(
            f"sample_weight must have shape ({n_samples},). "
            f"Got {weights.shape} instead."
        )
    if not np.isfinite(weights).all() or weights.min(initial=0.0) < 0:
        raise ValueError("sample_weight must be finite and not negative.")
    if not weights.any():
        raise ValueError("sample_weight must not be zero for all samples.")
    total, n_weighted = weights.sum(), np.count_nonzero(weights)
    return weights if total >= n_weighted else weights / total * n_weighted


def which_columns(
    chosen: Sequence[int] | Sequence[bool] | NDArray[Any] | None, n_columns: int
) -> list[bool]:
    """Return a mask of columns from indices or a mask.

    Raises
    ------
    ValueError
        If an index is out of range, or a mask has the wrong length.
    """
    indices = np.asarray([] if chosen is None else chosen)
    if indices.dtype == bool:
        if indices.shape != (n_columns,):
            raise ValueError(
                f"A mask of columns must have shape ({n_columns},). "
                f"Got {indices.shape} instead."
            )
        return [bool(value) for value in indices]
    mask = [False] * n_columns
    for index in indices.tolist():
        if not isinstance(index, int) or not 0 <= index < n_columns:
            raise ValueError(
                f"Categorical columns must be indices from 0 to {n_columns - 1}. "
                f"Got {index!r} instead."
            )
        mask[index] = True
    return mask


def column_names(names: Sequence[str] | None, n_columns: int) -> tuple[str, ...]:
    """Return the names, by default ``x0``, ``x1``, ....

    Raises
    ------
    ValueError
        If the number of names differs from the number of columns.
    """
    if names is None:
        return tuple(f"x{column}" for column in range(n_columns))
    if len(names) != n_columns:
        raise ValueError(
            f"names must hold {n_columns} names. Got {len(names)} instead."
        )
    return tuple(names)


def in_range(name: str, value: Any, low: int, high: int) -> int:
    """Return an integer after a check of its range.

    Raises
    ------
    TypeError, ValueError
        If the value is not an integer, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an int. Got {value!r} instead.")
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low} to {high}. Got {value} instead.")
    return int(value)


def _numbers(values: Array, name: str) -> Array:
    if values.dtype.kind not in "biuf":
        raise TypeError(
            f"{name} must hold numbers. Got dtype {values.dtype} instead. "
            "hint: pass tables with text or categories as pandas, polars or pyarrow."
        )
    is_readable = values.dtype.str[1:] in _READ and values.dtype.isnative
    return values if is_readable and values.flags.aligned else values.astype(np.float64)
