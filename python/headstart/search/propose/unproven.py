"""Learners that the knowledge base does not know: when their turn comes.

A newcomer brings configurations of its own (a default, then precedents) and a hint of
what they cost. Until it has results it is taken, on each known table, for any of the
known learners, of its own family where the base has one; then by how its best result
stands among those of the run. Its gain is divided by its seconds as all others' are.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from headstart.base import Configuration, Learner, Task, Trial, known_configurations
from headstart.search.propose.precedents import Guide

__all__ = ["Newcomer", "Newcomers", "standing"]

# Until each newcomer has been tried once, every third trial is one's default, the
# cheapest first.
_EVERY = 3


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A newcomer's next configuration, and its expected gain for its price."""

    configuration: Configuration
    value: float


class Newcomers:
    """The configurations of learners that the base does not know.

    Parameters
    ----------
    task : Task
    learners : mapping of str to Learner
        All of the run.
    guide : Guide
    seconds : callable of ``(configuration) -> float``
        Predicted seconds of a fold fit.
    """

    def __init__(
        self,
        task: Task,
        learners: Mapping[str, Learner],
        guide: Guide,
        seconds: Callable[[Configuration], float],
    ) -> None:
        known = {c.learner for c in guide.configurations}
        self._guide = guide
        self._seconds = seconds
        self._configurations = {
            name: known_configurations(task, learners[name])
            for name in sorted(set(learners) - known)
            if learners[name].max_rows is None
            or task.n_rows <= (learners[name].max_rows or 0)
        }
        self._relatives = {
            name: {
                other
                for other in known & set(learners)
                if learners[other].family == learners[name].family != ""
            }
            or known
            for name in self._configurations
        }

    def due(
        self,
        number: int,
        tried: Collection[str],
        may_try: Callable[[Configuration], bool],
    ) -> Configuration | None:
        """Return the cheapest default not tried yet, if one is due at trial `number`.

        Parameters
        ----------
        tried : collection of str
            Keys of configurations.
        may_try : callable
            Whether a configuration is still to be tried, and fits.
        """
        if number % _EVERY != _EVERY - 1:
            return None
        defaults = [found[0] for found in self._configurations.values()]
        waiting = [c for c in defaults if c.key not in tried and may_try(c)]
        return min(waiting, key=lambda c: (self._seconds(c), c.learner), default=None)

    def best(
        self,
        known: Sequence[Trial],
        losses: Mapping[int, float],
        may_try: Callable[[Configuration], bool],
        as_tried: Callable[[Configuration], Configuration] = lambda c: c,
    ) -> Newcomer | None:
        """Return the configuration with the highest expected gain for its price."""
        found: Newcomer | None = None
        for name, configurations in self._configurations.items():
            following = next((c for c in configurations if may_try(c)), None)
            if following is None:
                continue
            value = standing(name, known, losses) * self._guide.value_of_newcomer(
                known,
                losses,
                self._relatives[name],
                self._seconds(as_tried(following)),
                as_tried,
            )
            if found is None or value > found.value:
                found = Newcomer(following, value)
        return found


def standing(
    learner: str, known: Sequence[Trial], losses: Mapping[int, float]
) -> float:
    """Return how much of its expected gain a learner's results leave it.

    1 where it has none or the best of the run; 1/e where its best result is as far
    from the best of the run as the median trial is.

    Examples
    --------
    >>> trials = [Trial(n, Configuration(c)) for n, c in enumerate("abc")]
    >>> [round(standing(c, trials, {0: 1.0, 1: 2.0, 2: 3.0}), 2) for c in "abcd"]
    [1.0, 0.37, 0.14, 1.0]
    """
    own = [
        losses[t.number]
        for t in known
        if t.configuration.learner == learner and t.number in losses
    ]
    if not own:
        return 1.0
    ranked = sorted(losses.values())
    best, median = ranked[0], ranked[len(ranked) // 2]
    unit = max(median - best, 1e-3 * abs(best), 1e-12)
    return math.exp(-(min(own) - best) / unit)
