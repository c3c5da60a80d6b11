"""The facts of a fit: one versioned document, from which every report is made.

Numbers are as people read them: scores and metrics in the metric's own direction,
seconds, bytes. What could not be computed is None or empty, and `Facts.notes` says why.
"""

import json
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any, Self

from headstart.exceptions import ArtifactError
from headstart.report.stored import from_record, read_json, to_record

__all__ = [
    "FACTS_VERSION",
    "Base",
    "Budget",
    "Calibration",
    "Cell",
    "ColumnFact",
    "Confusion",
    "Contribution",
    "Curve",
    "Effect",
    "Explanation",
    "Facts",
    "FindingFact",
    "Fingerprint",
    "GeneratedFeature",
    "Histogram",
    "Importance",
    "LeftOut",
    "MadeBy",
    "MetricFact",
    "Moment",
    "Neighbour",
    "Quantile",
    "Reproduction",
    "ResidualBin",
    "Residuals",
    "Scalar",
    "Series",
    "Sizes",
    "Slice",
    "Spent",
    "TaskFacts",
    "Thresholds",
    "TrialFact",
    "ValidationFacts",
]

FACTS_VERSION = 1
"""Version of the document; a higher one is refused."""

Scalar = str | float | int | bool | None
"""What a parameter or a piece of evidence may be."""


@dataclass(frozen=True, slots=True)
class MadeBy:
    """Versions of what made the document."""

    headstart: str
    python: str


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What was to be predicted, and how that is scored.

    Parameters
    ----------
    kind : str
        ``"binary"``, ``"multiclass"`` or ``"regression"``.
    target : str
        Name of the target's column; "" where it had none.
    classes : tuple of str
        In the order of their probabilities; the second is the positive one of two.
        Empty for regression.
    n_rows : int
        Rows that were learnt from.
    n_features : int
        Columns of the table as it was given, without the target.
    metric : str
        What was optimised.
    weighted : bool
        Whether rows had weights.
    """

    kind: str
    target: str
    classes: tuple[str, ...]
    n_rows: int
    n_features: int
    metric: str
    greater_is_better: bool
    weighted: bool


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """A column of the table: what it was taken for, and why.

    `steps` are what was done to it, in words: dates parsed, units read.
    """

    name: str
    kind: str
    reason: str
    n_missing: int
    n_distinct: int | None
    used: bool
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingFact:
    """Something about the table that its owner should know.

    `severity` is ``"warning"`` (scores may mislead) or ``"note"``; `evidence` are the
    figures behind the message; `remedy` is what to do, "" where there is nothing.
    """

    id: str
    severity: str
    columns: tuple[str, ...]
    message: str
    evidence: Mapping[str, Scalar]
    remedy: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows that were not learnt from, and why."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class ValidationFacts:
    """How rows were held out.

    Parameters
    ----------
    words : str
        For people: ``"stratified 8-fold cross-validation"``.
    n_folds, n_repeats : int
    groups : str or None
        The column whose values are never split, ``"given"`` for a vector; or None.
    time_column : str or None
        The column whose order the folds follow.
    gap : str or None
        What is left out between training and validation, in words.
    why : str
        Why it was chosen; "" where the user did.
    """

    words: str
    n_folds: int
    n_repeats: int
    groups: str | None
    time_column: str | None
    gap: str | None
    why: str


@dataclass(frozen=True, slots=True)
class TrialFact:
    """A configuration that was tried, best first.

    Parameters
    ----------
    place : int or None
        1 is the best; None for one that failed.
    configuration : str
        In words: ``"ridge(alpha=1.0) + text_svd()"``.
    learner : str
    parameters : mapping of str to scalar
    transforms : tuple of str
        What the table goes through first, in words.
    status : str
        ``"done"``, ``"partial"`` (raced out, or time ran out) or ``"failed"``.
    reason : str
        Why it failed or was left; "" for one that is done.
    score, low, high : float or None
        Mean over its folds, and its 95 % interval.
    n_folds : int
        Folds that are done.
    weight : float
        Its share in the ensemble, 0 for one that is not in it.
    fit_seconds, predict_seconds : float
        Over all its folds.
    model_bytes : int
        Of all its fold models.
    origin : str
        What proposed it: ``"floor"``, ``"precedent"``, ``"portfolio"``, ...
    precedents : tuple of str
        The known datasets that spoke for it, in words.
    """

    place: int | None
    configuration: str
    learner: str
    parameters: Mapping[str, Scalar]
    transforms: tuple[str, ...]
    status: str
    reason: str
    score: float | None
    low: float | None
    high: float | None
    n_folds: int
    weight: float
    fit_seconds: float
    predict_seconds: float
    model_bytes: int
    origin: str
    precedents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that went into a stage, or into a learner."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Moment:
    """The ensemble's out-of-fold score from a second of the fit on."""

    second: float
    score: float


