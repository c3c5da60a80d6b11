"""The base of encoders that read the target."""

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray
from headstart.features.columns.levels import Codes
from headstart.features.encoders.levels import LevelEncoder
from headstart.features.fitting.target_codes import EncodedTarget, encode_y

__all__ = ["TargetReader"]


class TargetReader(LevelEncoder):
    """The base of target encoders."""

    task: str | None
    seed: int

    @abstractmethod
    def _fold_ids(self, fold_ids: Any, target: EncodedTarget) -> NDArray[np.uint8]: ...

    @abstractmethod
    def _encode(
        self,
        columns: list[tuple[Codes, int]],
        target: EncodedTarget,
        fold_ids: NDArray[np.uint8],
        outer_fold: int | None,
        out: FloatArray,
    ) -> list[FloatArray]: ...

    def fit(self, X: Any, y: Any) -> Self:
        """Fit the tables for new rows to all rows.

        ``fit(X, y).transform(X)`` differs from ``fit_transform(X, y)``: in the former,
        each row's value depends on its own target.
        """
        self._learn_target(X, y)
        return self

    def _learn_target(
        self, X: Any, y: Any, fold_ids: Any = None, outer_fold: int | None = None
    ) -> FloatArray:
        """Learn the tables, and return the values of training rows."""
        frame = self._open(X)
        target = encode_y(y, frame.height, self.task)
        ids = self._fold_ids(fold_ids, target)
        n_outputs = max(1, len(target.output_labels))
        values = np.empty((frame.width * n_outputs, frame.height))
        self.classes_ = np.asarray(target.labels)
        self.tables_: list[FloatArray] = []
        for columns in self._learn(frame):
            start = len(self.tables_) * n_outputs
            out = values[start : start + len(columns) * n_outputs]
            tables = self._encode(columns, target, ids, outer_fold, out)
            self.tables_ += [table.reshape(n_outputs, -1) for table in tables]
        return values.T

    def transform(self, X: Any) -> FloatArray:
        """Return values for new rows, of shape (n_rows, n_columns * n_outputs)."""
        return self._look_up(X)

    def _output_labels(self) -> tuple[Any, ...]:
        return tuple(self.classes_) if len(self.classes_) > 2 else ()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
