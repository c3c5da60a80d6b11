"""Columns as small integers, made once and shared by scorers and screens."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray
from headstart.scoring.columns import readable_column, readable_matrix, which_columns

__all__ = ["MISSING", "BinnedMatrix"]

MISSING = 255
"""Code of a missing value, in every column."""


class BinnedMatrix:
    """A table as one byte a value: the number of its bin, or `MISSING`.

    Numbers are cut at quantiles: where a column has no more different values than
    `n_bins`, each is a bin; else bins hold about as many values each, and equal values
    are never parted. NaN is missing; -inf and +inf are the lowest and highest values.
    A constant column has one bin. Levels of a categorical column are bins in the order
    of their codes; of more than `n_bins` levels the most frequent ``n_bins - 1`` are
    (of equally frequent ones those with lower codes), and all others share the last.

    Use `from_numpy`. Sample weights play no part in bins.

    Attributes
    ----------
    shape : tuple of (n_samples, n_features)
    names : tuple of str
        Names of the columns; ``x0``, ``x1``, ... of arrays.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[0.5, 1], [np.nan, 0], [2.5, 1], [-np.inf, 2]])
    >>> binned = BinnedMatrix.from_numpy(X, categorical=[1])
    >>> binned.codes
    array([[  1,   1],
           [255,   0],
           [  2,   1],
           [  0,   2]], dtype=uint8)
    >>> binned.cuts(0)
    array([-inf,  0.5])
    """

    def __init__(self, core: _core.BinnedMatrix, names: tuple[str, ...]) -> None:
        self.core = core
        self.names = names

    @classmethod
    def from_numpy(
        cls,
        X: NDArray[Any] | Sequence[NDArray[Any]],
        *,
        names: Sequence[str] | None = None,
        categorical: Sequence[int] | Sequence[bool] | NDArray[Any] | None = None,
        n_bins: int = 255,
        n_sampled: int | None = 20_000,
        seed: int = 0,
        n_threads: int = 1,
    ) -> Self:
        """Bin a matrix, or columns of one length.

        Parameters
        ----------
        X : array of shape (n_samples, n_features), or sequence of 1-D arrays
            Booleans, integers or floats. Fortran order and 1-D columns are read in
            place; of C order eight columns at a time are turned. Integers beyond 2^53
            are rounded.
        names : sequence of str, optional
        categorical : sequence of int or bool, optional
            Columns that hold codes of levels: whole numbers from 0, negative or NaN
            where missing.
        n_bins : int, default=255
            Most bins of a column, from 2 to 255; missing values have a code besides.
        n_sampled : int or None, default=20_000
            Rows that cuts of numeric columns are found from, drawn by `seed`; None for
            all. Categorical columns are always counted whole.
        n_threads : int, default=1
            Threads. The codes do not depend on it.

        Raises
        ------
        TypeError
            If the values are no numbers.
        ValueError
            If a parameter makes no sense, or codes of levels are no whole numbers.
        """
        table = _table(X)
        n_columns = len(table) if isinstance(table, list) else table.shape[1]
        core = _core.BinnedMatrix.fit(
            table,
            which_columns(categorical, n_columns),
            _in_range("n_bins", n_bins, 2, 255),
            None if n_sampled is None else _in_range("n_sampled", n_sampled, 1, 2**32),
            seed,
            _in_range("n_threads", n_threads, 1, 1024),
        )
        return cls(core, _names(names, n_columns))

    def transform(
        self, X: NDArray[Any] | Sequence[NDArray[Any]], *, n_threads: int = 1
    ) -> "BinnedMatrix":
        """Return the codes of other rows, by the cuts of this matrix.

        A level that was not there is in the bin that rare levels share where there is
        one, else missing.

        Raises
        ------
        ValueError
            If the number of columns differs.
        """
        core = self.core.transform(_table(X), n_threads)
        return BinnedMatrix(core, self.names)

    def take(self, rows: NDArray[Any], *, n_threads: int = 1) -> "BinnedMatrix":
        """Return some rows, by their places, or by a mask."""
        places = np.asarray(rows)
        if places.dtype == bool:
            places = np.flatnonzero(places)
        if places.size and (places.min() < 0 or places.max() >= self.shape[0]):
            raise ValueError(
                f"rows must be from 0 to {self.shape[0] - 1}. "
                f"Got {places.min()} to {places.max()}."
            )
        taken = self.core.take(np.ascontiguousarray(places, dtype=np.uint32), n_threads)
        return BinnedMatrix(taken, self.names)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.core.shape

    @property
    def codes(self) -> NDArray[np.uint8]:
        """A copy of the codes, in Fortran order."""
        return self.core.codes()

    @property
    def is_categorical(self) -> NDArray[np.bool_]:
        """Whether a column's bins are levels."""
        return np.array([not self.core.bins(c)[0] for c in range(self.shape[1])], bool)

    @property
    def n_bins(self) -> NDArray[np.int64]:
        """Bins of each column; codes are ``0 .. n_bins - 1`` and `MISSING`."""
        return np.array([self.core.bins(c)[1] for c in range(self.shape[1])], np.int64)

    def cuts(self, column: int) -> FloatArray | None:
        """Return the cuts of a numeric column.

        A cut is the largest value of its bin, and the last bin has none: the code of
        `x` is ``np.searchsorted(cuts, x)``. None for categorical columns.
        """
        return self.core.cuts(column)

    def bins_of_levels(self, column: int) -> NDArray[np.uint8] | None:
        """Return the bin of each level of a categorical column, else None."""
        return self.core.bins_of_levels(column)

    def __repr__(self) -> str:
        return f"BinnedMatrix({self.shape[0]} x {self.shape[1]})"


def _table(X: Any) -> NDArray[Any] | list[NDArray[Any]]:
    columns = X if isinstance(X, list | tuple) else []
    if columns and all(isinstance(c, np.ndarray) and c.ndim == 1 for c in columns):
        return [readable_column(c, f"Column {i}") for i, c in enumerate(columns)]
    return readable_matrix(X)


def _names(names: Sequence[str] | None, n_columns: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"x{column}" for column in range(n_columns))
    if len(names) != n_columns:
        raise ValueError(
            f"names must hold {n_columns} names. Got {len(names)} instead."
        )
    return tuple(names)


def _in_range(name: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an int. Got {value!r} instead.")
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low} to {high}. Got {value} instead.")
    return int(value)
