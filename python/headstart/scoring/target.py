"""The target of feature scores."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, TaskKind
from headstart.tables import TargetEncoder
from headstart.tables.encode.target import CLASS_LIMIT

__all__ = ["Target"]


@dataclass(frozen=True)
class Target:
    """A target in the format of the core.

    Parameters
    ----------
    kind : TaskKind
    codes : ndarray of uint16
        Indices into the sorted labels; empty for regression.
    n_classes : int
        0 for regression.
    numbers : ndarray of float64 or None
        The target's `values`; None if these are the codes.
    """

    kind: TaskKind
    codes: NDArray[np.uint16]
    n_classes: int
    numbers: FloatArray | None = None

    @classmethod
    def of(cls, y: Any, task: TaskKind | str | None, n_samples: int) -> Self:
        """Return the target of a user's values.

        Parameters
        ----------
        y : column of labels or numbers
        task : TaskKind, "classification", "regression" or None
            None means that it is inferred from the values.
        n_samples : int
            Required number of rows.

        Raises
        ------
        ValueError
            If a value is missing, or the number of rows differs.
        """
        plain = _plain_codes(y, task)
        if plain is not None and plain[0].size == n_samples:
            codes, n_classes = plain
            is_two = n_classes == 2 and task != TaskKind.MULTICLASS
            kind = TaskKind.BINARY if is_two else TaskKind.MULTICLASS
            return cls(kind, codes, n_classes)
        encoder = TargetEncoder.learn(y, task)
        encoded = encoder.encode(y)
        if encoded.size != n_samples:
            raise ValueError(
                f"y must hold {n_samples} values, one per row of X. "
                f"Got {encoded.size} instead."
            )
        if not encoder.kind.is_classification:
            values = np.ascontiguousarray(encoded, dtype=np.float64)
            return cls(encoder.kind, np.empty(0, np.uint16), 0, values)
        n_classes = 0 if encoder.classes is None else len(encoder.classes)
        codes = np.ascontiguousarray(encoded, dtype=np.uint16)
        return cls(encoder.kind, codes, n_classes)

    @cached_property
    def values(self) -> FloatArray:
        """Numeric target values, or class codes (0 and 1 for two classes)."""
        return self.codes.astype(np.float64) if self.numbers is None else self.numbers

    @property
    def labels(self) -> tuple[NDArray[np.uint16], int]:
        """Class codes and the number of classes."""
        return self.codes, self.n_classes

    @property
    def either(self) -> tuple[NDArray[np.uint16], int] | FloatArray:
        """Class codes and the number of classes, or values."""
        return self.labels if self.kind.is_classification else self.values


def _plain_codes(
    y: Any, task: TaskKind | str | None
) -> tuple[NDArray[np.uint16], int] | None:
    """Return small integers as class codes, ten times as fast as the encoder.

    The result is None if the encoder has to check the values.
    """
    if task not in ("classification", TaskKind.BINARY, TaskKind.MULTICLASS):
        return None
    if not isinstance(y, np.ndarray) or y.ndim != 1 or y.dtype.kind not in "iu":
        return None
    if not y.size or y.min() < 0 or y.max() >= CLASS_LIMIT:
        return None
    occurs = np.bincount(y) > 0
    n_classes = int(occurs.sum())
    if n_classes < 2 or (task == TaskKind.BINARY and n_classes > 2):
        return None
    new_codes = (np.cumsum(occurs) - 1).astype(np.uint16)
    # If all numbers occur, each is its own code, and a plain copy is cheaper.
    return y.astype(np.uint16) if occurs.all() else new_codes[y], n_classes
