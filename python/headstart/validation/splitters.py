"""Splitters with scikit-learn's interface, for any ``cv=`` parameter."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import IntArray
from headstart.validation.assignment import (
    group_folds,
    holdout_fold,
    newest_fold,
    plain_folds,
    quantile_bins,
    stratified_folds,
    stratified_group_folds,
)
from headstart.validation.folds import NEVER, Folds
from headstart.validation.time_windows import purged_folds, window_folds

__all__ = [
    "FoldSplitter",
    "GroupKFold",
    "HoldoutSplit",
    "KFold",
    "NestedSplit",
    "PredefinedSplit",
    "PurgedKFold",
    "StratifiedGroupKFold",
    "StratifiedKFold",
    "TimeSeriesSplit",
]


class FoldSplitter(ABC):
    """A splitter with scikit-learn's interface.

    Repeated calls of `split` with the same rows yield the same folds.
    """

    @abstractmethod
    def folds(self, X: Any = None, y: Any = None, groups: Any = None) -> Folds:
        """Return the assignment of rows to folds."""

    def split(
        self, X: Any = None, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield training and validation rows, repeat by repeat."""
        yield from self.folds(X, y, groups).split()

    @abstractmethod
    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of pairs that `split` yields."""

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"


class _KFold(FoldSplitter):
    def __init__(
        self,
        n_splits: int = 5,
        *,
        n_repeats: int = 1,
        random_state: int = 0,
        n_threads: int = 1,
    ) -> None:
        self.n_splits = n_splits
        self.n_repeats = n_repeats
        self.random_state = random_state
        self.n_threads = n_threads

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of pairs that `split` yields."""
        del X, y, groups
        return self.n_splits * self.n_repeats


class KFold(_KFold):
    """Random folds of rows.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, 2 to 254.
    n_repeats : int, default=1
        Number of repeats with other folds.
    random_state : int, default=0
        At least 0. The same seed gives the same folds on every machine.
    n_threads : int, default=1
        Number of threads, used for repeats. It does not affect the folds.

    Examples
    --------
    >>> [held_out.size for _, held_out in KFold(3).split(np.zeros((7, 1)))]
    [3, 2, 2]
    """

    def folds(self, X: Any = None, y: Any = None, groups: Any = None) -> Folds:
        """Return the assignment of rows to folds."""
        del groups
        return plain_folds(
            _n_rows(X, y),
            self.n_splits,
            self.n_repeats,
            seed=self.random_state,
            n_threads=self.n_threads,
        )


