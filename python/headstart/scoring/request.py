"""Requests to scoring methods, and their results."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from headstart import _core
from headstart.base import FloatArray
from headstart.machine.watch import Watch
from headstart.scoring.adjustment import adjust_p_values
from headstart.scoring.binning import BinnedMatrix
from headstart.scoring.features import Features
from headstart.scoring.target import Target

__all__ = ["Request", "Scores"]


@dataclass(frozen=True)
class Scores:
    """The scores of a method, one entry per column, NaN where undefined.

    Parameters
    ----------
    statistic : ndarray of shape (n_features,)
    score : ndarray of shape (n_features,)
        Ranks the columns: higher is more relevant.
    p_value : ndarray of shape (n_features,)
        P-value of independence; NaN for methods without p-values.
    """

    statistic: FloatArray
    score: FloatArray
    p_value: FloatArray

    @property
    def q_value(self) -> FloatArray:
        """P-values adjusted for the number of columns."""
        return adjust_p_values(self.p_value)


@dataclass(frozen=True)
class Request:
    """Columns, a target and the options of a scoring method.

    Parameters
    ----------
    features : Features or BinnedMatrix
    target : Target
    weight : ndarray of float64 or None
    n_bins : int or None
        Largest number of bins of numeric columns; None for the method's default.
    n_neighbors : int
    seed : int
    n_threads : int
    watch : Watch
        Time limit and progress of methods that compare pairs of rows.
    """

    features: Features | BinnedMatrix
    target: Target
    weight: FloatArray | None
    n_bins: int | None
    n_neighbors: int
    seed: int
    n_threads: int
    watch: Watch = field(default_factory=Watch)

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.features.shape[1]

    @cached_property
    def columns(self) -> Features:
        """The columns with their values.

        Raises
        ------
        TypeError
            If the request has only bins.
        """
        if isinstance(self.features, BinnedMatrix):
            raise TypeError(
                "This method needs the values of columns, which a BinnedMatrix lacks. "
                "hint: pass the original table."
            )
        return self.features

    def in_time(self, scores: FloatArray) -> FloatArray:
        """Return the scores; warn if the time limit left columns without a score."""
        n_without = int(np.isnan(scores).sum()) if self.watch.is_late() else 0
        n_columns = len(scores)
        self.watch.warn_of_part(
            "score_features", n_columns - n_without, n_columns, "columns"
        )
        return scores

    def empty(self) -> FloatArray:
        """Return one NaN per column."""
        return np.full(self.n_features, np.nan)

    def of_numeric(
        self, score: Callable[[list[int]], FloatArray], n_values: int
    ) -> FloatArray:
        """Return the result of `score` for numeric columns, NaN for the others.

        Parameters
        ----------
        score : callable of ``(indices) -> array of shape (n_indices, n_values)``
        n_values : int
        """
        scores = np.full((self.n_features, n_values), np.nan)
        indices = self.columns.numeric
        if indices:
            scores[indices] = score(indices)
        return scores

    def of_bins(
        self,
        score: Callable[[_core.BinnedMatrix], FloatArray],
        n_values: int,
        *,
        n_bins: int,
        which: str = "all",
    ) -> FloatArray:
        """Return the result of `score` for the bins of columns, NaN for the others.

        Numeric columns have up to `n_bins` bins, or the number that the request sets.
        Categorical columns have up to 255.

        Parameters
        ----------
        score : callable of ``(matrix) -> array of shape (n_columns, n_values)``
        n_values, n_bins : int
        which : {"all", "numeric", "categorical"}
        """
        scores = np.full((self.n_features, n_values), np.nan)
        if isinstance(self.features, BinnedMatrix):
            is_categorical = self.features.is_categorical
            selected = is_categorical | (which != "categorical")
            selected &= ~is_categorical | (which != "numeric")
            scores[selected] = score(self.features.core)[selected]
            return scores
        features = self.features
        limits = [
            (features.numeric, self.n_bins or n_bins),
            (features.categorical, 255),
        ]
        names = ("numeric", "categorical")
        for name, (indices, limit) in zip(names, limits, strict=True):
            if not indices or which not in ("all", name):
                continue
            # Cuts from sampled, unweighted rows are precise enough.
            core = _core.BinnedMatrix.fit(
                features.some(indices),
                [name == "categorical"] * len(indices),
                limit,
                20_000,
                self.seed,
                self.n_threads,
            )
            scores[indices] = score(core)
        return scores
