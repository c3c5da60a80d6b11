"""Records of the search: trials, their precedents, the budget spent."""

from collections.abc import Mapping
from dataclasses import dataclass

from headstart.base import Configuration, Step
from headstart.facts.values import Scalar

__all__ = [
    "Base",
    "Budget",
    "Moment",
    "Neighbour",
    "PrecedentFact",
    "Spent",
    "StepFact",
    "TrialFact",
]


@dataclass(frozen=True, slots=True)
class StepFact:
    """A transform before a learner, with its parameters."""

    name: str
    parameters: Mapping[str, Scalar]
    space_version: int = 1

    @property
    def step(self) -> Step:
        """The step of a configuration."""
        return Step(self.name, self.parameters, self.space_version)

    def __str__(self) -> str:
        return str(self.step)


@dataclass(frozen=True, slots=True)
class PrecedentFact:
    """A known dataset that spoke for a configuration.

    Parameters
    ----------
    dataset : str
    weight : float
        Its share of the expected gain.
    rank : int
        The configuration's place among those evaluated on it; 1 is the best.
    n_ranked : int
        Configurations evaluated on it, failures too.
    """

    dataset: str
    weight: float
    rank: int
    n_ranked: int

    def __str__(self) -> str:
        return f"{self.dataset}: {self.rank} of {self.n_ranked}"


@dataclass(frozen=True, slots=True)
class TrialFact:
    """A configuration that was evaluated on the folds.

    Parameters
    ----------
    rank : int or None
        1 is the best; None for one that failed.
    learner : str
    parameters : mapping of str to scalar
    space_version : int
        Version of the learner's search space.
    transforms : tuple of StepFact
        In the order in which the table goes through them.
    status : str
        ``"done"``, ``"partial"`` (raced out, or time ran out) or ``"failed"``.
    reason : str
        Why it failed or was left; "" for one that is done.
    score, std_error, low, high : float or None
        Mean over its folds, its standard error (corrected for training rows that folds
        share), and its 95 % interval.
    n_folds : int
        Folds that are done.
    weight : float
        Its share in the ensemble, 0 for one that is not in it.
    fit_seconds, predict_seconds : float
        Over all its folds.
    model_bytes : int
        Of all its fold models.
    origin : str
        The source that proposed it: ``"precedent"``, ``"sampler"``, ...
    precedents : tuple of PrecedentFact
        The known datasets that spoke for it, the one of most weight first.
    """

    rank: int | None
    learner: str
    parameters: Mapping[str, Scalar]
    space_version: int
    transforms: tuple[StepFact, ...]
    status: str
    reason: str
    score: float | None
    std_error: float | None
    low: float | None
    high: float | None
    n_folds: int
    weight: float
    fit_seconds: float
    predict_seconds: float
    model_bytes: int
    origin: str
    precedents: tuple[PrecedentFact, ...]

    @property
    def configuration(self) -> Configuration:
        """The configuration: ``str`` of it gives its words, `to_json` its key."""
        return Configuration(
            self.learner,
            self.parameters,
            self.space_version,
            tuple(step.step for step in self.transforms),
        )


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
