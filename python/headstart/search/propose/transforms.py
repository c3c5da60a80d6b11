"""Transforms as a source of proposals: the best configuration with one more of them.

They come in the order of their gain per cost: the prior gain that the transform says it
has on the table, then what it took off the loss of those who tried it in this run.

Nothing is kept between proposals: what was tried is read off the trials.
"""

from collections.abc import Iterator, Sequence

from headstart.base import Configuration, Origin, Step, Trial, known_steps
from headstart.search.propose.available import AvailableTransforms
from headstart.search.propose.context import Proposal, ProposalContext
from headstart.search.propose.gains import gains_of_transforms

__all__ = ["propose"]

# Results that are waited for, so that the best of them means something.
_ENOUGH_RESULTS = 3
# From here on every second proposal, at most.
_TURN = 2
# Learners before which the default of a transform is tried in this way: one that helps
# a linear model may not help trees.
_LEARNERS = 2
# The same, of one that has helped.
_LEARNERS_HELPED = 4
# Factors by which results change a gain, and the gain below which a transform is not
# tried again.
_HELPED, _DID_NOT = 1.5, 0.3
_LEAST_GAIN = 0.1
# At half the cost a transform is worth as much as one 1.4 times as likely to help.
_COST_EXPONENT = 0.5


def propose(context: ProposalContext) -> Proposal | None:
    """Return the incumbent with a transform that it was not tried with.

    First each transform's default, then the precedents of those that the incumbent has.
    One that is to be tried at once is tried with the first configuration if there is no
    result yet, unless time may run out: then there is a model first.

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
    """Yield configurations with the step to be added to each, the best first."""
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
            for each in [*ranked, base]:
                if name in transforms.before(each.configuration.parameters).transforms:
                    yield each.configuration, _steps(transforms, name)[0]
                    break
    if len(ranked) < _ENOUGH_RESULTS or context.number % _TURN:
        return
    for step in _by_gain_per_cost(context, base, tried):
        yield base.configuration, step
    for step in base.configuration.transforms:
        for other in _steps(transforms, step.name)[1:]:
            yield base.configuration, other


def _by_gain_per_cost(
    context: ProposalContext, base: Trial, tried: dict[str, set[str]]
) -> list[Step]:
    """Return the defaults that are worth trying with `base`, the best first."""
    gains = gains_of_transforms(context.trials, context.losses)
    transforms = context.transforms.before(base.configuration.parameters)
    ranked = []
    for place, name in enumerate(transforms.transforms):
        learners, own = tried.get(name, set()), gains.get(name, [])
        most = _LEARNERS_HELPED if max(own, default=0.0) > 0 else _LEARNERS
        gain = _expected_gain(transforms.prior_gains.get(name, 0.5), own)
        if (
            base.configuration.learner in learners
            or len(learners) >= most
            or gain < _LEAST_GAIN
        ):
            continue
        step = _steps(transforms, name)[0]
        seconds = context.scope.seconds(transforms.added(base.configuration, step))
        cost = seconds**_COST_EXPONENT
        ranked.append((-gain / max(cost, 1e-9), place, step))
    return [step for _, _, step in sorted(ranked, key=lambda entry: entry[:2])]


def _expected_gain(prior: float, gains: Sequence[float]) -> float:
    """Return a transform's gain after its results in this run."""
    for gain in gains:
        prior *= _HELPED if gain > 0 else _DID_NOT
    return min(1.0, prior)


def _learners_after(trials: Sequence[Trial]) -> dict[str, set[str]]:
    """Return the learners that each transform was tried before."""
    learners: dict[str, set[str]] = {}
    for trial in trials:
        for step in trial.configuration.transforms:
            learners.setdefault(step.name, set()).add(trial.configuration.learner)
    return learners


def _steps(transforms: AvailableTransforms, name: str) -> list[Step]:
    return known_steps(transforms.task, transforms.transforms[name])
