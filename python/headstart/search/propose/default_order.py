"""The default order as a source of proposals: the built-in portfolio, from the top."""

from headstart.base import Origin
from headstart.search.propose.context import Proposal, ProposalContext

__all__ = ["propose"]


def propose(context: ProposalContext) -> Proposal | None:
    """Return the first configuration of the portfolio that was not proposed yet.

    Where the knowledge base orders the learners that it knows, all other learners are
    left out: they compete by their expected gain (`unproven`).

    Parameters
    ----------
    context : ProposalContext
    """
    base = context.scope.precedents
    ordered = frozenset() if base is None or base.takes_turns else base.learners
    for configuration in context.scope.default_order:
        if ordered and configuration.learner not in ordered:
            continue
        configuration = context.with_added(configuration)
        if (
            configuration.learner not in context.excluded
            and configuration.key not in context.tried
            and context.fits(configuration)
        ):
            return Proposal(configuration, Origin.DEFAULT_ORDER)
    return None