@dataclass(frozen=True, slots=True)
class Budget:
    """What the fit was given, and what it took.

    Parameters
    ----------
    time_limit : float or None
        Seconds.
    max_trials : int or None
    seconds : float
        Wall seconds until the analysis began.
    ended : str
        Why the search ended.
    n_jobs : int
        Fold fits at once.
    n_trials, n_failed : int
    stages : tuple of Spent
        Wall seconds, in order of time.
    learners : tuple of Spent
        Seconds of fold fits, most first; they run side by side.
    history : tuple of Moment
        Of the ensemble, on the rows that were held out by then.
    """

    time_limit: float | None
    max_trials: int | None
    seconds: float
    ended: str
    n_jobs: int
    n_trials: int
    n_failed: int
    stages: tuple[Spent, ...]
    learners: tuple[Spent, ...]
    history: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A known dataset; `similarity` is its share, in (0, 1], of what was advised."""

    dataset: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Base:
    """The knowledge base that the search started from."""

    identity: str
    n_datasets: int
    neighbours: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True)
class MetricFact:
    """A metric of the ensemble out of fold, with its 95 % interval.

    `baseline` is what the best constant prediction gets.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    greater_is_better: bool
    baseline: float | None


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
        _check_lengths(x=self.x, y=self.y)


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
        _check_lengths(
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
        _check_lengths(labels=self.labels, counts=self.counts)
        for row in self.counts:
            _check_lengths(labels=self.labels, row=row)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What each threshold on the probability of `label` would give.

    Parameters
    ----------
    label : str
        The positive class.
    threshold, precision, recall, f1, share_positive : tuple of float
        `share_positive` is the share of rows predicted positive.
    best_f1 : float or None
        The threshold of the highest F1.
    best_metric : float or None
        The threshold that is best for the metric, where that depends on one.
    """

    label: str
    threshold: tuple[float, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]
    share_positive: tuple[float, ...]
    best_f1: float | None
    best_metric: float | None

    def __post_init__(self) -> None:
        _check_lengths(
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
        _check_lengths(predicted=self.predicted, actual=self.actual)


@dataclass(frozen=True, slots=True)
class Histogram:
    """How predictions are spread.

    Classification: one for each actual class, of the predicted probability of the
    positive class (of two), or of the row's own class (of more). Regression: two,
    labelled ``"predicted"`` and ``"actual"``, with the same edges.
    """

    label: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        _check_lengths(bins=self.edges[1:], counts=self.counts)


@dataclass(frozen=True, slots=True)
class Importance:
    """How much worse the metric gets when a column is shuffled, out of fold.

    Above 0 where the column helps; `low` and `high` are the 95 % interval.
    """

    column: str
    mean: float
    low: float
    high: float
    n_repeats: int


@dataclass(frozen=True, slots=True)
class Series:
    """Values along a grid: of one class, or of the target (its name, or "")."""

    label: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """How the prediction goes with one column.

    Parameters
    ----------
    column, kind : str
    grid : tuple of float or str
        Numbers, or levels.
    mean : tuple of Series
        Mean prediction at each point of the grid: one series a class (for two, the
        positive one only), or one for regression.
    share : tuple of float
        Share of rows near each point of the grid.
    method : str
        ``"ale"`` (accumulated local effects) or ``"partial dependence"``.
    """

    column: str
    kind: str
    grid: tuple[float | str, ...]
    mean: tuple[Series, ...]
    share: tuple[float, ...]
    method: str

    def __post_init__(self) -> None:
        _check_lengths(grid=self.grid, share=self.share)
        for series in self.mean:
            _check_lengths(grid=self.grid, values=series.values)


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of one row, in words."""

    column: str
    value: str


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a column adds to a prediction, in the prediction's own units."""

    column: str
    value: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one row is predicted as it is; `base` and contributions sum to `prediction`.

    Parameters
    ----------
    chosen : str
        Why this row is shown: ``"typical"``, ``"badly predicted"``.
    row : tuple of Cell
    label : str
        The class whose probability `prediction` is; "" for regression.
    actual : str
    prediction, base : float
        `base` is the mean prediction over the background.
    contributions : tuple of Contribution
        Largest first.
    method : str
    """

    chosen: str
    row: tuple[Cell, ...]
    label: str
    actual: str
    prediction: float
    base: float
    contributions: tuple[Contribution, ...]
    method: str


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows on which the model does worse than on all.

    Parameters
    ----------
    words : str
        ``"age > 50 and region = north"``.
    n_rows : int
    measure : str
        What `score` is, lower is better: mean loss of a row, in words.
    score, overall : float
        On these rows, and on all.
    low, high : float
        95 % interval of `score`.
    p_value : float
        That it is chance, corrected for looking at many slices.
    """

    words: str
    n_rows: int
    measure: str
    score: float
    overall: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, slots=True)