class StratifiedKFold(_KFold):
    """Folds with equal shares of every class or quantile bin of values.

    Parameters
    ----------
    n_splits, n_repeats, random_state, n_threads
        As in `KFold`.
    bins : int or None, default=None
        Number of quantile bins of a numeric `y`. None means that `y` has class labels.

    Examples
    --------
    >>> y = np.array([0, 0, 0, 1, 1, 1])
    >>> [y[held_out].tolist() for _, held_out in StratifiedKFold(3).split(None, y)]
    [[0, 1], [0, 1], [0, 1]]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        n_repeats: int = 1,
        bins: int | None = None,
        random_state: int = 0,
        n_threads: int = 1,
    ) -> None:
        super().__init__(
            n_splits,
            n_repeats=n_repeats,
            random_state=random_state,
            n_threads=n_threads,
        )
        self.bins = bins

    def folds(self, X: Any = None, y: Any = None, groups: Any = None) -> Folds:
        """Return the assignment of rows to folds."""
        del X, groups
        return stratified_folds(
            _strata(self, y, self.bins),
            self.n_splits,
            self.n_repeats,
            seed=self.random_state,
            n_threads=self.n_threads,
        )


class GroupKFold(_KFold):
    """Folds of whole groups, of about equal size.

    Parameters
    ----------
    n_splits, n_repeats, random_state, n_threads
        As in `KFold`.

    Examples
    --------
    >>> groups = np.array(["a", "b", "a", "c"])
    >>> for train, held_out in GroupKFold(3).split(None, None, groups):
    ...     assert not set(groups[train]) & set(groups[held_out])
    """

    def folds(self, X: Any = None, y: Any = None, groups: Any = None) -> Folds:
        """Return the assignment of rows to folds."""
        del X, y
        return group_folds(
            _required(self, "groups", groups),
            self.n_splits,
            self.n_repeats,
            seed=self.random_state,
            n_threads=self.n_threads,
        )


class StratifiedGroupKFold(StratifiedKFold):
    """Folds of whole groups, with about the same share of every class.

    Parameters
    ----------
    n_splits, n_repeats, bins, random_state, n_threads
        As in `StratifiedKFold`.

    Examples
    --------
    >>> y, groups = np.arange(40) % 2, np.arange(40) // 4
    >>> [h.size for _, h in StratifiedGroupKFold(5).split(None, y, groups)]
    [8, 8, 8, 8, 8]
    """

    def folds(self, X: Any = None, y: Any = None, groups: Any = None) -> Folds:
        """Return the assignment of rows to folds."""
        del X
        return stratified_group_folds(
            _strata(self, y, self.bins),
            _required(self, "groups", groups),
            self.n_splits,
            self.n_repeats,
            seed=self.random_state,
            n_threads=self.n_threads,
        )


class HoldoutSplit(FoldSplitter):
    """One random share of the rows as validation rows, or several independent ones.

    Parameters
    ----------
    test_size : float, default=0.2
        Share of the rows, between 0 and 1.
    n_repeats : int, default=1
    stratify : bool, default=False
        Whether to hold out the same share of every class of `y`.
    grouped : bool, default=False
        Whether to keep groups together.
    order : array-like of shape (n_rows,) or None, default=None
        Times. The latest rows are held out, instead of random rows.
    random_state : int, default=0

    Examples
    --------
    >>> ((train, held_out),) = HoldoutSplit(0.25, order=[4, 1, 2, 3]).split(np.zeros(4))
    >>> held_out
    array([0])
    """

    def __init__(
        self,
        test_size: float = 0.2,
        *,
        n_repeats: int = 1,
        stratify: bool = False,
        grouped: bool = False,
        order: Any | None = None,
        random_state: int = 0,
    ) -> None:
        self.test_size = test_size
        self.n_repeats = n_repeats
        self.stratify = stratify
        self.grouped = grouped
        self.order = order
        self.random_state = random_state

    def folds(self, X: Any = None, y: Any = None, groups: Any = None) -> Folds:
        """Return the assignment of rows to folds."""
        n_rows = _n_rows(X, y)
        if self.order is not None:
            return self._latest(n_rows)
        return holdout_fold(
            n_rows,
            self.test_size,
            self.n_repeats,
            codes=_required(self, "y", y) if self.stratify else None,
            groups=_required(self, "groups", groups) if self.grouped else None,
            seed=self.random_state,
        )

    def _latest(self, n_rows: int) -> Folds:
        if self.stratify or self.grouped or self.n_repeats != 1:
            raise ValueError(
                "HoldoutSplit with 'order' holds out the latest rows once. 'stratify', "
                "'grouped' and 'n_repeats' do not apply. hint: omit them."
            )
        times = np.asarray(self.order)
        if times.shape != (n_rows,):
            raise ValueError(
                f"order must have {n_rows} values, one per row. Got shape "
                f"{times.shape}."
            )
        if (times == times[0]).all():
            raise ValueError("All rows have the same time: no row precedes the others.")
        return newest_fold(times, self.test_size)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of pairs that `split` yields."""
        del X, y, groups
        return self.n_repeats


class TimeSeriesSplit(FoldSplitter):
    """Blocks in order of time, each with all earlier rows as training rows.

    Without `order`, rows are assumed to be in order of time.

    Parameters
    ----------
    n_splits : int, default=5
        At least 1.
    gap : int, default=0
        Number of distinct times excluded before each block.
    max_train_size : int or None, default=None
        Number of distinct times in a sliding training window; by default all earlier
        times.
    order : array-like of shape (n_rows,) or None, default=None
        Times of the rows.
    ends : array-like of shape (n_rows,) or None, default=None
        Times at which the targets are known; see `headstart.validation.window_folds`.

    Examples
    --------
    >>> for train, held_out in TimeSeriesSplit(2, max_train_size=1).split(np.zeros(6)):
    ...     print(train, held_out)
    [1] [2 3]
    [3] [4 5]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        gap: int = 0,
        max_train_size: int | None = None,
        order: Any | None = None,
        ends: Any | None = None,
    ) -> None:
        self.n_splits = n_splits
        self.gap = gap
        self.max_train_size = max_train_size
        self.order = order
        self.ends = ends

    def folds(self, X: Any = None, y: Any = None, groups: Any = None) -> Folds:
        """Return the assignment of rows to folds."""
        del groups
        times = np.arange(_n_rows(X, y)) if self.order is None else self.order
        return window_folds(
            times,
            self.n_splits,
            self.gap,
            window=self.max_train_size,
            ends=self.ends,
        )

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of pairs that `split` yields."""
        del X, y, groups
        return self.n_splits


