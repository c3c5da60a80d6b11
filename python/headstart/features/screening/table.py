"""A table for screening: numbers in single precision, categories as codes."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.tables import Schema, known_levels

__all__ = ["ScreenedTable"]


@dataclass(frozen=True, eq=False)
class ScreenedTable:
    """The columns of candidates, numeric columns first.

    Parameters
    ----------
    names : tuple of str
        Names of the numeric columns, then of the categorical ones.
    numeric : ndarray of shape (n_numeric, n_rows), float64
        NaN where missing.
    codes : ndarray of shape (n_categorical, n_rows), uint32
        Codes of levels. Missing values are a separate level, the last one.
    n_levels : ndarray of shape (n_categorical,), uint32
        Number of levels, with the level of missing values.
    """

    names: tuple[str, ...]
    numeric: NDArray[np.float64]
    codes: NDArray[np.uint32]
    n_levels: NDArray[np.uint32]

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Self:
        """Return the numeric, boolean and categorical columns of a table.

        Excluded are constants, identifiers, dates and text; the latter two have their
        own operators.
        """
        canonical = Schema.learn(frame).apply(frame)
        plain = set(frame.columns)
        names = [name for name in canonical.columns if name in plain]
        return cls.of_canonical(canonical.select(names))

    @classmethod
    def of_canonical(cls, frame: pl.DataFrame) -> Self:
        """Return the columns of a canonical table with Float64 and Enum columns."""
        numeric: dict[str, NDArray[np.float64]] = {}
        codes: dict[str, NDArray[np.uint32]] = {}
        n_levels = []
        for column in frame.get_columns():
            if isinstance(column.dtype, pl.Enum):
                # Levels beyond the schema's limit share the code of missing values.
                n_known = len(known_levels(column.dtype))
                physical = column.to_physical().cast(pl.UInt32).fill_null(n_known)
                codes[column.name] = physical.to_numpy()
                n_levels.append(n_known + 1)
            else:
                values = column.cast(pl.Float64).fill_null(float("nan"))
                numeric[column.name] = values.to_numpy()
        return cls(
            (*numeric, *codes),
            _stacked(list(numeric.values()), frame.height, np.float64),
            _stacked(list(codes.values()), frame.height, np.uint32),
            np.asarray(n_levels, dtype=np.uint32),
        )

    @property
    def n_numeric(self) -> int:
        """Number of numeric columns."""
        return len(self.numeric)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.numeric.shape[1])

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the table of some rows."""
        return type(self)(
            self.names, self.numeric[:, rows], self.codes[:, rows], self.n_levels
        )

    def matrix(self) -> NDArray[np.float64]:
        """Return all columns as one matrix, with codes as numbers."""
        return np.concatenate([self.numeric, self.codes.astype(np.float64)]).T


def _stacked(columns: list[Any], n_rows: int, dtype: Any) -> NDArray[Any]:
    if not columns:
        return np.empty((0, n_rows), dtype=dtype)
    return np.ascontiguousarray(np.stack(columns), dtype=dtype)
