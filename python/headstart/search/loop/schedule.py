"""The policies that say which fold fit runs next; they share one state.

`CountedSchedule` serves a budget in trials: what it does depends on results only, taken
in the order of proposal, never on time. `TimedSchedule` serves a budget in seconds:
first folds of several configurations before last folds of one, nothing started that
does not fit.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from headstart.base import Configuration, Origin, Trial, TrialStatus
from headstart.search.propose.context import Proposal
from headstart.search.propose.quarantine import QUARANTINED_AFTER
from headstart.search.run.state import Unit

__all__ = [
    "IDLE",
    "RACED_OUT",
    "Propose",
    "Schedule",
    "is_idle",
    "too_many_failed",
]

# Reasons why a trial ends before its last fold.
RACED_OUT = "raced out: it could not win any more"
IDLE = "its last transform found nothing to change: as good as without it"

# A search for a number of trials ends when this many have failed, and this many times
# as many as it is to run; those that put a learner in quarantine do not count.
_FAILURES = 20
_FAILURES_PER_TRIAL = 2


class Propose(Protocol):
    """Where configurations come from: see `Proposer`."""

    def __call__(
        self, number: int, known: list[Trial], fits: Callable[[Configuration], bool]
    ) -> Proposal | None:
        """Return the proposal for trial `number`, or None: nothing is left."""


class Schedule(Protocol):
    """A policy: the next fold fit, if there is one to start now.

    Attributes
    ----------
    has_given_up : bool
        Whether no more trials are started because too many have failed.
    """

    has_given_up: bool

    def next(self) -> tuple[Trial, Unit] | None:
        """Return the next fold fit; None to wait, or when all is done."""

    def settle(self) -> list[Trial]:
        """Return trials that have just got all the folds they will get."""


def too_many_failed(trials: Sequence[Trial], max_trials: int) -> bool:
    """Return whether a search for `max_trials` trials is to end for its failures."""
    failed = Counter(
        t.configuration.learner for t in trials if t.status is TrialStatus.FAILED
    )
    # The first ones of each learner do not count: after these it may be in quarantine.
    n_failed = sum(max(0, n - QUARANTINED_AFTER) for n in failed.values())
    return n_failed >= max(_FAILURES, _FAILURES_PER_TRIAL * max_trials)


def is_idle(trial: Trial, units: Sequence[Unit]) -> bool:
    """Return whether an added transform changed nothing, on these folds.

    Others are the first of their kind, whatever their steps do.
    """
    if trial.origin is not Origin.TRANSFORM:
        return False
    outcomes = [trial.outcomes.get(unit) for unit in units]
    return all(outcome is not None and outcome.is_idle for outcome in outcomes)
