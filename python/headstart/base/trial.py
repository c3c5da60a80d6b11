"""Trials: a configuration, evaluated on folds, with its outcome."""

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
    """How a fold fit ended."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASH = "crash"
    CANCELLED = "cancelled"


class TrialStatus(StrEnum):
    """Where a trial stands."""

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


# Characters of a configuration's hash in the name of a fold fit.
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
        """Name of the fold fit's results, wherever they are stored."""
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
        Seconds it may take from its start until its learner is asked to stop; None
        without a limit. (Not a moment: an executor may run it on another machine.)
    max_rows : int or None
        Training rows to draw at most; the baseline trial is fitted on few.
    handed_over : mapping of str to (str, str)
        Path and SHA-256 of the code that the run itself brings: of ``learners/NAME``
        and ``transforms/NAME``. A worker runs no other code that lies in the folder.
    marks_start : bool
        Whether a file is to say that it has begun: where an executor cannot tell.
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
    """How a fold fit ended, and what it cost.

    Parameters
    ----------
    status : FoldStatus
    fit_seconds, predict_seconds : float
        Inside the learner's `fit` and `predict`.
    total_seconds : float
        From start to end in the worker, views and files included.
    n_bytes : int
        Size of the stored fold model.
    peak_memory : int
        Highest resident bytes of the worker that were seen, 0 where not watched.
    reason : str
        Why it failed, in one line, for people. Empty when `status` is OK.
    details : str
        The traceback, or what the process printed last, for the log.
    encoder : str
        Name of the fitted view that the fold model reads.
    transforms : tuple of str
        Names of the fitted transforms that the table goes through before that view.
    culprit : str
        Name of the transform that failed; empty where the learner did, or nothing.
    is_idle : bool
        Whether a transform neither made nor dropped a column, so that the outcome is
        that of the configuration without it.
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
    """A known dataset that spoke for a configuration.

    Parameters
    ----------
    dataset : str
    weight : float
        Its share of the expected gain, in (0, 1].
    rank : int
        The configuration's place among those evaluated on it; 1 is the best.
    n_ranked : int
        How many were evaluated on it, failures too.
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
        The known datasets that spoke for it, where the knowledge base proposed it.
    status : TrialStatus
    loss : float or None
        Mean over the folds, once the trial is closed.
    outcomes : dict of (int, int) to FoldOutcome
        By repeat and fold, of the fold fits that have ended.
    fold_losses : dict of (int, int) to float
        By repeat and fold, of the fold fits that have a result.
    reason : str
        Why it failed, or ended before its last fold.
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
        """True for the first trial of a timed run, which saw few rows."""
        return self.origin is Origin.BASELINE

    def fold_key(self, repeat: int, fold: int) -> FoldKey:
        """Return the identity of one of the trial's fold fits."""
        return FoldKey(self.number, repeat, fold, self.configuration.key)

    @property
    def mean_loss(self) -> float | None:
        """Mean over the folds that are done; None without one."""
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
