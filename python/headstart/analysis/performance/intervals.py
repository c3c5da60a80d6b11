"""Scores of rows with their intervals, for any metric."""

import math
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, IntArray
from headstart.ensemble.output import PLAIN_MEAN, Output
from headstart.exceptions import HeadstartWarning
from headstart.machine.compute import Compute
from headstart.machine.process_state import ignore_warnings
from headstart.metrics import BuiltInMetric, Metric
from headstart.validation import Bootstrap, bootstrap_interval, compare_by_bootstrap
from headstart.validation.fold_scores import within_metric

__all__ = [
    "FEW_GROUPS",
    "Measured",
    "Score",
    "score_difference",
    "score_interval",
]

FEW_GROUPS = 50
"""Below this number of groups, intervals use Student's t and are wider."""

_RESAMPLES = (30, 400)
# With fewer resamples quantiles are too rough: the standard error is used.
_ENOUGH_FOR_QUANTILES = 200
# For metrics in Python, and for differences, of which there are many.
_FEW_RESAMPLES = 60
_MOST_ROWS_OF_PYTHON = 20_000
_NORMAL = 1.959963984540054
_NO_TIME = "there was no time for it"
_UNDEFINED = "the score is undefined on nearly all resamples"


@dataclass(frozen=True)
class Score:
    """A metric with the rows, weights and groups that it is computed on.

    Parameters
    ----------
    metric : Metric
    y : ndarray of shape (n_rows,)
    weight : ndarray of shape (n_rows,) or None
    groups : ndarray of int64 of shape (n_rows,) or None
        Rows of one group are not independent: they are resampled together.
    seed : int
    n_drawn : int
        Maximum number of rows drawn for one interval, over all resamples; 0 for none.
    output : Output
        The step that gave the outputs, with its decision.
    """

    metric: Metric
    y: NDArray[Any]
    weight: FloatArray | None
    groups: NDArray[Any] | None
    seed: int
    n_drawn: int = 5_000_000
    output: Output = PLAIN_MEAN

    def of(self, rows: IntArray) -> "Score":
        """Return the score restricted to some of the rows."""
        return Score(
            self.metric,
            self.y[rows],
            None if self.weight is None else self.weight[rows],
            None if self.groups is None else self.groups[rows],
            self.seed,
            self.n_drawn,
            self.output,
        )

    def prediction(self, outputs: FloatArray) -> FloatArray:
        """Return outputs as the metric takes them."""
        return self.output.as_scored(outputs, self.metric)

    def value(self, outputs: FloatArray) -> float:
        """Return the score in the metric's own direction; NaN where it is undefined."""
        return self.metric.score(self.y, self.prediction(outputs), self.weight)

    @cached_property
    def n_groups(self) -> int | None:
        """Number of groups; None where rows are independent."""
        return None if self.groups is None else np.unique(self.groups).size

    @property
    def has_few_groups(self) -> bool:
        """True if quantiles of resampled groups would make too narrow an interval."""
        return self.n_groups is not None and self.n_groups < FEW_GROUPS

    @property
    def errors_of_interval(self) -> float:
        """Half-width of the 95 % interval in standard errors.

        With few groups it is Student's t; the bootstrap of g groups underestimates the
        variance by the factor (g - 1) / g.
        """
        if self.n_groups is None or self.n_groups < 2:
            return _NORMAL
        from scipy.special import stdtrit

        freedom = self.n_groups - 1
        return float(stdtrit(freedom, 0.975)) * math.sqrt(self.n_groups / freedom)

    def chance_of(self, gain: float, error: float) -> float:
        """Return the one-sided p-value of a gain under the hypothesis of no gain."""
        if error == 0:
            return 0.0 if gain > 0 else 1.0
        from scipy.special import ndtr, stdtr

        if self.n_groups is None or self.n_groups < 2:
            return float(ndtr(-gain / error))
        freedom = self.n_groups - 1
        shrunk = math.sqrt(freedom / self.n_groups)
        return float(stdtr(freedom, -gain / error * shrunk))

    def bootstrap(self, n_resamples: int) -> Bootstrap:
        """Return bootstrap settings: whole groups, or else classes as strata."""
        is_classes = self.metric.needs != "value" and self.y.dtype.kind in "iu"
        strata = self.y if self.groups is None and is_classes else None
        return Bootstrap(n_resamples=n_resamples, strata=strata, groups=self.groups)


class Measured(NamedTuple):
    """A score and its 95 % interval; `reason` says why one of them is missing."""

    value: float | None
    low: float | None
    high: float | None
    reason: str = ""


