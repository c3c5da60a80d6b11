"""Binned columns as small integers, shared by scorers and screening."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray
from headstart.scoring.columns import (
    column_names,
    in_range,
    readable_column,
    readable_matrix,
    which_columns,
)
from headstart.scoring.features import Features
from headstart.tables import to_frame

__all__ = ["MISSING", "BinnedMatrix"]

MISSING = 255
"""Code of a missing value, in every column."""


class BinnedMatrix:
    """A table with one byte per value: the index of its bin, or `MISSING`.

    A numeric column with at most `n_bins` distinct values has one bin per value. Other
    numeric columns are cut at quantiles: bins contain about equal numbers of rows, and
    equal values share a bin. NaN is missing; -inf and +inf are the lowest and highest
    values. A constant column has one bin. The bins of a categorical column are its
    levels in the order of their codes. If there are more than `n_bins` levels, the
    ``n_bins - 1`` most frequent levels have a bin each, and the others share the last
    bin. Of equally frequent levels, the one with the lower code comes first.

    Use `from_numpy` or `from_arrow`. Sample weights do not affect bins.

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

    def __init__(
        self,
        core: _core.BinnedMatrix,
        names: tuple[str, ...],
        levels: tuple[pl.Series | None, ...] | None = None,
    ) -> None:
        self.core = core
        self.names = names
        self._levels = levels

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
        """Return the bins of a matrix, or of columns of equal length.

        Parameters
        ----------
        X : array of shape (n_samples, n_features), or sequence of 1-D arrays
            Booleans, integers or floats. Arrays in Fortran order and 1-D columns are
            not copied. Arrays in C order are transposed, eight columns at a time.
            Integers beyond 2^53 are rounded.
        names : sequence of str, optional
        categorical : sequence of int or bool, optional
            Columns that contain codes of levels: whole numbers from 0. Negative numbers
            and NaN are missing.
        n_bins : int, default=255
            Largest number of bins per column, from 2 to 255, without missing values.
        n_sampled : int or None, default=20_000
            Number of rows sampled by `seed` for the quantiles of numeric columns; None
            for all. Categorical columns, and columns with at most `n_bins` distinct
            values, are read completely.
        n_threads : int, default=1
            Number of threads. The codes do not depend on it.

        Raises
        ------
        TypeError
            If the values are not numeric.
        ValueError
            If a parameter is invalid, or codes of levels are not whole numbers.
        """
        table = _table(X)
        n_columns = len(table) if isinstance(table, list) else table.shape[1]
        features = Features(
            table,
            column_names(names, n_columns),
            tuple(which_columns(categorical, n_columns)),
            (None,) * n_columns,
        )
        return cls.of_features(
            features, n_bins=n_bins, n_sampled=n_sampled, seed=seed, n_threads=n_threads
        )

    @classmethod
    def from_arrow(
        cls,
        X: Any,
        *,
        n_bins: int = 255,
        n_sampled: int | None = 20_000,
        seed: int = 0,
        n_threads: int = 1,
    ) -> Self:
        """Return the bins of a polars, pandas or pyarrow table (`__arrow_c_stream__`).

        Numeric columns in one chunk and without nulls are not copied. Nulls and NaN are
        missing. Dates and times become numbers since 1970. Text, categories and
        booleans are categorical, with sorted levels.

        Parameters
        ----------
        X : table
        n_bins, n_sampled, seed, n_threads
            As in `from_numpy`.

        Raises
        ------
        ColumnError
            If a column contains lists, mappings or bytes.
        ValueError
            If a parameter is invalid.

        Examples
        --------
        >>> import polars as pl
        >>> table = pl.DataFrame({"age": [31, None, 45], "town": ["Ulm", "Bonn", None]})
        >>> BinnedMatrix.from_arrow(table).codes
        array([[  0,   1],
               [255,   0],
               [  1, 255]], dtype=uint8)
        """
        features = Features.of(X)
        return cls.of_features(
            features, n_bins=n_bins, n_sampled=n_sampled, seed=seed, n_threads=n_threads
        )

    @classmethod
    def of_features(
        cls,
        features: Features,
        *,
        n_bins: int = 255,
        n_sampled: int | None = 20_000,
        seed: int = 0,
        n_threads: int = 1,
    ) -> Self:
        """Return the bins of features that are already read; see `from_numpy`."""
        core = _core.BinnedMatrix.fit(
            features.values,
            list(features.is_categorical),
            in_range("n_bins", n_bins, 2, 255),
            None if n_sampled is None else in_range("n_sampled", n_sampled, 1, 2**32),
            seed,
            in_range("n_threads", n_threads, 1, 1024),
        )
        return cls(core, features.names, features.levels)

    def transform(self, X: Any, *, n_threads: int = 1) -> "BinnedMatrix":
        """Return the codes of other rows, binned with the cuts of this matrix.

        Unseen levels get the bin of rare levels if there is one, else they are missing.

        Parameters
        ----------
        X : matrix, sequence of arrays or table
            The same columns in the same order.

        Raises
        ------
        ValueError
            If the number of columns differs.
        """
        if isinstance(X, np.ndarray | list | tuple):
            values = _table(X)
        else:
            width = self.shape[1]
            frame = to_frame(X)
            if frame.width != width:
                raise ValueError(f"X must have {width} columns. Got {frame.width}.")
            values = Features.of(frame, levels=self._levels).values
        core = self.core.transform(values, n_threads)
        return BinnedMatrix(core, self.names, self._levels)

    def take(self, rows: NDArray[Any], *, n_threads: int = 1) -> "BinnedMatrix":
        """Return the rows with given indices, or of a mask."""
        indices = np.asarray(rows)
        if indices.dtype == bool:
            indices = np.flatnonzero(indices)
        if indices.size and (indices.min() < 0 or indices.max() >= self.shape[0]):
            raise ValueError(
                f"rows must be from 0 to {self.shape[0] - 1}. "
                f"Got {indices.min()} to {indices.max()}."
            )
        taken = self.core.take(
            np.ascontiguousarray(indices, dtype=np.uint32), n_threads
        )
        return BinnedMatrix(taken, self.names, self._levels)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return self.core.shape

    @property
    def codes(self) -> NDArray[np.uint8]:
        """A copy of the codes, in Fortran order."""
        return self.core.codes()

    @property
    def is_categorical(self) -> NDArray[np.bool_]:
        """Mask of the columns whose bins are levels."""
        return np.array([not self.core.bins(c)[0] for c in range(self.shape[1])], bool)

    @property
    def n_bins(self) -> NDArray[np.int64]:
        """Number of bins per column; codes are ``0 .. n_bins - 1`` and `MISSING`."""
        return np.array([self.core.bins(c)[1] for c in range(self.shape[1])], np.int64)

    def cuts(self, column: int) -> FloatArray | None:
        """Return the cuts of a numeric column.

        A cut is the largest value of its bin, and the last bin has no cut: the code of
        `x` is ``np.searchsorted(cuts, x)``. Categorical columns return None.
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
