"""Transforms that the user named: each is tried before the budget is spent."""

from dataclasses import replace

from headstart.base import Configuration, Step, TrialStatus, known_steps
from headstart.search.propose import default_order, precedents, transforms
from headstart.search.propose.context import Proposal, ProposalContext
from headstart.search.propose.quarantine import (
    culprit_of,
    failures_of_unproven,
    transform_token,
)

__all__ = ["propose"]


def propose(context: ProposalContext) -> Proposal | None:
    """Return a configuration with the named transforms that no trial has yet.

    Only for the last trial of the budget. Before it, named transforms are proposed like
    all others.

    Parameters
    ----------
    context : ProposalContext
    """
    due = _due_steps(context)
    if not due:
        return None

    def has_due_and_fits(configuration: Configuration) -> bool:
        names = {step.name for step in configuration.transforms}
        return all(step.name in names for step in due) and context.fits(configuration)

    stricter = replace(context, fits=has_due_and_fits, added=(*due, *context.added))
    sources = (transforms.propose, precedents.propose, default_order.propose)
    proposals = (source(stricter) for source in sources)
    return next((proposal for proposal in proposals if proposal is not None), None)


def _due_steps(context: ProposalContext) -> list[Step]:
    """Return the defaults of the named transforms that no trial has yet."""
    scope, trials = context.scope, context.usable_trials
    if scope.max_trials is None:
        return []
    failed = [t for t in trials if t.status is TrialStatus.FAILED]
    n_uncounted = len(failed) + sum(t.is_baseline for t in trials)
    if context.number + 1 < scope.max_trials + n_uncounted:
        return []
    failures = failures_of_unproven(context.trials, scope.unproven)
    # A step counts as untried where the trial failed because of something else.
    innocent = {
        (t.number, step.name)
        for t in [*failed, *failures]
        for step in t.configuration.transforms
        if culprit_of(t) != transform_token(step.name)
    }
    tried = {
        step.name
        for t in context.trials
        for step in t.configuration.transforms
        if (t.number, step.name) not in innocent
    }
    available = context.transforms
    return [
        known_steps(scope.task, transform)[0]
        for name, transform in available.transforms.items()
        if name in available.named - tried
    ]
