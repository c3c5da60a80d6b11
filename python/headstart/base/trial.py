"""Trials: configurations with the outcomes of their fold fits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from headstart.base.configuration import Configuration

__all__ = [
    "FoldFit",
    "FoldKey",
    "FoldOutcome",
    "FoldStatus",
    "Origin",
    "Precedent",
    "Trial",
    "TrialStatus",
]


class FoldStatus(StrEnum):
    """The outcome of a fold fit."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASH = "crash"
    CANCELLED = "cancelled"


class TrialStatus(StrEnum):
    """The state of a trial."""

    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"  # raced out, or time ran out, after some folds
    FAILED = "failed"


class Origin(StrEnum):
    """The source that proposed a trial."""

    BASELINE = "baseline"  # fitted first, on few rows, so that there is a model
    PRECEDENT = "precedent"  # the knowledge base
    UNPROVEN = "unproven"  # a learner that no knowledge base knows
    DEFAULT_ORDER = "default order"
    TRANSFORM = "transform"  # the best configuration so far with one more transform
    SAMPLER = "sampler"


# Number of characters of a configuration's hash in the name of a fold fit.
_HASH_LENGTH = 16


@dataclass(frozen=True, slots=True)
class FoldKey:
    """The identity of a fold fit: a configuration, as a trial of a run, on a fold.

    Parameters
    ----------
    trial : int
        Number of the trial in its run, from 0 in the order of proposal.
    repeat, fold : int
        Fold -1 is the refit on all rows.
    configuration : str
        `Configuration.key`.

    Examples
    --------
    >>> FoldKey(3, 0, 1, "9f86d081884c7d659a2feaa0c55ad015").name
    '00003-0-1-9f86d081884c7d65'
    """

    trial: int
    repeat: int
    fold: int
    configuration: str

    @property
    def name(self) -> str:
        """Name of the fold fit's results in every store."""
        fold = "all" if self.fold < 0 else self.fold
        digest = self.configuration[:_HASH_LENGTH]
        return f"{self.trial:05d}-{self.repeat}-{fold}-{digest}"


@dataclass(frozen=True, slots=True)
class FoldFit:
    """The unit of work: one configuration on one fold.

    Parameters
    ----------
    trial : int
        Number of the trial in its run, from 0 in the order of proposal.
    configuration : Configuration
    repeat, fold : int
        Fold -1 is the refit on all rows.
    seed : int
    threads : int
    seconds : float or None
        Seconds from its start to the deadline of its learner; None without a limit.
        (It is not a point in time: an executor may run it on another machine.)
    max_rows : int or None
        Maximum number of training rows to draw, for the baseline trial.
    handed_over : mapping of str to (str, str)
        Path and SHA-256 of code in the run folder, by ``learners/NAME`` and
        ``transforms/NAME``. A worker runs no other code from the folder.
    marks_start : bool
        Whether the worker stores a mark when it starts, for executors that cannot
        report starts.
    """

    trial: int
    configuration: Configuration
    repeat: int
    fold: int
    seed: int
    threads: int = 1
    seconds: float | None = None
    max_rows: int | None = None
    handed_over: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    marks_start: bool = False

    @property
    def key(self) -> FoldKey:
        """Identity of the fold fit."""
        return FoldKey(self.trial, self.repeat, self.fold, self.configuration.key)

    @property
    def name(self) -> str:
        """Name of its results, without an ending."""
        return self.key.name


@dataclass(frozen=True, slots=True)
class FoldOutcome:
    """The status, cost and stored parts of a fold fit.

    Parameters
    ----------
    status : FoldStatus
    fit_seconds, predict_seconds : float
        Seconds in the learner's `fit` and `predict`.
    total_seconds : float
        Seconds from start to end in the worker, including views and files.
    n_bytes : int
        Size of the stored fold model.
    peak_memory : int
        Highest observed resident bytes of the worker; 0 if they were not observed.
    reason : str
        Reason of the failure in one line. Empty if `status` is OK.
    details : str
        The traceback or the last lines that the process printed, for the log.
    encoder : str
        Name of the fitted view encoder of the fold model.
    transforms : tuple of str
        Names of the fitted transforms that run before that encoder.
    culprit : str
        Name of the transform that failed; empty if the learner or nothing failed.
    is_idle : bool
        Whether a transform neither made nor removed a column, so that the outcome is
        the same as without it.
    """

    status: FoldStatus
    fit_seconds: float = 0.0
    predict_seconds: float = 0.0
    total_seconds: float = 0.0
    n_bytes: int = 0
    peak_memory: int = 0
    reason: str = ""
    details: str = ""
    encoder: str = ""
    transforms: tuple[str, ...] = ()
    culprit: str = ""
    is_idle: bool = False

    def __post_init__(self) -> None:
        # JSON, through which outcomes travel, has lists only.
        object.__setattr__(self, "transforms", tuple(self.transforms))


@dataclass(frozen=True, slots=True)
class Precedent:
    """A known dataset that supports a proposal.

    Parameters
    ----------
    dataset : str
    weight : float
        Its share of the expected gain, in (0, 1].
    rank : int
        The configuration's rank among those evaluated on it; 1 is the best.
    n_ranked : int
        Number of configurations evaluated on it, including failures.
    """

    dataset: str
    weight: float
    rank: int
    n_ranked: int


@dataclass(slots=True)
class Trial:
    """One configuration in a run.

    Parameters
    ----------
    number : int
        From 0, in the order of proposal.
    configuration : Configuration
    origin : Origin
        The source that proposed it.
    precedents : tuple of Precedent
        The known datasets that support it, if the knowledge base proposed it.
    status : TrialStatus
    loss : float or None
        Mean over the folds, once the trial is closed.
    outcomes : dict of (int, int) to FoldOutcome
        Outcome of each finished fold fit, by repeat and fold.
    fold_losses : dict of (int, int) to float
        Loss of each successful fold fit, by repeat and fold.
    reason : str
        Reason of a failure or of an end before its last fold.
    """

    number: int
    configuration: Configuration
    origin: Origin = Origin.DEFAULT_ORDER
    precedents: tuple[Precedent, ...] = ()
    status: TrialStatus = TrialStatus.RUNNING
    loss: float | None = None
    outcomes: dict[tuple[int, int], FoldOutcome] = field(default_factory=dict)
    fold_losses: dict[tuple[int, int], float] = field(default_factory=dict)
    reason: str = ""

    @property
    def is_baseline(self) -> bool:
        """True for the first trial of a timed run, which is fitted on few rows."""
        return self.origin is Origin.BASELINE

    def fold_key(self, repeat: int, fold: int) -> FoldKey:
        """Return the identity of one of the trial's fold fits."""
        return FoldKey(self.number, repeat, fold, self.configuration.key)

    @property
    def mean_loss(self) -> float | None:
        """Mean loss over the finished folds; None if there are none."""
        if not self.fold_losses:
            return None
        # In the order of folds, not of arrival: sums of floats depend on it.
        losses = [self.fold_losses[unit] for unit in sorted(self.fold_losses)]
        return sum(losses) / len(losses)

    @property
    def fit_seconds(self) -> float:
        """Seconds spent in the learner's `fit` over all folds."""
        return sum(o.fit_seconds for o in self.outcomes.values())

    @property
    def predict_seconds(self) -> float:
        """Seconds spent in the learner's `predict` over all folds."""
        return sum(o.predict_seconds for o in self.outcomes.values())
