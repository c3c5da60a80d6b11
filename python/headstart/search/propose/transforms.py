"""Transforms as a source of proposals: the best configuration with one more transform.

Transforms are ordered by their expected gain per cost: the prior gain on the table,
updated by the results with and without the transform in this run.

No state is kept between proposals: everything is derived from the trials.
"""

from collections.abc import Iterator, Sequence

from headstart.base import Configuration, Origin, Step, Trial, known_steps
from headstart.search.propose.available import AvailableTransforms
from headstart.search.propose.context import Proposal, ProposalContext
from headstart.search.propose.gains import gains_of_transforms

__all__ = ["propose"]

# Results that are needed before the best of them is a useful start.
_ENOUGH_RESULTS = 3
# From then on, at most every second proposal.
_TURN = 2
# Number of learners with which the default of a transform is tried in this way: a
# transform that helps a linear model may not help trees.
_LEARNERS = 2
# The same for a transform that has helped.
_LEARNERS_HELPED = 4
# Factors by which a result changes the expected gain, and the expected gain below which
# a transform is not tried again.
_HELPED, _DID_NOT = 1.5, 0.3
_LEAST_GAIN = 0.1
# Exponent of the cost: half the cost counts as much as 1.4 times the gain.
_COST_EXPONENT = 0.5


def propose(context: ProposalContext) -> Proposal | None:
    """Return the best configuration with a transform that it was not tried with.

    First each transform's default, then the precedents of the transforms that the best
    configuration has. A transform of `AvailableTransforms.at_once` is tried with the
    first configuration before there are results, unless the budget is in seconds: then
    a first model comes before it.

    Parameters
    ----------
    context : ProposalContext
    """
    transforms = context.transforms
    if not transforms.transforms or (context.scope.is_timed and not context.losses):
        return None
    for base, step in _candidates(context):
        configuration = transforms.added(base, step)
        if configuration.key not in context.tried and context.fits(configuration):
            return Proposal(configuration, Origin.TRANSFORM)
    return None


def _candidates(context: ProposalContext) -> Iterator[tuple[Configuration, Step]]:
    """Yield configurations and the step to add to each, the best pair first."""
    transforms, losses, trials = context.transforms, context.losses, context.trials
    usable = [t for t in trials if t.configuration.learner not in context.excluded]
    ranked = sorted(
        (t for t in usable if t.number in losses and transforms.knows(t.configuration)),
        key=lambda t: (losses[t.number], t.number),
    )
    first = next((t for t in usable if not t.is_baseline), None)
    base = ranked[0] if ranked else first
    if base is None:
        return
    tried = _learners_after(trials)
    for name in transforms.transforms:
        if name in transforms.at_once and not tried.get(name):
            for trial in [*ranked, base]:
                if name in transforms.before(trial.configuration.parameters).transforms:
                    yield trial.configuration, _steps(transforms, name)[0]
                    break
    if len(ranked) < _ENOUGH_RESULTS or context.number % _TURN:
        return
    for step in _by_gain_per_cost(context, base, tried):
        yield base.configuration, step
    for step in base.configuration.transforms:
        for other_step in _steps(transforms, step.name)[1:]:
            yield base.configuration, other_step


def _by_gain_per_cost(
    context: ProposalContext, base: Trial, tried: dict[str, set[str]]
) -> list[Step]:
    """Return the default steps that are worth trying with `base`, the best first."""
    gains = gains_of_transforms(context.trials, context.losses)
    transforms = context.transforms.before(base.configuration.parameters)
    ranked = []
    for index, name in enumerate(transforms.transforms):
        learners, own_gains = tried.get(name, set()), gains.get(name, [])
        n_allowed = _LEARNERS_HELPED if max(own_gains, default=0.0) > 0 else _LEARNERS
        gain = _expected_gain(transforms.prior_gains.get(name, 0.5), own_gains)
        if (
            base.configuration.learner in learners
            or len(learners) >= n_allowed
            or gain < _LEAST_GAIN
        ):
            continue
        step = _steps(transforms, name)[0]
        seconds = context.scope.seconds(transforms.added(base.configuration, step))
        cost = seconds**_COST_EXPONENT
        ranked.append((-gain / max(cost, 1e-9), index, step))
    return [step for _, _, step in sorted(ranked, key=lambda entry: entry[:2])]


def _expected_gain(prior: float, gains: Sequence[float]) -> float:
    """Return a transform's expected gain, given its results in this run."""
    for gain in gains:
        prior *= _HELPED if gain > 0 else _DID_NOT
    return min(1.0, prior)


def _learners_after(trials: Sequence[Trial]) -> dict[str, set[str]]:
    """Return the learners that each transform was tried with, by its name."""
    learners: dict[str, set[str]] = {}
    for trial in trials:
        for step in trial.configuration.transforms:
            learners.setdefault(step.name, set()).add(trial.configuration.learner)
    return learners


def _steps(transforms: AvailableTransforms, name: str) -> list[Step]:
    return known_steps(transforms.task, transforms.transforms[name])
