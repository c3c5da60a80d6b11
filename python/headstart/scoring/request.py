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
    """The result of a method per column, NaN where it is undefined.

    Parameters
    ----------
    statistic : ndarray of shape (n_features,)
    score : ndarray of shape (n_features,)
        Higher is more relevant: what columns are ranked by.
    p_value : ndarray of shape (n_features,)
        Of independence; NaN for methods without one.
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
        Most bins of numeric columns; None for the method's own.
    n_neighbors : int
    seed : int
    n_threads : int
    watch : Watch
        For methods that look at pairs of rows.
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
                "This method reads the values of columns, and a BinnedMatrix has none. "
                "hint: pass the table that it was made from."
            )
        return self.features

    def in_time(self, scores: FloatArray) -> FloatArray:
        """Return scores of columns, with a warning on those that the time limit cut."""
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
        score : callable of ``(places) -> array of shape (n_places, n_values)``
        n_values : int
        """
        found = np.full((self.n_features, n_values), np.nan)
        places = self.columns.numeric
        if places:
            found[places] = score(places)
        return found

    def of_bins(
        self,
        score: Callable[[_core.BinnedMatrix], FloatArray],
        n_values: int,
        *,
        n_bins: int,
        which: str = "all",
    ) -> FloatArray:
        """Return the result of `score` for the bins of columns, NaN for the others.

        Numeric columns have up to `n_bins` of them (or what the request says), levels
        of categorical ones as many as a byte holds.

        Parameters
        ----------
        score : callable of ``(matrix) -> array of shape (n_columns, n_values)``
        n_values, n_bins : int
        which : {"all", "numeric", "categorical"}
        """
        found = np.full((self.n_features, n_values), np.nan)
        if isinstance(self.features, BinnedMatrix):
            kinds = self.features.is_categorical
            keep = kinds | (which != "categorical")
            keep &= ~kinds | (which != "numeric")
            found[keep] = score(self.features.core)[keep]
            return found
        features = self.features
        limits = [
            (features.numeric, self.n_bins or n_bins),
            (features.categorical, 255),
        ]
        names = ("numeric", "categorical")
        for name, (places, limit) in zip(names, limits, strict=True):
            if not places or which not in ("all", name):
                continue
            # Sampled rows give the cuts: their places matter little, and weights not.
            core = _core.BinnedMatrix.fit(
                features.some(places),
                [name == "categorical"] * len(places),
                limit,
                20_000,
                self.seed,
                self.n_threads,
            )
            found[places] = score(core)
        return found
