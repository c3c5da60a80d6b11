"""The proposer: calls the sources of proposals, one after another.

Transforms enter proposals in three ways: `transforms` adds each of them to the best
configuration so far, the sampler switches those on and off that helped or that are to
be tried at once, and `added` puts those that helped beyond noise into all later
proposals.
"""

from collections.abc import Callable, Sequence

from headstart.base import Configuration, Trial, TrialStatus
from headstart.search.propose import named, transforms, turns, unproven
from headstart.search.propose.added import added_steps
from headstart.search.propose.context import Proposal, ProposalContext, Scope, Source
from headstart.search.propose.quarantine import (
    failing,
    failures_of_unproven,
    involved,
    still_unproven,
    transforms_in,
)

__all__ = ["SOURCES", "Proposer"]

#: The sources, in the order in which they are called: a new one is a file and a line.
SOURCES: tuple[Source, ...] = (
    unproven.propose_again,
    named.propose,
    transforms.propose,
    turns.propose,  # the knowledge base, the default order and the sampler
)


class Proposer:
    """Proposes the configurations of a run's trials.

    Parameters
    ----------
    scope : Scope
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __call__(
        self,
        number: int,
        usable_trials: Sequence[Trial],
        fits: Callable[[Configuration], bool],
    ) -> Proposal | None:
        """Return the proposal for a trial, or None if no source has one.

        Parameters
        ----------
        number : int
        usable_trials : sequence of Trial
            Trials whose results may be used.
        fits : callable of ``(configuration) -> bool``
            Whether a configuration fits into the remaining budget.
        """
        context = self._context(number, usable_trials, fits)
        proposals = (propose(context) for propose in SOURCES)
        return next((proposal for proposal in proposals if proposal is not None), None)

    def _context(
        self,
        number: int,
        usable_trials: Sequence[Trial],
        fits: Callable[[Configuration], bool],
    ) -> ProposalContext:
        scope = self._scope
        excluded = self._excluded(usable_trials)
        available = scope.transforms.without(transforms_in(excluded))
        losses = scope.state.comparable_losses(
            t for t in usable_trials if t.status is not TrialStatus.FAILED
        )
        return ProposalContext(
            scope=scope,
            number=number,
            usable_trials=usable_trials,
            losses=losses,
            excluded=excluded,
            fits=fits,
            transforms=available,
            added=added_steps(available, scope.state.trials, losses),
        )

    def _excluded(self, usable_trials: Sequence[Trial]) -> frozenset[str]:
        """Return the learners and transforms that must not be proposed now."""
        scope, trials = self._scope, self._scope.state.trials
        failures = failures_of_unproven(trials, scope.unproven)
        # While the first fold fit of an unproven learner or transform runs, it is not
        # proposed again: its result is awaited.
        running = {
            name
            for trial in trials
            if trial.status is TrialStatus.RUNNING
            for name in involved(trial)
        }
        excluded = failing(usable_trials) | failing(failures)
        excluded |= running & still_unproven(trials, scope.unproven)
        if not scope.learners.keys() <= excluded | set(scope.slow):
            excluded |= set(scope.slow)  # unless no other learner is left
        return frozenset(excluded)