class GeneratedFeature:
    """A feature that was made; `gain` is what it bought, where that was measured."""

    name: str
    words: str
    kept: bool
    gain: float | None


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the model costs to keep and to use, on the machine that made it."""

    model_bytes: int
    predict_seconds_per_1000_rows: float | None
    single_row_milliseconds: float | None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Which data it was: rows, columns, SHA-256 of the values."""

    n_rows: int
    n_columns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Reproduction:
    """How to make the model again: a call in Python, and a command line."""

    call: str
    cli: str
    seed: int | None
    versions: Mapping[str, str]
    data: Fingerprint


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a fit.

    Every part but `task`, `trials` and `budget` may be None or empty; `notes` says why.
    `created` is an ISO date. See the classes of this module for the parts.

    Examples
    --------
    >>> from headstart.report.stored import from_record
    >>> from_record({"second": 1, "score": 0.5}, Moment)
    Moment(second=1.0, score=0.5)
    """

    version: int
    made_by: MadeBy
    created: str
    task: TaskFacts
    trials: tuple[TrialFact, ...]
    budget: Budget
    columns: tuple[ColumnFact, ...] = ()
    findings: tuple[FindingFact, ...] = ()
    rows_left_out: tuple[LeftOut, ...] = ()
    validation: ValidationFacts | None = None
    base: Base | None = None
    metrics: tuple[MetricFact, ...] = ()
    roc: tuple[Curve, ...] = ()
    precision_recall: tuple[Curve, ...] = ()
    calibration: tuple[Calibration, ...] = ()
    confusion: Confusion | None = None
    thresholds: Thresholds | None = None
    residuals: Residuals | None = None
    predictions: tuple[Histogram, ...] = ()
    importance: tuple[Importance, ...] = ()
    effects: tuple[Effect, ...] = ()
    explanations: tuple[Explanation, ...] | None = None
    slices: tuple[Slice, ...] = ()
    features: tuple[GeneratedFeature, ...] = ()
    sizes: Sizes | None = None
    reproduce: Reproduction | None = None
    notes: tuple[str, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """Return JSON values, in the order of the fields.

        Raises
        ------
        TypeError, ValueError
            If a part is not of its type, or a number is not finite.
        """
        record: dict[str, Any] = to_record(self, type(self))
        return record

    def to_json(self) -> str:
        """Return the document as JSON; `from_json` gives back what is equal to it."""
        return json.dumps(self.to_record(), separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """Read JSON values that `to_record` made, from wherever they come.

        Raises
        ------
        ArtifactError
            If they are no facts, are damaged, or are of a newer version.
        """
        version = record.get("version") if isinstance(record, dict) else None
        if type(version) is not int or version < 1:
            raise ArtifactError(
                "The stored facts do not say their version. Expected what "
                "Facts.to_json wrote."
            )
        if version > FACTS_VERSION:
            raise ArtifactError(
                f"The stored facts are of version {version}; this headstart reads "
                f"versions up to {FACTS_VERSION}. hint: pip install -U headstart"
            )
        facts: Self = from_record(record, cls)
        return facts

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` wrote, from wherever it comes.

        Raises
        ------
        ArtifactError
            If it is too large, is not JSON, or is not what `from_record` takes.
        """
        return cls.from_record(read_json(text))


def _check_lengths(**parts: Sequence[Any] | Sized) -> None:
    lengths = {name: len(part) for name, part in parts.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"these must be of one length: {listed}.")
