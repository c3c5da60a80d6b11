"""The record of a fit at the end of its search: task, table, trials, budget."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from headstart.base import Trial, TrialStatus
from headstart.ensemble import BaggedEnsemble
from headstart.facts import (
    FACTS_VERSION,
    Base,
    Budget,
    Facts,
    Moment,
    Neighbour,
    PrecedentFact,
    Spent,
    StepFact,
    TaskFacts,
    TrialFact,
    ValidationFacts,
)
from headstart.facts.versions import versions_of_makers
from headstart.plugins import load_plugins
from headstart.search.loop.runner import SearchResult
from headstart.search.run.run import Run
from headstart.validation import Validation
from headstart.validation.fold_scores import mean_interval
from headstart.validation.plan import explain_folds, explain_refit
from headstart.validation.uncertainty import corrected_error
from headstart.version import __version__

__all__ = ["facts_of", "ranked"]

_MOST_NEIGHBOURS = 10


def facts_of(
    run: Run, result: SearchResult, ensemble: BaggedEnsemble, *, n_not_refitted: int
) -> Facts:
    """Return the facts of a fit without those of the analysis.

    Parameters
    ----------
    run : Run
    result : SearchResult
    ensemble : BaggedEnsemble
        The user's model.
    n_not_refitted : int
        Members that were not refitted on all rows.
    """
    return Facts(
        FACTS_VERSION,
        datetime.now(tz=UTC).date().isoformat(),
        _versions(ensemble),
        _task(run),
        _validation(
            run, result, n_not_refitted=n_not_refitted, n_members=len(ensemble.members)
        ),
        tuple(_trials(run, result)),
        _budget(run, result),
        # Undefined if, for example, all held-out rows have the same class.
        _finite(result.choice.score),
        run.inspection.columns,
        run.inspection.findings,
        run.inspection.rows_left_out,
        _base(run),
    )


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials in the order of the leaderboard, best first.

    Complete trials come before those that ended after some folds, whose scores are
    means over fewer rows and may be good by chance. Failed trials come last.
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


def _versions(ensemble: BaggedEnsemble) -> dict[str, str]:
    """Return versions of headstart, Python, and a model's libraries and plugins."""
    registry = load_plugins()
    learners = {m.configuration.learner for m in ensemble.members}
    origins = {registry.distribution_of(name) for name in learners}
    steps = ensemble.transforms
    origins |= {registry.distribution_of(name, "transforms") for name in steps}
    return versions_of_makers(origins - {""})


def _task(run: Run) -> TaskFacts:
    problem = run.problem
    classes = problem.target.classes
    return TaskFacts(
        problem.task.kind.value,
        problem.target_name,
        () if classes is None else tuple(str(c) for c in classes),
        problem.task.n_rows,
        len(problem.schema.columns),
        problem.metric.name,
        problem.metric.greater_is_better,
        problem.weight is not None,
    )


def _validation(
    run: Run, result: SearchResult, *, n_not_refitted: int, n_members: int
) -> ValidationFacts:
    folds, requested = run.data.folds, run.settings.validation
    plan = requested if isinstance(requested, Validation) else Validation()
    reason = explain_folds(requested, folds, run.problem.task.n_rows)
    if folds.scheme == "time" or len(folds.units) == 1:
        reason += "; " + explain_refit(folds, n_not_refitted, n_members)
    n_repeats = max(
        (unit[0] + 1 for trial in result.trials for unit in trial.fold_losses),
        default=folds.n_repeats,
    )
    words = folds.describe()
    if n_repeats < folds.n_repeats:
        used = replace(
            folds,
            fold_ids=folds.fold_ids[:n_repeats],
            training=None if folds.training is None else folds.training[:n_repeats],
        )
        words = f"{used.describe()}, {n_repeats} of {folds.n_repeats} repeats"
    return ValidationFacts(
        words,
        folds.n_folds,
        n_repeats,
        run.problem.groups_name,
        plan.time_column,
        f"{plan.gap} times" if plan.gap else None,
        reason,
    )


def _trials(run: Run, result: SearchResult) -> list[TrialFact]:
    """Return the trials, best first and failures last."""
    metric, share = run.problem.metric, run.data.folds.held_out_share
    facts = []
    for rank, trial in enumerate(ranked(result.trials), start=1):
        loss = trial.mean_loss
        failed = trial.status is TrialStatus.FAILED
        losses = np.array([trial.fold_losses[u] for u in sorted(trial.fold_losses)])
        low = high = std_error = None
        if np.isfinite(losses).all():
            if not failed:
                low, high = mean_interval(losses, metric, share)
            if losses.size > 1:
                std_error = corrected_error(losses, share)
        score = None
        if loss is not None:
            # 0.0 - 0.0 is 0.0, where -0.0 would be shown as "-0".
            score = 0.0 - loss if metric.greater_is_better else loss
        facts.append(
            TrialFact(
                None if failed or loss is None else rank,
                trial.configuration.learner,
                dict(trial.configuration.parameters),
                trial.configuration.space_version,
                tuple(
                    StepFact(s.name, dict(s.parameters), s.space_version)
                    for s in trial.configuration.transforms
                ),
                trial.status.value,
                trial.reason,
                _finite(score),
                std_error,
                low,
                high,
                losses.size,
                float(result.choice.weights.get(trial.number, 0.0)),
                float(trial.fit_seconds),
                float(trial.predict_seconds),
                sum(o.n_bytes for o in trial.outcomes.values()),
                trial.origin.value,
                tuple(
                    PrecedentFact(p.dataset, p.weight, p.rank, p.n_ranked)
                    for p in trial.precedents
                ),
            )
        )
    return facts


def _finite(value: float | None) -> float | None:
    """Return a finite number, and None for any other."""
    return value if value is not None and math.isfinite(value) else None


def _budget(run: Run, result: SearchResult) -> Budget:
    seconds: dict[str, float] = defaultdict(float)
    for trial in result.trials:
        for outcome in trial.outcomes.values():
            seconds[trial.configuration.label] += outcome.total_seconds
    spent = sorted(seconds.items(), key=lambda item: (-item[1], item[0]))
    return Budget(
        run.settings.time_limit,
        run.settings.max_trials,
        run.clock.elapsed(),
        result.reason,
        run.executor.n_slots,
        len(result.trials),
        sum(t.status is TrialStatus.FAILED for t in result.trials),
        tuple(Spent(name, value) for name, value in run.history.stages),
        tuple(Spent(name, value) for name, value in spent),
        tuple(Moment(s, v) for s, v in run.history.scores if math.isfinite(v)),
    )


def _base(run: Run) -> Base | None:
    """Return the knowledge base that made suggestions; None if there was none."""
    if run.precedents is None:
        return None
    similar = run.precedents.adviser.similarities()[:_MOST_NEIGHBOURS]
    names = {
        "shipped": f"shipped with headstart {__version__}",
        "own": "your own",
    }
    return Base(
        " and ".join(names[base] for base in run.precedents.bases),
        run.precedents.n_datasets,
        tuple(Neighbour(name, share) for name, share in similar),
    )
