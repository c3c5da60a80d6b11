"""Records of the out-of-fold performance: metrics, curves, residuals."""

from dataclasses import dataclass

from headstart.facts.values import check_lengths

__all__ = [
    "Calibration",
    "Confusion",
    "Curve",
    "Histogram",
    "MetricFact",
    "Quantile",
    "ResidualBin",
    "Residuals",
    "Thresholds",
]


@dataclass(frozen=True, slots=True)
class MetricFact:
    """A metric of the ensemble on out-of-fold rows, with its 95 % interval.

    Parameters
    ----------
    name : str
    value, low, high : float or None
    greater_is_better : bool
    baseline : float or None
        Score of the best constant prediction by this metric.
    constant : str
        Description of this constant, such as ``"the median"``.
    reason : str
        Reason for a missing value or interval; "" where neither is missing.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    greater_is_better: bool
    baseline: float | None
    constant: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve of one class against the rest.

    ROC curve: `x` is the false positive rate, `y` the true positive rate.
    Precision-recall curve: `x` is recall, `y` precision. At most 200 points, with exact
    ends.
    """

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    area: float | None

    def __post_init__(self) -> None:
        check_lengths(x=self.x, y=self.y)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibration curve: predicted probability and observed frequency by bins."""

    label: str
    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    count: tuple[int, ...]

    def __post_init__(self) -> None:
        check_lengths(
            predicted=self.predicted,
            observed=self.observed,
            low=self.low,
            high=self.high,
            count=self.count,
        )


@dataclass(frozen=True, slots=True)
class Confusion:
    """Confusion matrix: one row per actual class, one column per predicted class."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        check_lengths(labels=self.labels, counts=self.counts)
        for row in self.counts:
            check_lengths(labels=self.labels, row=row)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Precision, recall and F1 at each threshold on the probability of `label`.

    Parameters
    ----------
    label : str
        The positive class.
    threshold, precision, recall, f1, share_positive : tuple of float
        `share_positive` is the share of rows predicted positive: those whose
        probability is above the threshold. `precision` is None without such
        rows.
    best_f1 : float or None
        The threshold of the highest F1.
    best_metric : float or None
        The threshold with the best score by the metric, where it depends on one.
    """

    label: str
    threshold: tuple[float, ...]
    precision: tuple[float | None, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]
    share_positive: tuple[float, ...]
    best_f1: float | None
    best_metric: float | None

    def __post_init__(self) -> None:
        check_lengths(
            threshold=self.threshold,
            precision=self.precision,
            recall=self.recall,
            f1=self.f1,
            share_positive=self.share_positive,
        )


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile with its level in [0, 1]."""

    level: float
    value: float


@dataclass(frozen=True, slots=True)
class ResidualBin:
    """Mean residual (actual minus predicted) of rows with similar predictions."""

    predicted: float
    mean: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Residuals:
    """Residuals of a regression.

    Parameters
    ----------
    predicted, actual : tuple of float
        A sample of at most 1,000 rows.
    quantiles : tuple of Quantile
        Quantiles of the residual over all rows.
    bins : tuple of ResidualBin
        Bins by prediction, lowest first.
    """

    predicted: tuple[float, ...]
    actual: tuple[float, ...]
    quantiles: tuple[Quantile, ...]
    bins: tuple[ResidualBin, ...]

    def __post_init__(self) -> None:
        check_lengths(predicted=self.predicted, actual=self.actual)


@dataclass(frozen=True, slots=True)
class Histogram:
    """The distribution of predictions.

    Classification: one per actual class, of the predicted probability of the positive
    class (with two classes), or of the row's own class (with more). Regression: two,
    labelled ``"predicted"`` and ``"actual"``, with the same edges.
    """

    label: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        check_lengths(bins=self.edges[1:], counts=self.counts)
