"""Intervals and tests of scores: bootstrap, DeLong, corrected t-test."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray
from headstart.machine.compute import Compute
from headstart.metrics.scores import is_value_metric
from headstart.metrics.targets import class_codes, plain, probability_columns
from headstart.validation.assignment import _codes, _group_codes

__all__ = [
    "Bootstrap",
    "Comparison",
    "Interval",
    "bootstrap_interval",
    "compare_by_bootstrap",
    "compare_by_corrected_t",
    "compare_by_delong",
    "corrected_error",
    "delong_interval",
]


@dataclass(frozen=True)
class Interval:
    """A score with its confidence interval.

    Parameters
    ----------
    estimate : float
    low, high : float
        Bounds of the interval.
    level : float
        Confidence level: the share of such intervals that contain the true score.
    standard_error : float
    """

    estimate: float
    low: float
    high: float
    level: float
    standard_error: float


@dataclass(frozen=True)
class Comparison(Interval):
    """A difference of two scores (first minus second) with its p-value.

    Parameters
    ----------
    estimate, low, high, level, standard_error
        As in `Interval`, for the difference.
    p_value : float
        Two-sided p-value of no difference.
    """

    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bootstrap:
    """Options of the bootstrap: the resamples, and the level of the interval.

    Parameters
    ----------
    n_resamples : int, default=1000
        At least 2. Resamples with an undefined score are ignored.
    strata : array-like of shape (n_rows,) or None, default=None
        Strata, such as `y`. The number of rows of each stratum is fixed.
    groups : array-like of shape (n_rows,) or None, default=None
        Groups of dependent rows. Whole groups are resampled.
    level : float, default=0.95
        Between 0 and 1.
    """

    n_resamples: int = 1000
    strata: Any | None = None
    groups: Any | None = None
    level: float = 0.95


def bootstrap_interval(
    metric: str,
    y: Any,
    prediction: Any,
    weight: Any | None = None,
    *,
    classes: Any | None = None,
    bootstrap: Bootstrap = Bootstrap(),
    compute: Compute = Compute(),
) -> Interval:
    """Return a score's bootstrap percentile interval.

    Resamples are weights of rows, so that the rows are sorted only once.

    Parameters
    ----------
    metric : str
        One of `headstart.metrics.score_names`.
    y : array-like of shape (n_rows,)
        True labels or values.
    prediction : array-like of shape (n_rows,) or (n_rows, n_classes)
        Values, or probabilities of the second class or of all classes.
    weight : array-like of shape (n_rows,) or None, default=None
        Weights of rows.
    classes : array-like of shape (n_classes,) or None, default=None
        Labels in the order of the columns.
    bootstrap : Bootstrap, optional
        Number and kind of the resamples, and level of the interval.
    compute : Compute, optional
        The number of threads does not affect the interval. At the time limit, the
        interval from the resamples done so far is returned, with a `HeadstartWarning`
        on their number. Progress counts resamples.

    Raises
    ------
    ValueError
        If shapes are inconsistent, or the score is undefined on every resample.
    TimeoutError
        If the time limit allows fewer than two resamples.

    Examples
    --------
    >>> y, p = np.arange(200) % 2, np.tile([0.3, 0.4, 0.6, 0.7], 50)
    >>> interval = bootstrap_interval("accuracy", y, p, compute=Compute(seed=1))
    >>> interval.estimate, bool(interval.low < 0.5 < interval.high)
    (0.5, True)
    """
    caller = _Caller("bootstrap_interval", bootstrap, compute)
    scores, estimates = _resample(
        caller, metric, y, [prediction], weight=weight, classes=classes
    )
    low, high, error = _quantiles(scores[0], bootstrap.level, metric)
    return Interval(float(estimates[0]), low, high, bootstrap.level, error)


def compare_by_bootstrap(
    metric: str,
    y: Any,
    first: Any,
    second: Any,
    weight: Any | None = None,
    *,
    classes: Any | None = None,
    bootstrap: Bootstrap = Bootstrap(),
    compute: Compute = Compute(),
) -> Comparison:
    """Return the bootstrap comparison of two predictions of the same rows.

    Parameters
    ----------
    metric, y, weight, classes, bootstrap, compute
        As in `bootstrap_interval`.
    first, second : array-like of shape (n_rows,) or (n_rows, n_classes)
        Predictions.

    Returns
    -------
    Comparison
        The score of `first` minus that of `second`. The p-value is twice the share of
        resamples on the rarer side of 0, with one added to both counts.

    Raises
    ------
    ValueError
        As in `bootstrap_interval`.

    Examples
    --------
    >>> y = np.arange(100) % 2
    >>> good, bad = np.where(y == 1, 0.8, 0.3), np.full(100, 0.5)
    >>> compare_by_bootstrap("log_loss", y, good, bad).high < 0
    True
    """
    level = bootstrap.level
    caller = _Caller("compare_by_bootstrap", bootstrap, compute)
    scores, estimates = _resample(
        caller, metric, y, [first, second], weight=weight, classes=classes
    )
    difference = scores[0] - scores[1]
    low, high, error = _quantiles(difference, level, metric)
    valid = difference[~np.isnan(difference)]
    rarer = min(int((valid <= 0).sum()), int((valid >= 0).sum()))
    p_value = min(1.0, 2.0 * (rarer + 1) / (valid.size + 1))
    estimate = float(estimates[0] - estimates[1])
    return Comparison(estimate, low, high, level, error, p_value)


def delong_interval(
    y: Any,
    prediction: Any,
    *,
    level: float = 0.95,
    classes: Any | None = None,
    n_threads: int = 1,
) -> Interval:
    """Return the area under the ROC curve with DeLong's interval [1]_.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        Labels of two classes, at least two rows of each.
    prediction : array-like of shape (n_rows,)
        Scores of the second class.
    level, classes, n_threads
        As in `bootstrap_interval`.

    Raises
    ------
    ValueError
        If shapes are inconsistent, or a class has fewer than two rows.

    References
    ----------
    .. [1] E. DeLong et al., "Comparing the areas under two or more correlated receiver
       operating characteristic curves", Biometrics 44, 1988; in O(n log n) after X. Sun
       and W. Xu, IEEE Signal Processing Letters 21, 2014.

    Examples
    --------
    >>> interval = delong_interval([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> interval.estimate, round(interval.standard_error, 4)
    (0.75, 0.3536)
    """
    from scipy.stats import norm

    _check_level("delong_interval", level)
    areas, covariances = _areas(y, [prediction], classes, n_threads)
    error = float(np.sqrt(covariances[0, 0]))
    margin = float(norm.ppf(0.5 + level / 2)) * error
    area = float(areas[0])
    return Interval(
        area, max(0.0, area - margin), min(1.0, area + margin), level, error
    )


def compare_by_delong(
    y: Any,
    first: Any,
    second: Any,
    *,
    level: float = 0.95,
    classes: Any | None = None,
    n_threads: int = 1,
) -> Comparison:
    """Return DeLong's comparison of two areas under the ROC curve on the same rows.

    Parameters
    ----------
    y, level, classes, n_threads
        As in `delong_interval`.
    first, second : array-like of shape (n_rows,)
        Scores of the second class.

    Raises
    ------
    ValueError
        As in `delong_interval`.

    Examples
    --------
    >>> y = [0, 0, 0, 1, 1, 1]
    >>> comparison = compare_by_delong(y, [1, 2, 4, 3, 5, 6], [3, 2, 5, 1, 4, 6])
    >>> round(comparison.estimate, 4), round(comparison.p_value, 4)
    (0.3333, 0.0833)
    """
    from scipy.stats import norm

    _check_level("compare_by_delong", level)
    areas, covariances = _areas(y, [first, second], classes, n_threads)
    variance = covariances[0, 0] + covariances[1, 1] - 2 * covariances[0, 1]
    error = float(np.sqrt(max(0.0, variance)))
    estimate = float(areas[0] - areas[1])
    margin = float(norm.ppf(0.5 + level / 2)) * error
    p_value = _two_sided(estimate, error, norm.sf)
    return Comparison(
        estimate, estimate - margin, estimate + margin, level, error, p_value
    )


def compare_by_corrected_t(
    differences: Any, held_out_share: float, *, level: float = 0.95
) -> Comparison:
    """Return the corrected resampled t-test of two vectors of fold scores [1]_.

    The training rows of folds overlap, hence the differences are dependent. Their
    variance has the factor ``1 / n + n_validation / n_training`` instead of ``1 / n``.

    Parameters
    ----------
    differences : array-like of shape (n_folds,)
        First minus second score of each fold; at least two folds.
    held_out_share : float
        Share of validation rows among the rows of a fold, between 0 and 1; 0.2 for 5
        folds.
    level : float, default=0.95

    Raises
    ------
    ValueError
        If there are fewer than two differences, or a parameter is invalid.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine
       Learning 52, 2003.

    Examples
    --------
    >>> comparison = compare_by_corrected_t([0.02, 0.03, 0.01, 0.02, 0.04], 0.2)
    >>> round(comparison.estimate, 3), round(comparison.p_value, 4)
    (0.024, 0.0349)
    """
    from scipy.stats import t

    _check_level("compare_by_corrected_t", level)
    values = plain(differences)
    if values.ndim != 1 or values.size < 2 or not np.isfinite(values).all():
        raise ValueError(
            "differences must hold at least two finite numbers. "
            f"Got shape {values.shape}."
        )
    if not 0 < held_out_share < 1:
        raise ValueError(
            "The 'held_out_share' parameter of compare_by_corrected_t must lie between "
            f"0 and 1. Got {held_out_share!r} instead."
        )
    estimate = float(values.mean())
    error = corrected_error(values, held_out_share)
    n_free = values.size - 1
    margin = float(t.ppf(0.5 + level / 2, n_free)) * error
    p_value = _two_sided(estimate, error, lambda z: t.sf(z, n_free))
    return Comparison(
        estimate, estimate - margin, estimate + margin, level, error, p_value
    )


def corrected_error(values: FloatArray, held_out_share: float) -> float:
    """Return the corrected standard error of a mean over folds."""
    factor = 1 / values.size + held_out_share / (1 - held_out_share)
    # The variance of equal values is 0, but rounding may give a positive number.
    variance = 0.0 if np.ptp(values) == 0 else float(values.var(ddof=1))
    return float(np.sqrt(factor * variance))


def _two_sided(estimate: float, error: float, tail: Any) -> float:
    if error == 0:
        return 1.0 if estimate == 0 else 0.0
    return float(2 * tail(abs(estimate) / error))


def _areas(
    y: Any, predictions: list[Any], classes: Any | None, n_threads: int
) -> tuple[FloatArray, NDArray[np.float64]]:
    codes = class_codes(y, 2, classes)
    columns = [plain(prediction) for prediction in predictions]
    for column in columns:
        if column.shape != codes.shape:
            raise ValueError(
                f"prediction must have shape {codes.shape}. Got {column.shape}."
            )
    return _core.delong_covariances(codes, np.stack(columns), n_threads)


@dataclass(frozen=True, slots=True)
class _Caller:
    """The checked options of a public function that resamples."""

    name: str
    bootstrap: Bootstrap
    compute: Compute

    def __post_init__(self) -> None:
        _check_level(self.name, self.bootstrap.level)
        n_resamples = self.bootstrap.n_resamples
        if n_resamples < 2:
            raise ValueError(
                f"The 'n_resamples' parameter of {self.name} must be an int >= 2. "
                f"Got {n_resamples!r} instead."
            )
        if self.bootstrap.strata is not None and self.bootstrap.groups is not None:
            raise ValueError("Bootstrap cannot have both 'strata' and 'groups'.")


def _resample(
    caller: _Caller,
    metric: str,
    y: Any,
    predictions: list[Any],
    *,
    weight: Any | None,
    classes: Any | None,
) -> tuple[FloatArray, FloatArray]:
    """Return the scores of the resamples, and of all rows."""
    watch = caller.compute.watch(caller.name)
    n_threads = caller.compute.n_threads
    strata, groups = caller.bootstrap.strata, caller.bootstrap.groups
    n_resamples = caller.bootstrap.n_resamples
    weights = None if weight is None else plain(weight)
    target: NDArray[np.int64] | NDArray[np.float64]
    if is_value_metric(metric):
        target = plain(y)
        stacked = np.stack([plain(one).reshape(-1, 1) for one in predictions])
        estimates = [
            _core.score_values(
                metric, target, np.ascontiguousarray(one[:, 0]), weights, n_threads
            )
            for one in stacked
        ]
    else:
        columns = [probability_columns(np.asarray(one)) for one in predictions]
        if len({column.shape for column, _ in columns}) > 1:
            raise ValueError(
                "Both predictions must have the same shape. Got "
                + " and ".join(str(column.shape) for column, _ in columns)
            )
        target = class_codes(y, columns[0][1], classes)
        stacked = np.stack([column for column, _ in columns])
        estimates = [
            _core.score_classes(metric, target, one, weights, n_threads)
            for one in stacked
        ]
    scores = _core.bootstrap_scores(
        metric,
        target,
        np.ascontiguousarray(stacked),
        weights,
        {
            "strata": None if strata is None else _codes(strata),
            "groups": None if groups is None else _group_codes(groups),
            "n_resamples": int(n_resamples),
            "seed": int(caller.compute.seed),
        },
        watch.of_core,
        n_threads,
    )
    n_done = scores.shape[1]
    if n_done < 2:
        raise TimeoutError(
            f"{caller.name} had no time for two resamples. hint: raise the time limit, "
            "or pass fewer rows."
        )
    watch.warn_of_part(caller.name, n_done, n_resamples, "resamples")
    return scores, np.array(estimates)


def _quantiles(
    scores: FloatArray, level: float, metric: str
) -> tuple[float, float, float]:
    valid = scores[~np.isnan(scores)]
    if valid.size < 2:
        raise ValueError(
            f"Metric {metric!r} is undefined on nearly all resamples. hint: resample "
            "by strata."
        )
    tail = (1 - level) / 2
    low, high = np.quantile(valid, [tail, 1 - tail])
    return float(low), float(high), float(valid.std(ddof=1))


def _check_level(caller: str, level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(
            f"The 'level' parameter of {caller} must lie between 0 and 1. "
            f"Got {level!r} instead."
        )
