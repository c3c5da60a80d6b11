"""Assembly of the model from the chosen trials."""

import logging
from dataclasses import dataclass, replace

from headstart.base import FoldStatus, Trial
from headstart.base.events import Notice
from headstart.ensemble import BaggedEnsemble, Member
from headstart.ensemble.fitted_model import FittedModel
from headstart.search.facts import facts_of
from headstart.search.loop.runner import SearchResult
from headstart.search.refit import fit_of, refit_members
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
        trials = [trial for trial, _ in _chosen(result)]
        members, problems = refit_members(run, trials, members)
        n_not_refitted = sum(map(len, problems.values()))
        run.history.end_stage("refit")
        run.notices.emit_new()
        for reason, labels in problems.items():
            line = f"Not refitted on all rows: {', '.join(labels)}: {reason}"
            run.events(Notice(line, "warning"))
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
        fits = tuple(fit_of(trial.fold_key(*u).name, trial.outcomes[u]) for u in units)
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
    weights = result.choice.weights
    return [(result.trials[number], weights[number]) for number in result.choice.ranked]
