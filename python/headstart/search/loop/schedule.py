"""The policies that choose the next fold fit; they share one state.

`CountedSchedule` is for a budget in trials: its decisions depend only on results, taken
in the order of proposal, never on time. `TimedSchedule` is for a budget in seconds: it
runs the first folds of several configurations before the last folds of one, and starts
nothing that does not fit into the remaining time.
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

# A search with a budget in trials ends when at least this many trials have failed, and
# at least this many times its budget. Failures that put a learner in quarantine do not
# count.
_FAILURES = 20
_FAILURES_PER_TRIAL = 2


class Propose(Protocol):
    """Returns the proposal for a trial; see `Proposer`."""

    def __call__(
        self,
        number: int,
        usable_trials: list[Trial],
        fits: Callable[[Configuration], bool],
    ) -> Proposal | None:
        """Return the proposal for trial `number`, or None if nothing is left."""


class Schedule(Protocol):
    """A policy: the next fold fit, if there is one to start now.

    Attributes
    ----------
    has_given_up : bool
        Whether no more trials are started because too many have failed.
    """

    has_given_up: bool

    def next(self) -> tuple[Trial, Unit] | None:
        """Return the next fold fit; None if there is none to start now."""

    def settle(self) -> list[Trial]:
        """Return the trials that newly ended, or newly have a result on every fold."""


def too_many_failed(trials: Sequence[Trial], max_trials: int) -> bool:
    """Return whether so many trials failed that the search must end."""
    failed = Counter(
        t.configuration.learner for t in trials if t.status is TrialStatus.FAILED
    )
    # The first failures of each learner do not count: they lead to quarantine.
    n_failed = sum(max(0, n - QUARANTINED_AFTER) for n in failed.values())
    return n_failed >= max(_FAILURES, _FAILURES_PER_TRIAL * max_trials)


def is_idle(trial: Trial, units: Sequence[Unit]) -> bool:
    """Return whether the transform that a trial adds had no effect on these folds.

    False for trials from other sources: no trial without the transform is known.
    """
    if trial.origin is not Origin.TRANSFORM:
        return False
    outcomes = [trial.outcomes.get(unit) for unit in units]
    return all(outcome is not None and outcome.is_idle for outcome in outcomes)
