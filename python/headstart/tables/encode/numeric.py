"""Numeric columns of a view: scaling, quantile scores, imputation, indicators."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from headstart.base.matrix import FloatArray, IntArray
from headstart.exceptions import ArtifactError

__all__ = ["NumericEncoding", "normal_scores"]

Scale = Literal["raw", "scaled", "quantile"]

_QUANTILES = 1_000
_SAMPLE_ROWS = 100_000
_SQUASH_FROM = 3.0
# The spread of a normal distribution's middle half, in standard deviations.
_NORMAL_IQR = 1.3489795003921634


@dataclass(frozen=True, eq=False)
class NumericEncoding:
    """Encoding of numeric columns, learnt from training rows.

    Parameters
    ----------
    scale : {"raw", "scaled", "quantile"}
    impute : bool
        Fill missing values with the training median, and mark them.
    fill, centre, spread : ndarray of shape (n_columns,)
        Imputed value (the median), subtracted value, and positive divisor.
    indicators : ndarray of int64
        Columns with an indicator of missing values, ascending.
    starts : ndarray of shape (n_columns + 1,), int64
        Index in `knots` and `scores` of the first knot of each column; empty unless
        `scale` is "quantile".
    knots, scores : ndarray
        Training quantiles, strictly ascending per column, and their normal scores.
    """

    ARRAYS: ClassVar[dict[str, str]] = {
        "fill": "<f8",
        "centre": "<f8",
        "spread": "<f8",
        "indicators": "<i8",
        "starts": "<i8",
        "knots": "<f8",
        "scores": "<f8",
    }

    scale: Scale
    impute: bool
    fill: FloatArray
    centre: FloatArray
    spread: FloatArray
    indicators: IntArray
    starts: IntArray
    knots: FloatArray
    scores: FloatArray

    @classmethod
    def fit(cls, columns: list[FloatArray], scale: Scale, *, impute: bool) -> Self:
        """Return the encoding learnt from columns of training rows, NaN where missing.

        Parameters
        ----------
        columns : list of ndarray
        scale : {"raw", "scaled", "quantile"}
        impute : bool
            See the class.
        """
        n_columns = len(columns)
        fill, centre = np.zeros(n_columns), np.zeros(n_columns)
        spread = np.ones(n_columns)
        knots: list[FloatArray] = []
        scores: list[FloatArray] = []
        masks: set[bytes] = set()
        indicators = []
        for i, values in enumerate(columns):
            missing = np.isnan(values)
            present = values[~missing] if missing.any() else values
            if impute and len(present) < len(values):
                # Parts of one date are missing together; one indicator is enough.
                mask = np.packbits(missing).tobytes()
                if mask not in masks:
                    masks.add(mask)
                    indicators.append(i)
            if len(present) and (impute or scale != "raw"):
                present = np.sort(_sample(present))
                fill[i] = _quantile(present, 0.5)
            if scale == "scaled" and len(present):
                centre[i], spread[i] = fill[i], _spread(present)
            if scale == "quantile":
                knots_of_column, scores_of_column = normal_scores(present, _QUANTILES)
                knots.append(knots_of_column)
                scores.append(scores_of_column)
        ends = np.cumsum([0, *(len(k) for k in knots)]) if knots else np.zeros(0)
        return cls(
            scale,
            impute,
            fill,
            centre,
            spread,
            np.asarray(indicators, dtype=np.int64),
            ends.astype(np.int64),
            np.concatenate(knots) if knots else np.zeros(0),
            np.concatenate(scores) if scores else np.zeros(0),
        )

    @property
    def n_columns(self) -> int:
        """Number of input columns."""
        return len(self.fill)

    @property
    def n_outputs(self) -> int:
        """Number of output columns: values, then indicators."""
        return self.n_columns + len(self.indicators)

    def write(self, columns: list[FloatArray], out: FloatArray) -> None:
        """Write encoded columns into `out`, of shape (n_rows, n_outputs)."""
        places = {int(c): self.n_columns + j for j, c in enumerate(self.indicators)}
        for i, values in enumerate(columns):
            encoded = values
            if self.impute:
                missing = np.isnan(values)
                if i in places:
                    out[:, places[i]] = missing
                encoded = np.where(missing, self.fill[i], values)
            if self.scale == "scaled":
                encoded = _squash((encoded - self.centre[i]) / self.spread[i])
            elif self.scale == "quantile":
                part = slice(int(self.starts[i]), int(self.starts[i + 1]))
                # np.interp keeps NaN, which the native view needs.
                encoded = np.interp(encoded, self.knots[part], self.scores[part])
            out[:, i] = encoded

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the learnt arrays by name, of the types of `ARRAYS`."""
        return {
            name: np.asarray(getattr(self, name), dtype=dtype)
            for name, dtype in self.ARRAYS.items()
        }

    def check(self) -> None:
        """Raise ArtifactError unless the arrays fit together."""
        n = self.n_columns
        fits = (
            len(self.centre) == len(self.spread) == n
            and all(
                bool(np.isfinite(a).all())
                for a in (self.fill, self.centre, self.spread, self.knots, self.scores)
            )
            and bool((self.spread > 0).all())
            and bool((np.diff(self.indicators) > 0).all())
            and bool(((self.indicators >= 0) & (self.indicators < n)).all())
            and (self.impute or not len(self.indicators))
            and len(self.knots) == len(self.scores)
            and self._knots_fit()
        )
        if not fits:
            raise ArtifactError("The stored view is damaged: numeric columns.")

    def _knots_fit(self) -> bool:
        if self.scale != "quantile" or self.n_columns == 0:
            return len(self.starts) == len(self.knots) == 0
        starts = self.starts
        if (
            len(starts) != self.n_columns + 1
            or starts[0] != 0
            or starts[-1] != len(self.knots)
            or not (np.diff(starts) > 0).all()
        ):
            return False
        inner = np.ones(max(0, len(self.knots) - 1), dtype=bool)
        inner[starts[1:-1] - 1] = False
        return bool((np.diff(self.knots)[inner] > 0).all())