class PurgedKFold(FoldSplitter):
    """Blocks of time as folds, with overlapping and embargoed training rows removed.

    Parameters
    ----------
    n_splits : int, default=5
        At least 2.
    embargo : float, default=0.0
        Share of the distinct times excluded after each block.
    order, ends : array-like of shape (n_rows,) or None, default=None
        Times of the rows, by default the row numbers, and times at which their targets
        are known; see `headstart.validation.purged_folds`.

    Examples
    --------
    >>> list(PurgedKFold(3, embargo=0.1).split(np.zeros(6)))[0]
    (array([3, 4, 5]), array([0, 1]))
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        embargo: float = 0.0,
        order: Any | None = None,
        ends: Any | None = None,
    ) -> None:
        self.n_splits = n_splits
        self.embargo = embargo
        self.order = order
        self.ends = ends

    def folds(self, X: Any = None, y: Any = None, groups: Any = None) -> Folds:
        """Return the assignment of rows to folds."""
        del groups
        times = np.arange(_n_rows(X, y)) if self.order is None else self.order
        return purged_folds(times, self.ends, self.n_splits, embargo=self.embargo)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of pairs that `split` yields."""
        del X, y, groups
        return self.n_splits


class PredefinedSplit(FoldSplitter):
    """Predefined folds.

    Parameters
    ----------
    test_fold : array-like of int of shape (n_rows,)
        The fold that holds each row out, -1 for none, as in scikit-learn.

    Examples
    --------
    >>> list(PredefinedSplit([0, 1, -1]).split())
    [(array([1, 2]), array([0])), (array([0, 2]), array([1]))]
    """

    def __init__(self, test_fold: Any) -> None:
        self.test_fold = test_fold

    def folds(self, X: Any = None, y: Any = None, groups: Any = None) -> Folds:
        """Return the assignment of rows to folds."""
        del groups
        test_fold = np.asarray(self.test_fold)
        if test_fold.ndim != 1 or test_fold.dtype.kind not in "iu":
            raise ValueError(
                "The 'test_fold' parameter of PredefinedSplit must hold one int per "
                f"row. Got shape {test_fold.shape} of {test_fold.dtype}."
            )
        if (X is not None or y is not None) and _n_rows(X, y) != test_fold.size:
            raise ValueError(
                f"test_fold has {test_fold.size} rows. Got {_n_rows(X, y)} rows to "
                "split."
            )
        used = np.unique(test_fold[test_fold >= 0])
        if test_fold.size and (test_fold.min() < -1 or used.size >= NEVER):
            raise ValueError(
                f"test_fold must have at most {NEVER - 1} folds, numbered from 0, and "
                f"-1 for rows that no fold holds out. Got {test_fold.min()} to "
                f"{test_fold.max()}."
            )
        # Unused fold numbers are skipped, as in scikit-learn.
        ids = np.searchsorted(used, test_fold)
        fold_ids = np.where(test_fold >= 0, ids, NEVER).astype(np.uint8)
        return Folds(fold_ids[np.newaxis], "splitter", "predefined")

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of pairs that `split` yields."""
        del X, y, groups
        test_fold = np.asarray(self.test_fold)
        return int(np.unique(test_fold[test_fold >= 0]).size)


class NestedSplit:
    """Outer folds for evaluation, each with inner folds of its training rows.

    Parameters
    ----------
    outer, inner : splitter
        Objects with scikit-learn's ``split``. The inner splitter splits the training
        rows of the outer one.

    Examples
    --------
    >>> nested = NestedSplit(KFold(3), KFold(2))
    >>> for train, held_out, inner in nested.split(np.zeros((6, 1))):
    ...     assert all(np.isin(rows, train).all() for pair in inner for rows in pair)
    """

    def __init__(self, outer: Any, inner: Any) -> None:
        self.outer = outer
        self.inner = inner

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[IntArray, IntArray, list[tuple[IntArray, IntArray]]]]:
        """Yield outer training and validation rows, and inner splits of the former."""
        targets = None if y is None else np.asarray(y)
        group_ids = None if groups is None else np.asarray(groups)
        for train, held_out in self.outer.split(X, y, groups):
            # Splitters use at most the length of X.
            rows = np.zeros((len(train), 1))
            pairs = self.inner.split(
                rows,
                None if targets is None else targets[train],
                None if group_ids is None else group_ids[train],
            )
            yield (
                train,
                held_out,
                [(train[fit], train[validation]) for fit, validation in pairs],
            )

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of outer folds."""
        return int(self.outer.get_n_splits(X, y, groups))


def _n_rows(X: Any, y: Any) -> int:
    rows = y if X is None else X
    if rows is None:
        raise ValueError("split needs X or y for the number of rows.")
    shape = getattr(rows, "shape", None)
    return int(shape[0]) if shape else len(rows)


def _required(splitter: FoldSplitter, name: str, values: Any) -> NDArray[Any]:
    if values is None:
        raise ValueError(
            f"{type(splitter).__name__} needs {name!r} in split. Got None."
        )
    return np.asarray(values)


def _strata(splitter: FoldSplitter, y: Any, bins: int | None) -> NDArray[Any]:
    targets = _required(splitter, "y", y)
    return targets if bins is None else quantile_bins(targets, bins)
