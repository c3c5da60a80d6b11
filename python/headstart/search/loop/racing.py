"""Races: when a configuration cannot win any more, its remaining folds are not run."""

from collections.abc import Iterable, Sequence

from headstart.base import Trial

__all__ = ["is_hopeless", "relative_gap"]

Unit = tuple[int, int]

# A configuration this far behind the best, as a share of what the best gains over the
# constant prediction, is dropped. After one fold it is noise that decides, so the first
# limit is wide; members of an ensemble may well be a little worse than the best.
_LIMIT_AFTER_ONE = 0.30
_LIMIT_LATER = 0.15


def relative_gap(
    trial: Trial, rivals: Iterable[Trial], constant: dict[Unit, float]
) -> float | None:
    """Return how far a trial is behind the best rival on the folds both have.

    Parameters
    ----------
    constant : dict of (repeat, fold) to float
        Loss of the constant prediction on each fold.

    Returns
    -------
    float or None
        0 for a tie, 1 for no better than constant, negative for better than the best;
        None where no rival shares a fold.
    """
    gaps = []
    for rival in rivals:
        shared = trial.fold_losses.keys() & rival.fold_losses.keys()
        if rival.number == trial.number or not shared:
            continue
        own = _mean([trial.fold_losses[unit] for unit in sorted(shared)])
        other = _mean([rival.fold_losses[unit] for unit in sorted(shared)])
        flat = _mean([constant[unit] for unit in sorted(shared)])
        gaps.append((own - other) / max(abs(flat - other), 1e-12))
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
