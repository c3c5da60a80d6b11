"""Records of the performance out of fold: metrics, curves, errors."""

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
    """A metric of the ensemble out of fold, with its 95 % interval.

    Parameters
    ----------
    name : str
    value, low, high : float or None
    greater_is_better : bool
    baseline : float or None
        What the best constant prediction for this metric gets.
    constant : str
        Which one that is: ``"the median"``.
    reason : str
        Why the value or its interval is missing; "" where neither is.
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

    ROC: `x` is the share of false alarms, `y` the share found. Precision and recall:
    `x` is recall, `y` precision. At most 200 points, the ends exact.
    """

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    area: float | None

    def __post_init__(self) -> None:
        check_lengths(x=self.x, y=self.y)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Predicted probability of a class beside how often it came true, by bins."""

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
    """Counts of rows: actual classes down, predicted classes across."""

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
        probability is above the threshold. `precision` is None where there are none.
    best_f1 : float or None
        The threshold of the highest F1.
    best_metric : float or None
        The threshold that is best for the metric, where that depends on one.
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
    """A quantile: `level` in [0, 1]."""

    level: float
    value: float


@dataclass(frozen=True, slots=True)
class ResidualBin:
    """Mean residual (actual less predicted) of rows whose predictions are alike."""

    predicted: float
    mean: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Residuals:
    """Errors of a regression.

    Parameters
    ----------
    predicted, actual : tuple of float
        A sample of at most 2000 rows.
    quantiles : tuple of Quantile
        Of actual less predicted, over all rows.
    bins : tuple of ResidualBin
        By prediction, lowest first.
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

    Classification: one for each actual class, of the predicted probability of the
    positive class (of two), or of the row's own class (of more). Regression: two,
    labelled ``"predicted"`` and ``"actual"``, with the same edges.
    """

    label: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        check_lengths(bins=self.edges[1:], counts=self.counts)