def score_interval(
    score: Score, outputs: FloatArray, seconds: float = math.inf
) -> Measured:
    """Return a score and its 95 % bootstrap interval, None where undefined.

    Where `seconds` end first, the interval is computed from the resamples so far.

    Parameters
    ----------
    score : Score
    outputs : ndarray of shape (n_rows, n_outputs)
    seconds : float, default=inf
        Time budget of the interval.
    """
    value = score.value(outputs)
    if not np.isfinite(value):
        return Measured(None, None, None, "it is undefined for the out-of-fold rows")
    reason = _reason_without_interval(score, seconds)
    if reason:
        return Measured(value, None, None, reason)
    n_rows = score.y.size
    least, most = _RESAMPLES
    n_resamples = int(min(most, max(least, score.n_drawn // n_rows)))
    end = time.monotonic() + seconds
    try:
        if isinstance(score.metric, BuiltInMetric):
            with ignore_warnings(HeadstartWarning):
                # Ignored: the warning that it has fewer resamples than requested.
                estimate = bootstrap_interval(
                    score.metric.name,
                    score.y,
                    score.prediction(outputs),
                    score.weight,
                    bootstrap=score.bootstrap(n_resamples),
                    compute=Compute(
                        seed=score.seed,
                        time_limit=seconds if math.isfinite(seconds) else None,
                    ),
                )
            is_whole = time.monotonic() < end
            has_quantiles = n_resamples >= _ENOUGH_FOR_QUANTILES and is_whole
            if not has_quantiles or score.has_few_groups:
                reach = score.errors_of_interval * estimate.standard_error
                return Measured(value, *within_metric(value, reach, score.metric))
            return Measured(value, min(estimate.low, value), max(estimate.high, value))
        drawn = []
        for rows in _draws(score, _FEW_RESAMPLES):
            if time.monotonic() >= end:
                break
            drawn.append(score.of(rows).value(outputs[rows]))
    except ValueError:
        return Measured(value, None, None, _UNDEFINED)
    except TimeoutError:
        return Measured(value, None, None, _NO_TIME)
    if len(drawn) < 2:
        return Measured(value, None, None, _NO_TIME)
    finite = np.array([v for v in drawn if np.isfinite(v)])
    if finite.size < 2:
        return Measured(value, None, None, _UNDEFINED)
    reach = score.errors_of_interval * float(finite.std(ddof=1))
    return Measured(value, *within_metric(value, reach, score.metric))


def _reason_without_interval(score: Score, seconds: float) -> str:
    """Return the reason why a score gets no interval, "" where it gets one."""
    if score.n_groups == 1:
        return "all out-of-fold rows belong to one group"
    if not score.n_drawn or seconds <= 0:
        return _NO_TIME
    is_own = not isinstance(score.metric, BuiltInMetric)
    if is_own and score.y.size > _MOST_ROWS_OF_PYTHON:
        return f"a custom metric gets no interval above {_MOST_ROWS_OF_PYTHON:,} rows"
    return ""


def score_difference(
    score: Score, first: FloatArray, second: FloatArray, *, with_error: bool
) -> tuple[float, float | None]:
    """Return the gain of `first` over `second`, and its standard error.

    The error is None where `with_error` is false, or where it cannot be estimated.

    Parameters
    ----------
    score : Score
    first, second : ndarray of shape (n_rows, n_outputs)
    with_error : bool
    """
    metric = score.metric
    sign = 1.0 if metric.greater_is_better else -1.0
    loss = [
        metric.loss(score.y, score.prediction(o), score.weight) for o in (first, second)
    ]
    gain = float(loss[1] - loss[0])
    is_large = score.y.size > _MOST_ROWS_OF_PYTHON
    if not with_error or is_large or score.n_groups == 1:
        return gain, None
    try:
        if isinstance(metric, BuiltInMetric):
            comparison = compare_by_bootstrap(
                metric.name,
                score.y,
                score.prediction(first),
                score.prediction(second),
                score.weight,
                bootstrap=score.bootstrap(_FEW_RESAMPLES),
                compute=Compute(seed=score.seed),
            )
            return gain, float(comparison.standard_error)
        drawn = [
            sign * (part.value(first[rows]) - part.value(second[rows]))
            for rows in _draws(score, _FEW_RESAMPLES // 3)
            for part in [score.of(rows)]
        ]
    except ValueError:  # undefined on nearly all resamples
        return gain, None
    finite = np.array([v for v in drawn if np.isfinite(v)])
    return gain, float(finite.std(ddof=1)) if finite.size > 1 else None


def _draws(score: Score, n_resamples: int) -> list[IntArray]:
    """Return resamples with replacement of rows, or of whole groups."""
    random = np.random.default_rng(score.seed)
    n_rows = score.y.size
    if score.groups is None:
        return [random.integers(0, n_rows, n_rows) for _ in range(n_resamples)]
    _, codes = np.unique(score.groups, return_inverse=True)
    members = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes)))
    n = len(members) - 1  # the last part of the split is empty
    return [
        np.concatenate([members[g] for g in random.integers(0, n, n)])
        for _ in range(n_resamples)
    ]
