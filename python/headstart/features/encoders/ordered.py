"""Ordered target encoding, with scikit-learn's conventions."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray
from headstart.features.columns.levels import Codes
from headstart.features.encoders.target_reader import TargetReader
from headstart.features.fitting.target_codes import EncodedTarget, read_smoothing

__all__ = ["OrderedTargetEncoder"]


class OrderedTargetEncoder(TargetReader):
    """Ordered target encoding: the mean target of a level's earlier rows.

    CatBoost's method: a training row's value depends only on the rows before it in one
    random order. It does not depend on the row's own target, and needs no folds.

    Parameters
    ----------
    smoothing : float, default=1.0
        Number of rows with the mean of all earlier rows that are mixed into a level's
        mean.
    task : {"binary", "multiclass", "regression"} or None
        As in `TargetEncoder`.
    seed : int, default=0
        Seed of the order.
    n_threads : int, default=1

    Notes
    -----
    The first row of the order has no earlier row: its value is NaN.
    """

    def __init__(
        self,
        *,
        smoothing: float = 1.0,
        task: str | None = None,
        seed: int = 0,
        n_threads: int = 1,
    ) -> None:
        self.smoothing = smoothing
        self.task = task
        self.seed = seed
        self.n_threads = n_threads

    def fit_transform(self, X: Any, y: Any) -> FloatArray:
        """Fit to training rows, and return their values from the random order."""
        return self._learn_target(X, y)

    def _fold_ids(self, fold_ids: Any, target: EncodedTarget) -> NDArray[np.uint8]:
        del fold_ids, target
        return np.zeros(0, dtype=np.uint8)

    def _encode(
        self,
        columns: list[tuple[Codes, int]],
        target: EncodedTarget,
        fold_ids: NDArray[np.uint8],
        outer_fold: int | None,
        out: FloatArray,
    ) -> list[FloatArray]:
        del fold_ids, outer_fold
        smoothing = read_smoothing(self.smoothing, allows_auto=False)
        return _core.encode_ordered(
            columns,
            target.values,
            target.n_classes,
            0.0 if smoothing is None else smoothing,
            self.seed,
            out,
            self.n_threads,
        )
