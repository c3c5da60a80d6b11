"""Assembly of the model from the chosen trials, and the refit on all rows."""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from headstart.base import FoldFit, FoldOutcome, FoldStatus, Trial
from headstart.base.events import Notice
from headstart.ensemble import BaggedEnsemble, Fit, Member
from headstart.ensemble.fitted_model import FittedModel
from headstart.execution.fit_all import FitLimits, fit_all
from headstart.execution.fit_data import ALL_ROWS
from headstart.search.facts import facts_of
from headstart.search.loop.runner import SearchResult
from headstart.search.run.interrupt import NotedInterrupt
from headstart.search.run.run import Run
from headstart.tables import Schema

__all__ = ["Assembly", "assemble", "with_unread"]

_log = logging.getLogger("headstart.search")


@dataclass(frozen=True, slots=True)
class Assembly:
    """The ensembles of a run.

    Parameters
    ----------
    bag : BaggedEnsemble
        The chosen configurations with all their fold models.
    model : FittedModel
        The user's model. It has these fold models, or models refitted on all rows.
    """

    bag: BaggedEnsemble
    model: FittedModel


def assemble(run: Run, result: SearchResult) -> Assembly:
    """Return the model of the chosen trials, refitted on all rows if `run.refits`.

    Parameters
    ----------
    run : Run
    result : SearchResult
    """
    with NotedInterrupt():
        bag = _bag(run, result)
        members = list(bag.members)
        if run.data.folds.scheme == "time":
            # If folds follow time, earlier fold models were fitted on older rows only.
            members = [replace(member, fits=member.fits[-1:]) for member in members]
    n_not_refitted = len(members)
    if run.refits and not result.interrupted:
        members, problems = _refit(run, result, members)
        n_not_refitted = len(problems)
        run.history.end_stage("refit")
        run.notices.emit_new()
        for line in problems:
            run.events(Notice(f"Not refitted on all rows: {line}", "warning"))
    ensemble = bag.with_members(members)
    facts = facts_of(run, result, ensemble, n_not_refitted=n_not_refitted)
    schema = with_unread(run.problem.schema, ensemble)
    model = FittedModel(schema, run.problem.target, ensemble, facts)
    return Assembly(bag, model)


def with_unread(schema: Schema, ensemble: BaggedEnsemble) -> Schema:
    """Return the schema, with the columns that no member reads marked as unread.

    Without transforms every view reads every column.
    """
    if not ensemble.has_transforms:
        return schema
    try:
        read = ensemble.reads()
    except Exception:
        # A transform of a plugin may fail; the model is not lost for that.
        _log.exception("The columns that the model reads cannot be determined.")
        return schema
    unread = tuple(
        column.name
        for column in schema.used
        if read.isdisjoint({column.name, *column.features})
    )
    return replace(schema, unread=unread)


def _bag(run: Run, result: SearchResult) -> BaggedEnsemble:
    """Return the ensemble of the chosen trials' fold models."""
    members = []
    for trial, weight in _chosen(result):
        units = sorted(
            u for u, o in trial.outcomes.items() if o.status is FoldStatus.OK
        )
        fits = tuple(_fit(trial.fold_key(*u).name, trial.outcomes[u]) for u in units)
        members.append(Member(trial.configuration, weight, fits))
    used = {m.configuration.learner for m in members}
    steps = {s.name for m in members for s in m.configuration.transforms}
    return BaggedEnsemble(
        run.problem.task,
        tuple(members),
        {name: run.learners[name] for name in used},
        run.folder,
        {name: run.transforms.transforms[name] for name in sorted(steps)},
        result.choice.output,
    )


def _chosen(result: SearchResult) -> list[tuple[Trial, float]]:
    """Return the trials that make the model, with their weights, the heaviest first."""
    weights = sorted(result.choice.weights.items(), key=lambda m: (-m[1], m[0]))
    return [(result.trials[number], weight) for number, weight in weights]


def _fit(name: str, outcome: FoldOutcome) -> Fit:
    return Fit(name, outcome.encoder, outcome.transforms)


def _refit(
    run: Run, result: SearchResult, members: Sequence[Member]
) -> tuple[list[Member], list[str]]:
    """Replace the fold models of each member by one model, fitted on all rows.

    Returns
    -------
    members : list of Member
        Members whose refit failed or was not done in time keep their fold models.
    problems : list of str
        One line per member that keeps its fold models.
    """
    deadline = run.clock.refit_end
    names: list[str] = []

    def fold_fits() -> Iterator[FoldFit]:
        for (trial, _), member in zip(_chosen(result), members, strict=True):
            fold_fit = _refit_of(run, trial, member, deadline)
            names.append(fold_fit.name)
            yield fold_fit

    limits = FitLimits(deadline, run.memory_per_fit)
    with NotedInterrupt() as interrupt:
        outcomes = fit_all(
            fold_fits(),
            run.data.store,
            run.executor,
            limits,
            stop=lambda: interrupt.is_set,
        )
    refitted, problems = [], []
    for member, name, outcome in zip(members, names, outcomes, strict=True):
        if outcome.status is FoldStatus.OK:
            refitted.append(replace(member, fits=(_fit(name, outcome),)))
            continue
        refitted.append(member)
        problem = outcome.reason
        if outcome.status is FoldStatus.CANCELLED:
            problem = "interrupted" if interrupt.is_set else "not done in time"
        problems.append(f"{member.configuration.label}: {problem}")
    return refitted, problems


def _refit_of(
    run: Run, trial: Trial, member: Member, deadline: float | None
) -> FoldFit:
    """Return the fold fit of a member on all rows."""
    configuration = member.configuration
    learner = run.learners[configuration.learner]
    models = [learner.load(run.folder.model(fit.model)) for fit in member.fits]
    parameters = learner.refit_parameters(configuration.parameters, models)
    seconds = None
    if deadline is not None:
        seconds = max(0.1, deadline - time.monotonic() - 0.2)
    return FoldFit(
        trial.number,
        replace(configuration, parameters=parameters),
        repeat=0,
        fold=ALL_ROWS,
        seed=run.seed,
        seconds=seconds,
        handed_over=run.data.handed_over,
    )
