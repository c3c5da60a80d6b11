"""Gains of transforms in this run: trials with a step compared to trials without."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from headstart.base import Step, Trial

__all__ = ["gains_of_transforms", "pairs_by_step"]


def gains_of_transforms(
    trials: Sequence[Trial], losses: Mapping[int, float]
) -> dict[str, list[float]]:
    """Return the reductions of the loss by each transform, one per pair of trials.

    Parameters
    ----------
    trials : sequence of Trial
    losses : mapping of int to float
        Its keys are the numbers of the trials that are compared.

    Returns
    -------
    dict of str to list of float
        Mean over the folds that both trials have; 0 where the step had no effect.
        Transforms without such a pair have no entry.
    """
    gains: dict[str, list[float]] = {}
    for step, removed in pairs_by_step(trials, losses):
        gains.setdefault(step.name, []).append(sum(removed.values()) / len(removed))
    return gains


def pairs_by_step(
    trials: Sequence[Trial], losses: Mapping[int, float]
) -> Iterator[tuple[Step, dict[tuple[int, int], float]]]:
    """Yield the step and the reduction of the loss, per pair that differs in one step.

    The loss is given per repeat and fold, for the folds that both trials have. Pairs
    without a shared fold are left out.
    """
    usable = [t for t in trials if t.number in losses and not t.is_baseline]
    by_key: dict[str, Trial] = {}
    for trial in usable:
        by_key.setdefault(trial.configuration.key, trial)
    for trial in usable:
        steps = trial.configuration.transforms
        for step in steps:
            other_steps = tuple(s for s in steps if s != step)
            base = by_key.get(replace(trial.configuration, transforms=other_steps).key)
            if base is None:
                continue
            shared = sorted(trial.fold_losses.keys() & base.fold_losses.keys())
            if shared:
                yield (
                    step,
                    {u: base.fold_losses[u] - trial.fold_losses[u] for u in shared},
                )
