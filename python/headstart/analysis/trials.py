"""What was tried, what it took, and who advised it."""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from headstart.analysis.performance.intervals import mean_interval
from headstart.base import TrialStatus
from headstart.facts import Base, Budget, Moment, Neighbour, Spent, TrialFact
from headstart.report.tables import failures, origins
from headstart.search.leaderboard import ranked
from headstart.search.record import RunRecord
from headstart.version import __version__

__all__ = ["base_of", "budget_of", "shortened", "trials_of"]

_MOST_TRIALS = 500
_MOST_REASONS = 100
_MOST_NEIGHBOURS = 10


def trials_of(record: RunRecord) -> dict[str, Any]:
    """Return the trials that are kept, and counts over all of them.

    Trials come best first and failures last. The interval of a score is that of its
    mean over folds.
    """
    trials = _all_trials(record)
    return {
        "trials": shortened(trials, _MOST_TRIALS),
        "origins": origins(trials),
        "failures": failures(trials)[:_MOST_REASONS],
    }


def shortened(trials: Sequence[TrialFact], most: int) -> tuple[TrialFact, ...]:
    """Return the first `most` trials, and all members of the ensemble."""
    return tuple(t for i, t in enumerate(trials) if i < most or t.weight > 0)


def _all_trials(record: RunRecord) -> list[TrialFact]:
    # Several trials may have one configuration: the cheap first one is tried again.
    rows = zip(ranked(record.result.trials), record.model.leaderboard, strict=True)
    found = []
    for trial, row in rows:
        failed = trial.status is TrialStatus.FAILED
        losses = (
            [] if failed else [trial.fold_losses[u] for u in sorted(trial.fold_losses)]
        )
        low, high = mean_interval(
            losses, record.run.problem.metric, record.run.data.folds.held_out_share
        )
        steps = trial.configuration.transforms
        found.append(
            TrialFact(
                row["rank"],
                str(trial.configuration),
                trial.configuration.learner,
                dict(trial.configuration.parameters),
                tuple(map(str, steps)),
                trial.status.value,
                trial.reason,
                row["score"],
                low,
                high,
                len(trial.fold_losses),
                float(row["weight"]),
                float(trial.fit_seconds),
                float(trial.predict_seconds),
                sum(o.n_bytes for o in trial.outcomes.values()),
                trial.origin.value,
                tuple(
                    f"{p.dataset}: {p.rank} of {p.n_ranked}" for p in trial.precedents
                ),
            )
        )
    return found


def budget_of(record: RunRecord) -> Budget:
    """Return what the fit was given and took."""
    trials = record.result.trials
    seconds: dict[str, float] = defaultdict(float)
    for trial in trials:
        for outcome in trial.outcomes.values():
            seconds[trial.configuration.label] += outcome.total_seconds
    spent = sorted(seconds.items(), key=lambda item: (-item[1], item[0]))
    return Budget(
        record.run.settings.time_limit,
        record.run.settings.max_trials,
        record.run.clock.elapsed(),
        record.result.reason,
        record.run.executor.n_slots,
        len(trials),
        sum(t.status is TrialStatus.FAILED for t in trials),
        tuple(Spent(name, value) for name, value in record.run.history.stages),
        tuple(Spent(name, value) for name, value in spent),
        tuple(Moment(s, v) for s, v in record.run.history.scores if math.isfinite(v)),
    )


def base_of(record: RunRecord) -> Base | None:
    """Return the knowledge base that advised, None where none did."""
    if record.run.precedents is None:
        return None
    likeness = record.run.precedents.adviser.likeness()[:_MOST_NEIGHBOURS]
    names = {"shipped": f"shipped with headstart {__version__}"}
    names["own"] = "your own"
    return Base(
        " and ".join(names[base] for base in record.run.precedents.bases),
        record.run.precedents.n_datasets,
        tuple(Neighbour(name, share) for name, share in likeness),
    )
