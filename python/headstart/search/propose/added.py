"""Steps that are added to later proposals, because they have helped beyond noise.

Most steps help some learners and not others, so they stay one option of the search. A
step that reads raw text is different: no learner can use the text without it, so where
the text is informative, trials without the step are wasted. The same holds for a
transform that the user named and that has helped.
"""

import math
import statistics
from collections.abc import Mapping, Sequence

from headstart.base import Step, Trial
from headstart.search.propose.available import AvailableTransforms
from headstart.search.propose.gains import pairs_by_step

__all__ = ["added_steps"]

# A step has helped beyond noise if its mean gain over at least `_FEWEST_FOLDS` folds
# exceeds `_SURE` standard errors.
_FEWEST_FOLDS = 3
_SURE = 2.0


def added_steps(
    transforms: AvailableTransforms,
    trials: Sequence[Trial],
    losses: Mapping[int, float],
) -> tuple[Step, ...]:
    """Return the steps that helped beyond noise, with the best trial's parameters.

    Only transforms in `AvailableTransforms.at_once` are considered.

    Parameters
    ----------
    transforms : AvailableTransforms
    trials : sequence of Trial
    losses : mapping of int to float
        By number of the trial, of those whose results may be used.
    """
    gains_by_step: dict[str, dict[tuple[int, int], list[float]]] = {}
    for step, gains in pairs_by_step(trials, losses):
        if step.name in transforms.at_once and step.name in transforms.transforms:
            for unit, gain in gains.items():
                by_fold = gains_by_step.setdefault(step.name, {})
                by_fold.setdefault(unit, []).append(gain)
    steps = []
    for name in transforms.transforms:
        # Pairs share folds and often a trial, so their gains on a fold are correlated:
        # the gains are averaged per fold, and only folds count as observations.
        by_fold = gains_by_step.get(name, {})
        if _is_sure([statistics.fmean(gains) for gains in by_fold.values()]):
            candidates = [
                (losses[t.number], t.number, step)
                for t in trials
                if t.number in losses and not t.is_baseline
                for step in t.configuration.transforms
                if step.name == name
            ]
            steps.append(min(candidates, key=lambda entry: entry[:2])[2])
    return tuple(steps)


def _is_sure(gains: Sequence[float]) -> bool:
    if len(gains) < _FEWEST_FOLDS:
        return False
    error = statistics.stdev(gains) / math.sqrt(len(gains))
    return statistics.fmean(gains) > _SURE * error
