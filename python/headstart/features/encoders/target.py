"""Encoders that read the target, cross-fitted, with scikit-learn's conventions."""

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray, TaskKind
from headstart.features.columns.levels import Codes
from headstart.features.encoders.levels import LevelEncoder
from headstart.features.operators.target_codes import (
    EncodedTarget,
    check_fold_ids,
    encode_y,
    read_smoothing,
)
from headstart.validation import plain_folds, stratified_folds

__all__ = ["OrderedTargetEncoder", "TargetEncoder", "WeightOfEvidenceEncoder"]


class _TargetReader(LevelEncoder):
    """The base of encoders that read the target."""

    task: str | None
    seed: int

    def _fold_ids(self, fold_ids: Any, target: EncodedTarget) -> NDArray[np.uint8]:
        return _folds(fold_ids, target, self.seed)

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
        """Learn the table for new rows, from all rows.

        ``fit(X, y).transform(X)`` is not ``fit_transform(X, y)``: the former lets each
        row see its own target.
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


class _CrossFitted(_TargetReader):
    """The base of cross-fitted encoders."""

    def fit_transform(
        self,
        X: Any,
        y: Any,
        fold_ids: Any = None,
        *,
        outer_fold: int | None = None,
    ) -> FloatArray:
        """Learn from training rows, and return their out-of-fold values.

        Parameters
        ----------
        X : table of n_rows rows
        y : array-like of shape (n_rows,)
        fold_ids : array-like of int of shape (n_rows,), optional
            A row's value is made of rows with other ids than its own. None deals five
            folds out by `seed`: of each class evenly, where there are classes.
        outer_fold : int, optional
            Learn nothing from rows of that fold: its rows get the table of the others,
            and those are cross-fitted among themselves.

        Returns
        -------
        ndarray of shape (n_rows, n_columns * n_outputs)
            In Fortran order.
        """
        return self._learn_target(X, y, fold_ids, outer_fold)


class TargetEncoder(_CrossFitted):
    """Target encoding: the cross-fitted mean target of each level.

    As scikit-learn's encoder of that name, many times as fast. Regressions and two
    classes become one column each, three and more classes one for each class.

    Parameters
    ----------
    smoothing : "auto" or float, default="auto"
        Mixes a level's mean with so many rows of the overall mean; "auto" is the
        empirical Bayes estimate of scikit-learn.
    task : {"binary", "multiclass", "regression"} or None
        None takes numbers with fractions for a regression, all else for classes.
    seed : int, default=0
        Deals out folds, where none are given.
    n_threads : int, default=1
        The values do not depend on it.

    Notes
    -----
    Missing values are a level of their own. Unseen levels, and those that no other
    fold has, get the mean of all rows, or of those in other folds. 100,000 rows of 50
    columns of words take about a tenth of a second on one thread. Beyond what comes
    out, at most 12 bytes a row are held for each of 2 columns a thread.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"town": ["Ulm", "Bonn", "Ulm", "Bonn"]})
    >>> encoder = TargetEncoder(smoothing=0)
    >>> encoder.fit_transform(frame, [1, 0, 0, 1], fold_ids=[0, 0, 1, 1])
    array([[0.],
           [1.],
           [1.],
           [0.]])
    >>> encoder.transform(pl.DataFrame({"town": ["Ulm"]}))
    array([[0.5]])
    """

    def __init__(
        self,
        *,
        smoothing: Any = "auto",
        task: str | None = None,
        seed: int = 0,
        n_threads: int = 1,
    ) -> None:
        self.smoothing = smoothing
        self.task = task
        self.seed = seed
        self.n_threads = n_threads

    def _encode(
        self,
        columns: list[tuple[Codes, int]],
        target: EncodedTarget,
        fold_ids: NDArray[np.uint8],
        outer_fold: int | None,
        out: FloatArray,
    ) -> list[FloatArray]:
        return _core.encode_target(
            columns,
            target.values,
            target.n_classes,
            fold_ids,
            read_smoothing(self.smoothing),
            evidence=False,
            outer_fold=outer_fold,
            out=out,
            n_threads=self.n_threads,
        )


class WeightOfEvidenceEncoder(_CrossFitted):
    """Weight-of-evidence encoding of each level for the second class.

    That is the log odds of the second class at the level, less those of all rows; 0
    for unseen levels. Two classes only.

    Parameters
    ----------
    smoothing : float, default=1.0
        Mixes a level's mean with so many rows of the overall mean before odds are
        taken. At 0 a level of one class only has no finite evidence: NaN.
    seed, n_threads : int
        As in `TargetEncoder`.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"town": ["Ulm", "Bonn"] * 4})
    >>> encoder = WeightOfEvidenceEncoder().fit(frame, [1, 0, 1, 0, 1, 0, 0, 1])
    >>> encoder.transform(pl.DataFrame({"town": ["Ulm", "Bonn", "Rom"]})).round(2)
    array([[ 0.85],
           [-0.85],
           [ 0.  ]])
    """

    task = TaskKind.BINARY

    def __init__(
        self, *, smoothing: float = 1.0, seed: int = 0, n_threads: int = 1
    ) -> None:
        self.smoothing = smoothing
        self.seed = seed
        self.n_threads = n_threads

    def _encode(
        self,
        columns: list[tuple[Codes, int]],
        target: EncodedTarget,
        fold_ids: NDArray[np.uint8],
        outer_fold: int | None,
        out: FloatArray,
    ) -> list[FloatArray]:
        return _core.encode_target(
            columns,
            target.values,
            target.n_classes,
            fold_ids,
            read_smoothing(self.smoothing, allows_auto=False),
            evidence=True,
            outer_fold=outer_fold,
            out=out,
            n_threads=self.n_threads,
        )


class OrderedTargetEncoder(_TargetReader):
    """Ordered target encoding: the mean target of a level's earlier rows.

    As CatBoost does it: a training row sees only rows that come before it in one
    random order, so that its own target plays no part, and needs no folds.

    Parameters
    ----------
    smoothing : float, default=1.0
        Mixes a level's mean with so many rows of the mean over all rows before.
    task : {"binary", "multiclass", "regression"} or None
        As in `TargetEncoder`.
    seed : int, default=0
        Of the order.
    n_threads : int, default=1

    Notes
    -----
    The first row of the order has none before it: its value is NaN.
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
        """Learn from training rows, and return their values in the random order."""
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


def _folds(fold_ids: Any, target: EncodedTarget, seed: int) -> NDArray[np.uint8]:
    n_rows = len(target.values)
    if fold_ids is not None:
        return check_fold_ids(fold_ids, n_rows)
    n_folds = min(5, n_rows)
    if target.n_classes:
        codes = target.values.astype(np.int64)
        folds = stratified_folds(codes, n_folds, seed=seed)
    else:
        folds = plain_folds(n_rows, n_folds, seed=seed)
    return np.ascontiguousarray(folds.fold_ids[0])
