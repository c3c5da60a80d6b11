"""Records of the search: trials, their precedents, the budget."""

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
    """A dataset of the knowledge base that supported a configuration.

    Parameters
    ----------
    dataset : str
    weight : float
        Share of the expected gain.
    rank : int
        Rank of the configuration among those evaluated on the dataset; 1 is the best.
    n_ranked : int
        Number of configurations evaluated on the dataset, including failures.
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
        1 is the best; None for a failed trial.
    learner : str
    parameters : mapping of str to scalar
    space_version : int
        Version of the learner's search space.
    transforms : tuple of StepFact
        In order of application.
    status : str
        ``"done"``, ``"partial"`` (raced out, or time ran out) or ``"failed"``.
    reason : str
        Reason of a failure or early stop; "" for a complete trial.
    score, std_error, low, high : float or None
        Mean over folds, its standard error (corrected for training rows that folds
        share), and its 95 % interval.
    n_folds : int
        Number of completed folds.
    weight : float
        Weight in the ensemble; 0 for a trial that is not a member.
    fit_seconds, predict_seconds : float
        Sum over its folds.
    model_bytes : int
        Size of all its fold models.
    origin : str
        The source that proposed it: ``"precedent"``, ``"sampler"``, ...
    precedents : tuple of PrecedentFact
        The datasets that supported it, largest weight first.
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
        """The configuration; `to_json` gives its key."""
        return Configuration(
            self.learner,
            self.parameters,
            self.space_version,
            tuple(step.step for step in self.transforms),
        )


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds spent on a stage or a learner."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Moment:
    """The ensemble's out-of-fold score from a second of the fit on."""

    second: float
    score: float


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of the fit, and the time and trials it used.

    Parameters
    ----------
    time_limit : float or None
        Seconds.
    max_trials : int or None
    seconds : float
        Wall seconds until the analysis began.
    ended : str
        Reason for the end of the search.
    n_jobs : int
        Number of parallel fold fits.
    n_trials, n_failed : int
    stages : tuple of Spent
        Wall seconds, in order of time.
    learners : tuple of Spent
        Seconds of fold fits, most first; fits may run in parallel.
    history : tuple of Moment
        Score of the ensemble over time, on the out-of-fold rows available then.
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
    """A similar dataset; `similarity` is its share of the weight, in (0, 1]."""

    dataset: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Base:
    """The knowledge base of the search, with the most similar datasets."""

    identity: str
    n_datasets: int
    neighbours: tuple[Neighbour, ...]
