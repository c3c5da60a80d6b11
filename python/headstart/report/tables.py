"""Small tables derived from the facts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from headstart.facts import Confusion, TrialFact

__all__ = ["Failure", "Mistake", "Origin", "failures", "mistakes", "origins"]

_MOST_MISTAKES = 15


@dataclass(frozen=True, slots=True)
class Origin:
    """Trials of one origin: their number, best rank and weight in the ensemble."""

    name: str
    n_trials: int
    best_rank: int | None
    weight: float


@dataclass(frozen=True, slots=True)
class Failure:
    """Trials that failed for one reason."""

    reason: str
    n_trials: int
    learners: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Mistake:
    """A pair of classes that the model confuses; `share` is of the actual class."""

    actual: str
    predicted: str
    n_rows: int
    share: float


def origins(trials: Sequence[TrialFact]) -> tuple[Origin, ...]:
    """Return the trials counted by origin, most frequent first."""
    counted = Counter(trial.origin for trial in trials)
    return tuple(
        Origin(
            name=name,
            n_trials=n,
            best_rank=min(
                (t.rank for t in trials if t.origin == name and t.rank is not None),
                default=None,
            ),
            weight=sum(t.weight for t in trials if t.origin == name),
        )
        for name, n in counted.most_common()
    )


def failures(trials: Sequence[TrialFact]) -> tuple[Failure, ...]:
    """Return the failed trials counted by reason, most frequent first."""
    failed = [trial for trial in trials if trial.status == "failed"]
    counted = Counter(trial.reason for trial in failed)
    return tuple(
        Failure(
            reason=reason or "no reason was recorded",
            n_trials=n,
            learners=tuple(sorted({t.learner for t in failed if t.reason == reason})),
            seconds=sum(t.fit_seconds for t in failed if t.reason == reason),
        )
        for reason, n in counted.most_common()
    )


def mistakes(confusion: Confusion | None) -> list[Mistake]:
    """Return the most frequent pairs of actual and wrongly predicted class."""
    if confusion is None:
        return []
    confused = [
        Mistake(
            actual=confusion.labels[a],
            predicted=confusion.labels[p],
            n_rows=n,
            share=n / sum(row),
        )
        for a, row in enumerate(confusion.counts)
        for p, n in enumerate(row)
        if a != p and n > 0
    ]
    confused.sort(key=lambda mistake: -mistake.n_rows)
    return confused[:_MOST_MISTAKES]
