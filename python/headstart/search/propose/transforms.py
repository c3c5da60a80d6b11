"""The best configuration so far, with one more transform.

Which one is a matter of what it promises for its price. A promise is what the transform
said of the table, and then what it bought of those who tried it in this run.

Nothing is kept between proposals: what was tried is read off the trials.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from headstart.base import Configuration, Step, Trial, known_steps
from headstart.search.loop.schedule import ENRICHED, Proposal
from headstart.search.propose.available import OfferedTransforms
from headstart.search.propose.gains import gains_of_transforms

__all__ = ["enrich"]

# Results that are waited for, so that the best of them means something.
_ENOUGH_RESULTS = 3
# From here on every second proposal, at most.
_TURN = 2
# Learners before which the default of a transform is tried in this way: one that helps
# a linear model may not help trees.
_LEARNERS = 2
# The same, of one that has helped.
_LEARNERS_HELPED = 4
# What a result does to a promise, and the promise below which one is not tried again.
_HELPED, _DID_NOT = 1.5, 0.3
_LEAST_PROMISE = 0.1
# Half as dear is worth as much as 1.4 times as likely.
_PRICE = 0.5


def enrich(
    offered: OfferedTransforms,
    trials: Sequence[Trial],
    losses: Mapping[int, float],
    number: int,
    benched: Collection[str],
    fits: Callable[[Configuration], bool],
    seconds: Callable[[Configuration], float] = lambda _: 1.0,
    *,
    waits: bool = False,
) -> Proposal | None:
    """Return the incumbent with a transform that it was not tried with, or None.

    Transforms come in the order of what they promise for their price: first each one's
    default, then the precedents of those that the incumbent has. An eager one is tried
    at once, with the first configuration if there is no result yet.

    Parameters
    ----------
    trials : sequence of Trial
        All trials so far.
    losses : mapping of int to float
        By number of the trial, of those whose results may be used.
    number : int
        Number of the trial to be proposed.
    benched : collection of str
        Learners that are not to be tried.
    fits : callable
        Whether a configuration fits into what is left.
    seconds : callable
        Predicted seconds of a configuration's fold fit.
    waits : bool
        Eager ones wait for the first result: where time may run out, there is a model
        first.
    """
    if not offered.transforms or (waits and not losses):
        return None
    tried = {t.configuration.key for t in trials if t.origin != "floor"}
    for base, step in _candidates(offered, trials, losses, number, benched, seconds):
        found = offered.added(base, step)
        if found.key not in tried and fits(found):
            return Proposal(found, ENRICHED)
    return None


def _candidates(
    offered: OfferedTransforms,
    trials: Sequence[Trial],
    losses: Mapping[int, float],
    number: int,
    benched: Collection[str],
    seconds: Callable[[Configuration], float],
) -> Iterator[tuple[Configuration, Step]]:
    usable = [t for t in trials if t.configuration.learner not in benched]
    ranked = sorted(
        (t for t in usable if t.number in losses and offered.knows(t.configuration)),
        key=lambda t: (losses[t.number], t.number),
    )
    first = next((t for t in usable if t.origin != "floor"), None)
    base = ranked[0] if ranked else first
    if base is None:
        return
    seen = _tried_before(trials)
    for name in offered.transforms:
        if name in offered.eager and not seen.get(name):
            for each in [*ranked, base]:
                if name in offered.before(each.configuration.parameters).transforms:
                    yield each.configuration, _steps(offered, name)[0]
                    break
    if len(ranked) < _ENOUGH_RESULTS or number % _TURN:
        return
    gains = gains_of_transforms(trials, losses)
    offered = offered.before(base.configuration.parameters)
    learner = base.configuration.learner
    ranked_steps = []
    for place, name in enumerate(offered.transforms):
        learners, own = seen.get(name, set()), gains.get(name, [])
        most = _LEARNERS_HELPED if max(own, default=0.0) > 0 else _LEARNERS
        promise = _promise(offered.promises.get(name, 0.5), own)
        if learner in learners or len(learners) >= most or promise < _LEAST_PROMISE:
            continue
        step = _steps(offered, name)[0]
        price = seconds(offered.added(base.configuration, step)) ** _PRICE
        ranked_steps.append((-promise / max(price, 1e-9), place, step))
    for _, _, step in sorted(ranked_steps, key=lambda entry: entry[:2]):
        yield base.configuration, step
    for step in base.configuration.transforms:
        for other in _steps(offered, step.name)[1:]:
            yield base.configuration, other


def _promise(promise: float, gains: Sequence[float]) -> float:
    """Return a promise after what was seen of it."""
    for gain in gains:
        promise *= _HELPED if gain > 0 else _DID_NOT
    return min(1.0, promise)


def _tried_before(trials: Sequence[Trial]) -> dict[str, set[str]]:
    """Return the learners that each transform was tried before."""
    found: dict[str, set[str]] = {}
    for trial in trials:
        for step in trial.configuration.transforms:
            found.setdefault(step.name, set()).add(trial.configuration.learner)
    return found


def _steps(offered: OfferedTransforms, name: str) -> list[Step]:
    return known_steps(offered.task, offered.transforms[name])
