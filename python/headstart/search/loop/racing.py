"""Races: the remaining folds of a configuration that cannot win are not run."""

from collections.abc import Iterable, Sequence

from headstart.base import Trial

__all__ = ["is_hopeless", "relative_gap"]

Unit = tuple[int, int]

# Gap at which a configuration is dropped, per number of folds. The gap is relative to
# the gain of the best over the constant prediction. The first limit is wide because
# results on one fold are noisy, and members of an ensemble may be slightly worse than
# the best configuration.
_LIMIT_AFTER_ONE = 0.30
_LIMIT_LATER = 0.15


def relative_gap(
    trial: Trial, rivals: Iterable[Trial], constant: dict[Unit, float]
) -> float | None:
    """Return the gap between a trial and the best rival on their shared folds.

    Parameters
    ----------
    constant : dict of (repeat, fold) to float
        Loss of the constant prediction on each fold.

    Returns
    -------
    float or None
        0 for a tie, 1 if the trial is no better than the constant prediction, negative
        if it is better than the best rival; None if no rival shares a fold.
    """
    gaps = []
    for rival in rivals:
        shared = trial.fold_losses.keys() & rival.fold_losses.keys()
        if rival.number == trial.number or not shared:
            continue
        loss = _mean([trial.fold_losses[unit] for unit in sorted(shared)])
        rival_loss = _mean([rival.fold_losses[unit] for unit in sorted(shared)])
        constant_loss = _mean([constant[unit] for unit in sorted(shared)])
        gaps.append((loss - rival_loss) / max(abs(constant_loss - rival_loss), 1e-12))
    return max(gaps) if gaps else None


def is_hopeless(
    trial: Trial, rivals: Iterable[Trial], constant: dict[Unit, float]
) -> bool:
    """Return whether the trial's remaining folds are not worth running."""
    gap = relative_gap(trial, rivals, constant)
    if gap is None:
        return False
    return gap > (_LIMIT_AFTER_ONE if len(trial.fold_losses) == 1 else _LIMIT_LATER)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
