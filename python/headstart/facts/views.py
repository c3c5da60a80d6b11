"""The leaderboard and the precedents of trials, as views of the facts."""

import math
from collections.abc import Iterator
from typing import Any

from headstart.facts.document import Facts
from headstart.facts.search import TrialFact

__all__ = ["LEADERBOARD_COLUMNS", "leaderboard_rows", "precedent_rows"]

LEADERBOARD_COLUMNS = (
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


def leaderboard_rows(facts: Facts) -> list[dict[str, Any]]:
    """Return one row per trial, best first; keys are `LEADERBOARD_COLUMNS`.

    ``"learner"`` includes the names of its transforms: ``"ridge + text_svd"``.
    """
    most_folds = max((trial.n_folds for trial in facts.trials), default=0)
    sign = -1.0 if facts.task.greater_is_better else 1.0
    worst_loss = -math.inf
    rows = []
    for trial in facts.trials:
        loss = None if trial.score is None else sign * trial.score
        # A trial ranked below a higher loss needs a reason.
        is_overtaken = loss is not None and loss < worst_loss
        worst_loss = worst_loss if loss is None else max(worst_loss, loss)
        configuration = trial.configuration
        rows.append(
            {
                "rank": trial.rank,
                "learner": configuration.label,
                "configuration": configuration.to_json(),
                "score": trial.score,
                "std_error": trial.std_error,
                "folds": trial.n_folds,
                "fit_seconds": trial.fit_seconds,
                "predict_seconds": trial.predict_seconds,
                "weight": trial.weight,
                "status": trial.status,
                "origin": trial.origin,
                "precedent": _first_precedent(trial),
                "reason": _reason(trial, most_folds, is_overtaken=is_overtaken),
            }
        )
    return rows


def precedent_rows(facts: Facts) -> Iterator[dict[str, Any]]:
    """Yield one row per trial and dataset that supported it."""
    for trial in facts.trials:
        for precedent in trial.precedents:
            yield {
                "learner": trial.learner,
                "configuration": trial.configuration.to_json(),
                "dataset": precedent.dataset,
                "weight": precedent.weight,
                "rank": precedent.rank,
                "n_ranked": precedent.n_ranked,
            }


def _reason(trial: TrialFact, most_folds: int, *, is_overtaken: bool) -> str:
    """Return the reason of a failure, an early end, or a rank below worse scores."""
    if trial.status == "failed" or not is_overtaken:
        return trial.reason
    partial = (
        f"ranks below worse scores: evaluated on {trial.n_folds} of {most_folds} folds"
    )
    return f"{trial.reason}; {partial}" if trial.reason else partial


def _first_precedent(trial: TrialFact) -> str:
    """Return the dataset of largest weight and the rank of the configuration there."""
    if not trial.precedents:
        return ""
    first = trial.precedents[0]
    return f"{first.dataset} ({first.rank} of {first.n_ranked})"
