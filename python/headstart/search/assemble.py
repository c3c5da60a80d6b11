"""From the chosen trials to a model that predicts; the refit on all rows."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace

from headstart.base import FoldFit, FoldOutcome, FoldStatus, Trial
from headstart.base.events import Notice
from headstart.ensemble import BaggedEnsemble, Fit, Member
from headstart.ensemble.fitted_model import FittedModel
from headstart.execution.fit_data import ALL_ROWS
from headstart.execution.fold_fit import run_fold_fit
from headstart.search.facts import facts_of
from headstart.search.loop.runner import SearchResult
from headstart.search.run.interrupt import NotedInterrupt
from headstart.search.run.run import Run

__all__ = ["Assembly", "assemble"]

# How long an interrupt may go unnoticed.
_TICK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Assembly:
    """The ensembles of a run.

    Parameters
    ----------
    bag : BaggedEnsemble
        The chosen configurations with all their fold models.
    model : FittedModel
        That of the user: of these fold models, or of those refitted on all rows.
    """

    bag: BaggedEnsemble
    model: FittedModel


def assemble(run: Run, result: SearchResult) -> Assembly:
    """Return the model of the chosen trials, refitted on all rows where asked.

    Parameters
    ----------
    run : Run
    result : SearchResult
    """
    with NotedInterrupt():
        bag = _bag(run, result)
        members = list(bag.members)
        if run.data.folds.scheme == "time":
            # Where folds follow time, earlier models saw less of it.
            members = [replace(member, fits=member.fits[-1:]) for member in members]
    n_old = len(members)
    if run.refits and not result.interrupted:
        members, problems = _refit(run, result, members)
        n_old = len(problems)
        run.history.end_stage("refit")
        run.notices.tell()
        for line in problems:
            run.events(Notice(f"Not refitted on all rows: {line}", "warning"))
    ensemble = bag.with_members(members)
    facts = facts_of(run, result, ensemble, n_old=n_old)
    model = FittedModel(run.problem.schema, run.problem.target, ensemble, facts)
    return Assembly(bag, model)


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
        Members whose refit was not done in time keep their fold models.
    problems : list of str
        One line for each member that kept them.
    """
    deadline = run.clock.refit_end
    fold_fits: list[tuple[FoldFit, Future[FoldOutcome]]] = []
    for (trial, _), member in zip(_chosen(result), members, strict=True):
        fold_fit = _refit_of(run, trial, member, deadline)
        future = run.executor.submit(
            run_fold_fit,
            (str(run.folder.path), fold_fit),
            deadline=deadline,
            memory_limit=run.memory_per_fit,
        )
        fold_fits.append((fold_fit, future))
    late = {future for _, future in fold_fits}
    with NotedInterrupt() as interrupt:
        while late and not interrupt.is_set:
            left = _TICK_SECONDS
            if deadline is not None:
                left = min(left, deadline - time.monotonic())
            if left <= 0:
                break
            _, late = wait(late, timeout=left)
        for future in late:
            run.executor.kill(future)
    refitted, problems = list(members), []
    for place, (fold_fit, future) in enumerate(fold_fits):
        problem = "interrupted" if interrupt.is_set else "not done in time"
        if future not in late and not future.cancelled():
            error = future.exception()
            outcome = None if error is not None else future.result()
            if outcome is not None and outcome.status is FoldStatus.OK:
                fits = (_fit(fold_fit.name, outcome),)
                refitted[place] = replace(members[place], fits=fits)
                continue
            problem = str(error) if outcome is None else outcome.reason
        problems.append(f"{members[place].configuration.label}: {problem}")
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
