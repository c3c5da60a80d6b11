"""Steps that are added to later proposals, because they have helped beyond noise.

Most steps are one choice among others: they help this learner and not that one. A step
that reads raw text is another matter, for no learner sees the text without it: where
the text tells, what is tried without it is wasted. So is what a user named and what
then helped.
"""

import math
import statistics
from collections.abc import Mapping, Sequence

from headstart.base import Step, Trial
from headstart.search.propose.available import AvailableTransforms
from headstart.search.propose.gains import pairs_by_step

__all__ = ["added_steps"]

# Folds of which a step must have made most better: standard errors above nothing.
_FEWEST_FOLDS = 3
_SURE = 2.0


def added_steps(
    transforms: AvailableTransforms,
    trials: Sequence[Trial],
    losses: Mapping[int, float],
) -> tuple[Step, ...]:
    """Return the steps that helped beyond noise, as the best trial has them.

    Only of transforms that are tried at once.

    Parameters
    ----------
    transforms : AvailableTransforms
    trials : sequence of Trial
    losses : mapping of int to float
        By number of the trial, of those whose results may be used.
    """
    taken: dict[str, dict[tuple[int, int], list[float]]] = {}
    for step, gains in pairs_by_step(trials, losses):
        if step.name in transforms.at_once and step.name in transforms.transforms:
            for unit, gain in gains.items():
                by_fold = taken.setdefault(step.name, {})
                by_fold.setdefault(unit, []).append(gain)
    found = []
    for name in transforms.transforms:
        # Pairs share folds and often a trial, so that each says much the same of a
        # fold: only folds are counted as evidence.
        by_fold = taken.get(name, {})
        if _is_sure([statistics.fmean(gains) for gains in by_fold.values()]):
            having = [
                (losses[t.number], t.number, step)
                for t in trials
                if t.number in losses and not t.is_baseline
                for step in t.configuration.transforms
                if step.name == name
            ]
            found.append(min(having, key=lambda entry: entry[:2])[2])
    return tuple(found)


def _is_sure(gains: Sequence[float]) -> bool:
    if len(gains) < _FEWEST_FOLDS:
        return False
    error = statistics.stdev(gains) / math.sqrt(len(gains))
    return statistics.fmean(gains) > _SURE * error
