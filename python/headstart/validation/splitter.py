"""Folds from a scikit-learn splitter."""

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from headstart.base import IntArray
from headstart.validation.folds import NEVER, Folds

__all__ = ["Splitter", "folds_from_splitter"]


class Splitter(Protocol):
    """The interface of scikit-learn's cross-validators."""

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterable[tuple[Any, Any]]:
        """Yield training and validation row numbers."""


def folds_from_splitter(
    splitter: Splitter, X: Any, y: Any, groups: Any = None
) -> Folds:
    """Return the folds that `splitter` yields.

    Disjoint validation sets become folds of one repeat. A set that overlaps earlier
    ones starts a new repeat. If the repeats differ in size or rows, each set becomes a
    repeat with one fold.

    The folds follow time if training rows always precede validation rows. A single
    split is checked by the splitter's ``order``, or by row numbers. Several splits
    follow time if none trains on validation rows of its own or of a later split.

    Parameters
    ----------
    splitter : object with scikit-learn's ``split(X, y, groups)``
    X : array-like of shape (n_rows, n_features)
    y : array-like of shape (n_rows,)
    groups : array-like of shape (n_rows,) or None

    Raises
    ------
    TypeError
        If `splitter` has no ``split``.
    ValueError
        If the splitter yields nothing, empty sets, invalid row numbers, rows that are
        both training and validation rows, or more than 254 folds.
    """
    if not callable(getattr(splitter, "split", None)):
        raise TypeError(
            "validation must be 'auto', a Validation, or a scikit-learn splitter with "
            f"a split method. Got {type(splitter).__name__} instead."
        )
    name = type(splitter).__name__
    n_rows = len(y)
    pairs = [
        (_rows(train, n_rows, name), _rows(held_out, n_rows, name))
        for train, held_out in splitter.split(X, y, groups)
    ]
    _check(pairs, name)
    repeats = _repeats(pairs, n_rows)
    n_folds = len(repeats[0])
    if n_folds >= NEVER:
        raise ValueError(
            f"{name} yields {n_folds} folds. At most {NEVER - 1} are allowed."
        )
    fold_ids = np.full((len(repeats), n_rows), NEVER, dtype=np.uint8)
    training = np.zeros((len(repeats), n_folds, n_rows), dtype=bool)
    for repeat, members in enumerate(repeats):
        for fold, (train, held_out) in enumerate(members):
            fold_ids[repeat, held_out] = fold
            training[repeat, fold, train] = True
    folds = np.arange(n_folds, dtype=np.uint8)[np.newaxis, :, np.newaxis]
    plain = bool((training == (fold_ids[:, np.newaxis, :] != folds)).all())
    return Folds(
        fold_ids,
        "time" if _follows_time(pairs, _times(splitter, n_rows)) else "splitter",
        f"by {name}",
        None if plain else np.packbits(training, axis=-1),
    )


Pair = tuple[IntArray, IntArray]


def _rows(rows: Any, n_rows: int, name: str) -> IntArray:
    row_numbers = np.asarray(rows)
    if row_numbers.dtype == bool:
        row_numbers = np.flatnonzero(row_numbers)
    expected = f"{name} must yield row numbers from 0 to {n_rows - 1}."
    if row_numbers.size and row_numbers.dtype.kind not in "iu":
        raise ValueError(f"{expected} Got values of dtype {row_numbers.dtype}.")
    if row_numbers.size and (row_numbers.min() < 0 or row_numbers.max() >= n_rows):
        raise ValueError(f"{expected} Got {row_numbers.min()} to {row_numbers.max()}.")
    return np.unique(row_numbers.astype(np.int64))


def _check(pairs: list[Pair], name: str) -> None:
    if not pairs:
        raise ValueError(f"{name} yields no split. It must yield at least one.")
    for number, (train, held_out) in enumerate(pairs):
        if not train.size or not held_out.size:
            raise ValueError(
                f"Split {number} of {name} trains on {train.size} rows and holds out "
                f"{held_out.size}. Neither may be 0."
            )
        both = np.intersect1d(train, held_out, assume_unique=True)
        if both.size:
            raise ValueError(
                f"Split {number} of {name} both trains on and holds out {both.size} "
                f"rows, the first of them row {both[0]}. A row must not be in both "
                "sets."
            )


def _repeats(pairs: list[Pair], n_rows: int) -> list[list[Pair]]:
    repeats: list[list[Pair]] = []
    held_out = np.ones(n_rows, dtype=bool)
    for pair in pairs:
        if held_out[pair[1]].any():
            repeats.append([])
            held_out = np.zeros(n_rows, dtype=bool)
        repeats[-1].append(pair)
        held_out[pair[1]] = True
    sizes = {len(members) for members in repeats}
    rows = {np.sort(np.concatenate([h for _, h in m])).tobytes() for m in repeats}
    if len(sizes) > 1 or len(rows) > 1:
        return [[pair] for pair in pairs]
    return repeats


def _times(splitter: Splitter, n_rows: int) -> NDArray[Any]:
    """Return the `order` of a splitter, or row numbers without one."""
    order = getattr(splitter, "order", None)
    if order is not None and np.shape(order) == (n_rows,):
        return np.unique(np.asarray(order), return_inverse=True)[1]
    return np.arange(n_rows)


def _follows_time(pairs: list[Pair], times: NDArray[Any]) -> bool:
    if len(pairs) == 1:
        ((train, held_out),) = pairs
        return bool(times[train].max() < times[held_out].min())
    later = np.arange(0)
    for train, held_out in reversed(pairs):
        later = np.union1d(later, held_out)
        if np.isin(train, later, assume_unique=True).any():
            return False
    return True
