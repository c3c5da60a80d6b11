"""The leaderboard: all trials ranked, failures with their reasons."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headstart.base import Trial, TrialStatus
from headstart.validation.uncertainty import corrected_error

__all__ = ["COLUMNS", "leaderboard_records", "ranked"]

COLUMNS = (
    "rank",
    "learner",
    "configuration",
    "score",
    "std_error",
    "folds",
    "fit_seconds",
    "predict_seconds",
    "weight",
    "status",
    "origin",
    "precedent",
    "reason",
)


def leaderboard_records(
    trials: Sequence[Trial],
    weights: Mapping[int, float],
    *,
    greater_is_better: bool,
    held_out_share: float,
) -> list[dict[str, Any]]:
    """Return one record per trial in the order of `ranked`; keys are `COLUMNS`.

    ``"learner"`` names the transforms before it too: ``"ridge + text_svd"``.

    The standard error counts that folds share training rows, for which it takes the
    share of the rows that a fold holds out (see `compare_by_corrected_t`).
    """
    records = []
    most_folds = max((len(t.fold_losses) for t in trials), default=0)
    worst_loss = -math.inf
    for place, trial in enumerate(ranked(trials), start=1):
        loss = trial.mean_loss
        # A lower loss below a higher one needs its reason.
        is_overtaken = loss is not None and loss < worst_loss
        worst_loss = worst_loss if loss is None else max(worst_loss, loss)
        failed = trial.status is TrialStatus.FAILED or loss is None
        values = np.array([trial.fold_losses[u] for u in sorted(trial.fold_losses)])
        records.append(
            {
                "rank": None if failed else place,
                "learner": trial.configuration.label,
                "configuration": trial.configuration.to_json(),
                "score": None
                if loss is None
                else (-loss if greater_is_better else loss),
                "std_error": corrected_error(values, held_out_share)
                if values.size > 1
                else None,
                "folds": len(trial.fold_losses),
                "fit_seconds": trial.fit_seconds,
                "predict_seconds": trial.predict_seconds,
                "weight": weights.get(trial.number, 0.0),
                "status": trial.status.value,
                "origin": trial.origin.value,
                "precedent": _in_words(trial),
                "reason": _reason(trial, most_folds, is_overtaken=is_overtaken),
            }
        )
    return records


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials in the order of the leaderboard, best first.

    Trials that are done come before those that were left after some folds, whose
    scores are means over fewer rows and may be luck; failed ones come last.
    """
    most = max((len(t.fold_losses) for t in trials), default=0)

    def order(trial: Trial) -> tuple[bool, bool, bool, float, int]:
        loss = trial.mean_loss
        return (
            trial.status is TrialStatus.FAILED or not trial.fold_losses,
            trial.status is not TrialStatus.DONE,
            len(trial.fold_losses) < min(most, 2),
            math.inf if loss is None else loss,
            trial.number,
        )

    return sorted(trials, key=order)


def _reason(trial: Trial, most_folds: int, *, is_overtaken: bool) -> str:
    """Say why a trial failed or ended early, and why it ranks below a worse score."""
    if trial.status is TrialStatus.FAILED or not is_overtaken:
        return trial.reason
    n_folds = len(trial.fold_losses)
    why = f"ranks below worse scores: its own is of {n_folds} of {most_folds} folds"
    return f"{trial.reason}; {why}" if trial.reason else why


def _in_words(trial: Trial) -> str:
    """Name the dataset that spoke most for a trial, and the trial's place there."""
    if not trial.precedents:
        return ""
    first = trial.precedents[0]
    return f"{first.dataset} ({first.rank} of {first.n_ranked})"
