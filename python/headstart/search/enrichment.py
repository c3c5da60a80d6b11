"""The best configuration so far, with one more transform.

Nothing is kept between proposals: what was tried is read off the trials.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from headstart.base import Configuration, Step, Trial, known_steps
from headstart.search.offered import OfferedTransforms
from headstart.search.schedule import Proposal

__all__ = ["ORIGIN", "enrich"]

ORIGIN = "transform"

# Results that are waited for, so that the best of them means something.
_ENOUGH_RESULTS = 3
# From here on every second proposal, at most.
_TURN = 2
# Learners before which the default of a transform is tried in this way: one that helps
# a linear model may not help trees.
_LEARNERS = 2


def enrich(
    offered: OfferedTransforms,
    trials: Sequence[Trial],
    losses: Mapping[int, float],
    number: int,
    benched: Collection[str],
    fits: Callable[[Configuration], bool],
) -> Proposal | None:
    """Return the incumbent with a transform that it was not tried with, or None.

    Transforms come in the order of their cost: first each one's default, then the
    precedents of those that the incumbent has. An eager one is tried at once, with the
    first configuration if there is no result yet.

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
    """
    if not offered.transforms:
        return None
    tried = {t.configuration.key for t in trials if t.origin != "floor"}
    for base, step in _candidates(offered, trials, losses, number, benched):
        found = offered.added(base, step)
        if found.key not in tried and fits(found):
            return Proposal(found, ORIGIN)
    return None


def _candidates(
    offered: OfferedTransforms,
    trials: Sequence[Trial],
    losses: Mapping[int, float],
    number: int,
    benched: Collection[str],
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
            yield base.configuration, _steps(offered, name)[0]
    if len(ranked) < _ENOUGH_RESULTS or number % _TURN:
        return
    for name in offered.transforms:
        learners = seen.get(name, set())
        learner = base.configuration.learner
        if len(learners) < _LEARNERS and learner not in learners:
            yield base.configuration, _steps(offered, name)[0]
    for step in base.configuration.transforms:
        for other in _steps(offered, step.name)[1:]:
            yield base.configuration, other


def _tried_before(trials: Sequence[Trial]) -> dict[str, set[str]]:
    """Return the learners that each transform was tried before."""
    found: dict[str, set[str]] = {}
    for trial in trials:
        for step in trial.configuration.transforms:
            found.setdefault(step.name, set()).add(trial.configuration.learner)
    return found


def _steps(offered: OfferedTransforms, name: str) -> list[Step]:
    return known_steps(offered.task, offered.transforms[name])
