"""Trials: a configuration, evaluated on folds, with its outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from headstart.base.configuration import Configuration

__all__ = [
    "FoldFit",
    "FoldOutcome",
    "FoldStatus",
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
        Training rows to draw at most; the floor model is fitted on few.
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
    def name(self) -> str:
        """File name of its results in the run folder, without an ending."""
        fold = "all" if self.fold < 0 else self.fold
        return f"{self.trial:05d}-{self.repeat}-{fold}"


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

    `origin` is ``"floor"``, ``"precedent"`` (the knowledge base proposed it, for
    `precedents`), ``"plugin"`` (a learner that no base knows brought it),
    ``"portfolio"`` (the built-in order), ``"transform"`` (the best so far, with one
    more transform) or ``"search"``.
    """

    number: int
    configuration: Configuration
    origin: str = ""
    precedents: tuple[Precedent, ...] = ()
    status: TrialStatus = TrialStatus.RUNNING
    loss: float | None = None
    outcomes: dict[tuple[int, int], FoldOutcome] = field(default_factory=dict)
    fold_losses: dict[tuple[int, int], float] = field(default_factory=dict)
    reason: str = ""

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
