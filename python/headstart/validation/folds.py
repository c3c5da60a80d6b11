"""Folds: an assignment of training and validation rows, one byte per row."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from headstart.base import IntArray
from headstart.exceptions import ArtifactError

__all__ = [
    "NEVER",
    "Folds",
]

NEVER = 255
"""Id of rows that no fold holds out."""

Scheme = Literal["k_fold", "holdout", "time", "splitter"]
_SCHEMES = ("k_fold", "holdout", "time", "splitter")


@dataclass(frozen=True, eq=False)
class Folds:
    """An assignment of rows to folds, shared by all configurations of a run.

    Parameters
    ----------
    fold_ids : ndarray of uint8 of shape (n_repeats, n_rows)
        The fold that holds each row out, or 255 for none. Every repeat has the same
        folds, ``0 .. n_folds - 1``, and no fold is empty.
    scheme : {"k_fold", "holdout", "time", "splitter"}
        The kind of folds.
    assignment : str
        Description of the assignment, for `describe`.
    training : ndarray of uint8 of shape (n_repeats, n_folds, ceil(n_rows / 8)) or None
        Training rows of each fold, as bits of `numpy.packbits`. None if each fold
        trains on all rows that it does not hold out.

    Raises
    ------
    ValueError
        If the ids or bits are inconsistent.

    Examples
    --------
    >>> folds = Folds(np.array([[0, 1, 0, 1]], dtype=np.uint8))
    >>> folds.train(0, 1), folds.validation(0, 1)
    (array([0, 2]), array([1, 3]))
    """

    ARRAYS: ClassVar[Mapping[str, tuple[str, int]]] = {
        "fold_ids": ("u", 2),
        "training": ("u", 3),
        "words": ("u", 1),
    }
    """Kinds and dimensions of the arrays of `to_arrays`; see `base.arrays`."""

    fold_ids: NDArray[np.uint8]
    scheme: Scheme = "k_fold"
    assignment: str = ""
    training: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "fold_ids", _frozen(self.fold_ids))
        if self.training is not None:
            object.__setattr__(self, "training", _frozen(self.training))
        _check(self)

    @property
    def n_repeats(self) -> int:
        """Number of independent assignments of the rows."""
        return int(self.fold_ids.shape[0])

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.fold_ids.shape[1])

    @cached_property
    def n_folds(self) -> int:
        """Number of folds of each repeat."""
        return _count_folds(self.fold_ids)

    @cached_property
    def units(self) -> tuple[tuple[int, int], ...]:
        """Pairs of repeat and fold, in the order of a trial's fold fits.

        For folds in order of time the newest rows come first: they are most similar to
        future rows, and their fold has the most training rows.
        """
        units = [(r, f) for r in range(self.n_repeats) for f in range(self.n_folds)]
        if self.scheme == "time":
            units.sort(key=lambda unit: (unit[0], -unit[1]))
            if self.n_folds == 1:
                units.reverse()
        return tuple(units)

    @property
    def n_complete(self) -> int:
        """Number of units of a complete trial, the first ones in `units`.

        These are the folds of the first repeat, or all repeats if each has one fold.
        """
        return self.n_repeats if self.n_folds == 1 else self.n_folds

    @cached_property
    def held_out_share(self) -> float:
        """Mean share of validation rows among the rows that a fold uses."""
        shares = []
        for unit in self.units:
            n_held_out = self.validation(*unit).size
            shares.append(n_held_out / (n_held_out + self.train(*unit).size))
        return float(np.mean(shares))

    def train(self, repeat: int, fold: int) -> IntArray:
        """Return the training rows of a fold, ascending."""
        self._check_fold(repeat, fold)
        if self.training is None:
            mask = self.fold_ids[repeat] != fold
        else:
            bits = self.training[repeat, fold]
            mask = np.unpackbits(bits, count=self.n_rows).astype(bool)
        return np.flatnonzero(mask).astype(np.int64, copy=False)

    def validation(self, repeat: int, fold: int) -> IntArray:
        """Return the validation rows of a fold, ascending."""
        self._check_fold(repeat, fold)
        rows = np.flatnonzero(self.fold_ids[repeat] == fold)
        return rows.astype(np.int64, copy=False)

    def split(
        self, X: object = None, y: object = None, groups: object = None
    ) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield training and validation rows, repeat by repeat.

        The arguments are those of scikit-learn's splitters, and ignored.
        """
        del X, y, groups
        for repeat in range(self.n_repeats):
            for fold in range(self.n_folds):
                yield self.train(repeat, fold), self.validation(repeat, fold)

    def get_n_splits(
        self, X: object = None, y: object = None, groups: object = None
    ) -> int:
        """Return the number of pairs that `split` yields."""
        del X, y, groups
        return self.n_repeats * self.n_folds

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the assignment, in hexadecimal, without `assignment`."""
        content = hashlib.sha256()
        content.update(f"{self.scheme} {self.fold_ids.shape}".encode())
        content.update(self.fold_ids.tobytes())
        if self.training is not None:
            content.update(b"training")
            content.update(self.training.tobytes())
        return content.hexdigest()

    def describe(self) -> str:
        """Return a description of the folds.

        Examples
        --------
        >>> Folds(
        ...     np.array([[0, 1, 0, 1]], dtype=np.uint8), assignment="plain"
        ... ).describe()
        '2 folds, plain'
        """
        is_split = self.n_folds == 1 < self.n_repeats
        if self.scheme == "holdout" or (
            self.scheme == "time" and self.n_folds == 1 and not is_split
        ):
            n_held_out = np.count_nonzero(self.fold_ids != NEVER) // self.n_repeats
            share = n_held_out / self.n_rows
            noun = "row" if n_held_out == 1 else "rows"
            words = [f"holdout of {n_held_out:,} {noun} ({share:.0%})"]
        elif is_split:
            words = [f"{self.n_repeats} splits"]
        else:
            words = [f"{self.n_folds} fold{'s' if self.n_folds > 1 else ''}"]
        if self.n_repeats > 1 and (self.scheme == "holdout" or not is_split):
            words.append(f"{self.n_repeats} repeats")
        if self.assignment:
            words.append(self.assignment)
        return ", ".join(words)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the folds as numeric arrays, for a file."""
        words = json.dumps({"scheme": self.scheme, "how": self.assignment}).encode()
        none = np.zeros((0, 0, 0), dtype=np.uint8)
        return {
            "fold_ids": self.fold_ids,
            "training": none if self.training is None else self.training,
            "words": np.frombuffer(words, dtype=np.uint8),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return the folds of arrays that `to_arrays` returned.

        Raises
        ------
        ArtifactError
            If the arrays are not valid folds.
        """
        try:
            words = json.loads(np.asarray(arrays["words"], dtype=np.uint8).tobytes())
            training = arrays["training"]
            return cls(
                arrays["fold_ids"],
                words["scheme"],
                str(words["how"]),
                training if training.size else None,
            )
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ArtifactError(f"Stored folds cannot be read: {error}") from error

    def _check_fold(self, repeat: int, fold: int) -> None:
        if not (0 <= repeat < self.n_repeats and 0 <= fold < self.n_folds):
            raise IndexError(
                f"There are {self.n_repeats} repeats of {self.n_folds} folds, counted "
                f"from 0. Got repeat {repeat}, fold {fold}."
            )


def _frozen(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a read-only array in C order: a change would invalidate the digest."""
    values = np.ascontiguousarray(array)
    if values.dtype != np.uint8:
        raise ValueError(f"Folds are stored as uint8. Got dtype {values.dtype}.")
    view = values.view()
    view.flags.writeable = False
    return view


def _count_folds(fold_ids: NDArray[np.uint8]) -> int:
    held_out = fold_ids[fold_ids != NEVER]
    return int(held_out.max()) + 1 if held_out.size else 0


def _check(folds: Folds) -> None:
    if folds.scheme not in _SCHEMES:
        raise ValueError(f"scheme must be one of {_SCHEMES}. Got {folds.scheme!r}.")
    ids = folds.fold_ids
    if ids.ndim != 2 or ids.size == 0:
        raise ValueError(
            f"fold_ids must be (n_repeats, n_rows). Got shape {ids.shape}."
        )
    n_folds = _count_folds(ids)
    if n_folds == 0:
        raise ValueError("fold_ids must hold out at least one row.")
    for repeat, row in enumerate(ids):
        sizes = np.bincount(row, minlength=NEVER + 1)[:n_folds]
        if not sizes.all():
            raise ValueError(
                f"Fold {int(sizes.argmin())} of repeat {repeat} holds out no row. "
                "Every fold of every repeat must hold out at least one row."
            )
    if folds.training is not None:
        expected = (ids.shape[0], n_folds, -(-ids.shape[1] // 8))
        if folds.training.shape != expected:
            raise ValueError(
                f"training must have shape {expected}. Got {folds.training.shape}."
            )
