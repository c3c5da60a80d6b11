"""Turns: the order of the knowledge base, the default order and the sampler."""

from headstart.base import Origin
from headstart.search.propose import default_order, precedents, sampler
from headstart.search.propose.context import Proposal, ProposalContext, Source

__all__ = ["propose"]

# One trial in four comes from the default order instead of the base. The default order
# was made without the base, so the errors of the two are little related.
_OUTSIDE = 4
# Up to this many trials it is every second one: the default order begins with one good
# configuration of each learner, and ensembles need such diversity.
_EVENLY = 12
# The sampler needs results to learn from; from here on it has every second trial.
_SAMPLED_FROM = 24
# The same for a base that takes turns with the default order.
_TAKING_TURNS_FROM = 8


def propose(context: ProposalContext) -> Proposal | None:
    """Return the proposal of the source whose turn it is, or of the next one.

    Parameters
    ----------
    context : ProposalContext
    """
    proposals = (source(context) for source in _in_order(context))
    return next((proposal for proposal in proposals if proposal is not None), None)


def _in_order(context: ProposalContext) -> tuple[Source, ...]:
    """Return the sources to call for this trial, in order."""
    base, order, sample = precedents.propose, default_order.propose, sampler.propose
    proposer, number = context.scope.precedents, context.number
    if proposer is None:
        return order, sample
    has_results = bool(context.losses)
    turn = number % _OUTSIDE
    if proposer.takes_turns:
        if number >= _TAKING_TURNS_FROM and turn == _OUTSIDE - 1 and has_results:
            return sample, base, order
        return (order, base, sample) if number % 2 else (base, order, sample)
    if number >= _SAMPLED_FROM and number % 2 and has_results:
        return sample, base, order
    # Trials of unproven learners are not counted, so that a failure changes nothing.
    origins = [
        t.origin
        for t in context.trials
        if t.configuration.learner not in context.scope.unproven
    ]
    n_base, n_order = (
        origins.count(origin) for origin in (Origin.PRECEDENT, Origin.DEFAULT_ORDER)
    )
    is_early = n_base + n_order < _EVENLY
    if n_order < n_base if is_early else turn == _OUTSIDE - 1:
        return order, base, sample
    return base, sample
