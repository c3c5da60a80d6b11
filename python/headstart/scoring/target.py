"""What features are scored against."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, TaskKind
from headstart.tables import TargetEncoder

__all__ = ["Target"]


@dataclass(frozen=True)
class Target:
    """A target as the core reads it.

    Parameters
    ----------
    kind : TaskKind
    codes : ndarray of uint16
        Places of the labels among the sorted ones; empty for regression.
    n_classes : int
        0 for regression.
    values : ndarray of float64
        A regression's target; 0 and 1 for two classes, the codes for more.
    """

    kind: TaskKind
    codes: NDArray[np.uint16]
    n_classes: int
    values: FloatArray

    @classmethod
    def of(cls, y: Any, task: TaskKind | str | None, n_samples: int) -> Self:
        """Read a target.

        Parameters
        ----------
        y : column of labels or numbers
        task : TaskKind, "classification", "regression" or None
            None finds it from the values.
        n_samples : int
            Rows that there must be.

        Raises
        ------
        ValueError
            If a value is missing, or the number of rows differs.
        """
        encoder = TargetEncoder.learn(y, task)
        found = encoder.encode(y)
        if found.size != n_samples:
            raise ValueError(
                f"y must hold {n_samples} values, one a row of X. "
                f"Got {found.size} instead."
            )
        if not encoder.kind.is_classification:
            values = np.ascontiguousarray(found, dtype=np.float64)
            return cls(encoder.kind, np.empty(0, np.uint16), 0, values)
        n_classes = 0 if encoder.classes is None else len(encoder.classes)
        codes = np.ascontiguousarray(found, dtype=np.uint16)
        return cls(encoder.kind, codes, n_classes, codes.astype(np.float64))

    @property
    def labels(self) -> tuple[NDArray[np.uint16], int]:
        """Codes and their number."""
        return self.codes, self.n_classes

    @property
    def either(self) -> tuple[NDArray[np.uint16], int] | FloatArray:
        """Codes and their number, or values."""
        return self.labels if self.kind.is_classification else self.values
