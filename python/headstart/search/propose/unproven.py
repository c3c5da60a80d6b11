"""Learners that the knowledge base does not know, and second chances of unproven ones.

An unproven learner has its own configurations (a default, then precedents) and hints of
their cost. Until it has results, its expected gain is that of the known learners, of
the same family if the base has one. Afterwards the gain is scaled by its standing: its
best result relative to those of the run. As for all others, the gain is divided by the
predicted seconds.
"""

import math
from collections.abc import Mapping, Sequence

from headstart.base import Origin, Trial, known_configurations
from headstart.search.propose.context import (
    Proposal,
    ProposalContext,
    Scope,
    Suggestion,
)
from headstart.search.propose.quarantine import (
    culprit_of,
    failures_of_unproven,
    still_unproven,
)
from headstart.search.propose.sampler import sample_configuration

__all__ = ["propose", "propose_again", "standing", "suggest"]

# Until each unproven learner has been tried once, every third trial is the default of
# one of them, the cheapest first.
_EVERY = 3


def propose(context: ProposalContext) -> Proposal | None:
    """Return the cheapest untried default of an unproven learner, every third trial.

    Parameters
    ----------
    context : ProposalContext
    """
    if context.number % _EVERY != _EVERY - 1:
        return None
    scope = context.scope
    defaults = [scope.configurations[name][0] for name in _unknown(scope)]
    untried = [c for c in defaults if c.key not in context.tried and context.may_try(c)]
    if not untried:
        return None
    cheapest = min(untried, key=lambda c: (scope.seconds(c), c.learner))
    return Proposal(context.with_added(cheapest), Origin.UNPROVEN)


def suggest(context: ProposalContext) -> Suggestion | None:
    """Return the configuration with the highest expected gain per cost.

    Parameters
    ----------
    context : ProposalContext
    """
    scope, best = context.scope, None
    losses = scope.state.mean_losses(context.losses)
    for name in _unknown(scope):
        configurations = scope.configurations[name]
        next_untried = next((c for c in configurations if context.may_try(c)), None)
        if next_untried is None:
            continue
        assert scope.precedents is not None
        value = standing(name, context.usable_trials, losses) * (
            scope.precedents.value_of_unproven(
                context.usable_trials,
                losses,
                _relatives(name, scope, scope.precedents.learners),
                scope.seconds(context.with_added(next_untried)),
                context.with_added,
            )
        )
        if best is None or value > best.value:
            best = Suggestion(next_untried, value)
    return best


def propose_again(context: ProposalContext) -> Proposal | None:
    """Return another configuration of an unproven learner that has failed once.

    Parameters
    ----------
    context : ProposalContext
    """
    scope, trials = context.scope, context.trials
    failures = failures_of_unproven(trials, scope.unproven)
    names = [
        t.configuration.learner
        for t in failures
        if culprit_of(t) == t.configuration.learner
    ]
    for name in dict.fromkeys(names):
        if name in context.excluded or name not in still_unproven(trials, [name]):
            continue
        for configuration in known_configurations(scope.task, scope.learners[name]):
            if configuration.key not in context.tried and context.fits(configuration):
                return Proposal(configuration, Origin.DEFAULT_ORDER)
        sampled = sample_configuration(
            scope.task,
            {name: scope.learners[name]},
            trials,
            {},
            number=0,
            seed=scope.seed,
        )
        if sampled is not None and context.fits(sampled):
            return Proposal(sampled, Origin.SAMPLER)
    return None


def standing(
    learner: str, usable_trials: Sequence[Trial], losses: Mapping[int, float]
) -> float:
    """Return the factor by which a learner's results scale its expected gain.

    The factor is 1 if the learner has no result or the best one of the run. It is 1/e
    if its best result is as far from the best of the run as the median trial's.

    Parameters
    ----------
    learner : str
    usable_trials : sequence of Trial
        Trials whose results may be used.
    losses : mapping of int to float
        Loss per trial number.

    Examples
    --------
    >>> from headstart.base import Configuration
    >>> trials = [Trial(n, Configuration(c)) for n, c in enumerate("abc")]
    >>> [round(standing(c, trials, {0: 1.0, 1: 2.0, 2: 3.0}), 2) for c in "abcd"]
    [1.0, 0.37, 0.14, 1.0]
    """
    own_losses = [
        losses[t.number]
        for t in usable_trials
        if t.configuration.learner == learner and t.number in losses
    ]
    if not own_losses:
        return 1.0
    ranked = sorted(losses.values())
    best, median = ranked[0], ranked[len(ranked) // 2]
    unit = max(median - best, 1e-3 * abs(best), 1e-12)
    return math.exp(-(min(own_losses) - best) / unit)


def _unknown(scope: Scope) -> list[str]:
    """Return the learners that the base does not know; none if the base takes turns."""
    base = scope.precedents
    if base is None or base.takes_turns:
        return []
    return [
        name
        for name in sorted(set(scope.learners) - base.learners)
        if scope.task.n_rows <= (scope.learners[name].max_rows or scope.task.n_rows)
    ]


def _relatives(
    name: str, scope: Scope, known_learners: frozenset[str]
) -> frozenset[str]:
    """Return the known learners whose results stand in for an unknown one."""
    family = scope.learners[name].family
    relatives = frozenset(
        candidate
        for candidate in known_learners & set(scope.learners)
        if scope.learners[candidate].family == family != ""
    )
    return relatives or known_learners