def _sample(values: FloatArray) -> FloatArray:
    step = -(-len(values) // _SAMPLE_ROWS)
    return values[::step] if step > 1 else values


def _quantile(ordered: FloatArray, share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    weight = place - low
    return float(ordered[low] * (1 - weight) + ordered[high] * weight)


def _spread(ordered: FloatArray) -> float:
    spread = (_quantile(ordered, 0.75) - _quantile(ordered, 0.25)) / _NORMAL_IQR
    if not (np.isfinite(spread) and spread > 0):
        # Most rows have the same value: use the deviation of all rows instead of the
        # middle half. Divide first, since squares of large numbers overflow.
        largest = float(np.abs(ordered).max())
        spread = float(np.std(ordered / largest)) * largest if largest > 0 else 0.0
    return spread if np.isfinite(spread) and spread > 0 else 1.0


def _squash(values: FloatArray) -> FloatArray:
    """Return values with the part of each absolute value above 3 on a log scale."""
    size = np.abs(values)
    outside = size > _SQUASH_FROM
    if outside.any():
        grown = _SQUASH_FROM + np.log1p(size[outside] - _SQUASH_FROM)
        values[outside] = np.copysign(grown, values[outside])
    return values


def normal_scores(ordered: FloatArray, n_knots: int) -> tuple[FloatArray, FloatArray]:
    """Return quantiles of sorted values and their scores; ties have the mean score.

    Examples
    --------
    >>> knots, scores = normal_scores(np.array([1.0, 5.0, 5.0, 90.0]), 10)
    >>> knots.tolist(), scores.round(2).tolist()
    ([1.0, 5.0, 90.0], [-1.15, 0.0, 1.15])
    """
    from scipy.special import ndtri

    if not len(ordered):
        return np.zeros(1), np.zeros(1)
    n_knots = min(n_knots, len(ordered))
    shares = (np.arange(n_knots) + 0.5) / n_knots
    # Quantiles are values of the table, since interpolation could misorder them.
    places = np.minimum((shares * len(ordered)).astype(np.int64), len(ordered) - 1)
    knots, first, counts = np.unique(
        ordered[places], return_index=True, return_counts=True
    )
    middle = shares[first] + (counts - 1) / (2 * n_knots)
    return knots, np.asarray(ndtri(middle), dtype=np.float64)
