"""Normal scores of columns: monotone maps that make their distribution normal.

A column becomes the normal score of its rank among the training rows, by linear
interpolation between stored knots.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, IntArray
from headstart.base.arrays import require

__all__ = ["NormalScores"]


@dataclass(frozen=True, eq=False)
class NormalScores:
    """The knots of columns and their scores.

    Parameters
    ----------
    columns : ndarray of shape (n_scored,)
        Indices of the columns.
    ends : ndarray of shape (n_scored,)
        For each column, the end of its knots in `knots` and `scores`.
    knots, scores : ndarray of shape (ends[-1],)
        Ascending values of each column, and their scores.

    Examples
    --------
    >>> knots, scores = np.array([0.0, 1.0, 10.0]), np.array([-1.0, 0.0, 1.0])
    >>> map_ = NormalScores(np.array([1]), np.array([3]), knots, scores)
    >>> map_.expand(np.array([[7.0, 0.5], [8.0, 100.0]]))
    array([[  7. ,   0.5,  -0.5],
           [  8. , 100. ,   1. ]])
    """

    columns: IntArray
    ends: IntArray
    knots: FloatArray
    scores: FloatArray

    @classmethod
    def none(cls) -> Self:
        """Return no scores."""
        no_columns = np.zeros(0, dtype=np.int64)
        return cls(no_columns, no_columns, np.zeros(0), np.zeros(0))

    def expand(self, values: FloatArray) -> FloatArray:
        """Return `values` with the scores of the columns appended."""
        starts = [0, *self.ends[:-1].tolist()]
        scores = [
            np.interp(values[:, column], self.knots[start:end], self.scores[start:end])
            for column, start, end in zip(self.columns, starts, self.ends, strict=False)
        ]
        return np.column_stack([values, *scores])

    @classmethod
    def from_arrays(
        cls,
        columns: IntArray,
        ends: IntArray,
        knots: NDArray[np.floating],
        scores: NDArray[np.floating],
        n_features: int,
    ) -> Self:
        """Return the scores of stored arrays, after checking them.

        Parameters
        ----------
        columns, ends, knots, scores : ndarray
            Of one dimension.
        n_features : int
            Columns of the matrix.

        Raises
        ------
        ArtifactError
            If they are no scores of such a matrix.
        """
        n_knots = int(ends[-1]) if ends.size else 0
        require(
            columns.shape == ends.shape
            and bool(np.all((columns >= 0) & (columns < n_features)))
            and bool(np.all(np.diff(ends, prepend=0) > 0))
            and knots.shape == scores.shape == (n_knots,),
            "The scores of a stored model do not fit its columns.",
        )
        rises = np.diff(knots) > 0
        rises[ends[:-1] - 1] = True
        require(rises.all(), "The knots of a stored model must rise.")
        return cls(
            columns.astype(np.int64),
            ends.astype(np.int64),
            knots.astype(np.float64),
            scores.astype(np.float64),
        )
