"""Records of the search: trials, their precedents, the budget spent."""

from collections.abc import Mapping
from dataclasses import dataclass

from headstart.facts.values import Scalar

__all__ = [
    "Base",
    "Budget",
    "Failure",
    "Moment",
    "Neighbour",
    "Origin",
    "Spent",
    "TrialFact",
]


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
        The source that proposed it: ``"baseline"``, ``"precedent"``,
        ``"default order"``, ...
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
class Origin:
    """Trials of one origin: their number, best place and weight."""

    name: str
    n_trials: int
    best_place: int | None
    weight: float


@dataclass(frozen=True, slots=True)
class Failure:
    """Configurations that failed for one reason."""

    reason: str
    n_trials: int
    learners: tuple[str, ...]
    seconds: float


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
    """The limits of the fit, and the time and trials it took.

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
