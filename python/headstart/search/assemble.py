"""From the chosen trials to a model that predicts; the refit on all rows."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import replace
from types import MappingProxyType

from headstart.base import (
    FoldFit,
    FoldOutcome,
    FoldStatus,
    Learner,
    Task,
    Transform,
    Trial,
)
from headstart.ensemble import BaggedEnsemble, Fit, Member
from headstart.ensemble.selection import Choice
from headstart.execution import FoldFitExecutor
from headstart.execution.fit_data import ALL_ROWS
from headstart.execution.fold_fit import run_fold_fit
from headstart.search.run.folder import RunFolder
from headstart.search.run.interrupt import NotedInterrupt

__all__ = ["assemble", "refit_members"]

# How long an interrupt may go unnoticed.
_TICK_SECONDS = 0.2


def assemble(
    task: Task,
    trials: Sequence[Trial],
    choice: Choice,
    learners: Mapping[str, Learner],
    folder: RunFolder,
    *,
    latest_only: bool,
    transforms: Mapping[str, Transform] = MappingProxyType({}),
) -> BaggedEnsemble:
    """Return the ensemble of the chosen trials' fold models.

    Parameters
    ----------
    latest_only : bool
        Keep the last fold's model only: where folds follow time, earlier ones saw
        less of it.
    """
    members = []
    for number, weight in sorted(choice.weights.items(), key=lambda m: (-m[1], m[0])):
        trial = trials[number]
        units = sorted(
            u for u, o in trial.outcomes.items() if o.status is FoldStatus.OK
        )
        fits = tuple(
            Fit(
                FoldFit(number, trial.configuration, *unit, seed=0).name,
                trial.outcomes[unit].encoder,
                trial.outcomes[unit].transforms,
            )
            for unit in (units[-1:] if latest_only else units)
        )
        members.append(Member(trial.configuration, weight, fits))
    used = {m.configuration.learner for m in members}
    steps = {s.name for m in members for s in m.configuration.transforms}
    return BaggedEnsemble(
        task,
        tuple(members),
        {name: learners[name] for name in used},
        folder,
        {name: transforms[name] for name in sorted(steps)},
    )


def refit_members(
    ensemble: BaggedEnsemble,
    folder: RunFolder,
    executor: FoldFitExecutor,
    *,
    seed: int,
    deadline: float | None,
    memory_limit: int | None,
    handed_over: Mapping[str, tuple[str, str]] = MappingProxyType({}),
) -> tuple[BaggedEnsemble, list[str]]:
    """Collapse each member to one model, fitted on all rows.

    Parameters
    ----------
    handed_over : mapping of str to (str, str)
        See `FoldFit`.

    Returns
    -------
    ensemble : BaggedEnsemble
        Members whose refit was not done by `deadline` keep their fold models.
    failed : list of str
        One line a member that kept them.
    """
    futures: dict[Future[FoldOutcome], tuple[int, FoldFit]] = {}
    for place, member in enumerate(ensemble.members):
        learner = ensemble.learners[member.configuration.learner]
        models = [learner.load(folder.model(fit.model)) for fit in member.fits]
        parameters = learner.refit_parameters(member.configuration.parameters, models)
        number = int(member.fits[0].model.split("-")[0])
        fold_fit = FoldFit(
            number,
            replace(member.configuration, parameters=parameters),
            repeat=0,
            fold=ALL_ROWS,
            seed=seed,
            seconds=None
            if deadline is None
            else max(0.1, deadline - time.monotonic() - 0.2),
            handed_over=handed_over,
        )
        future = executor.submit(
            run_fold_fit,
            (str(folder.path), fold_fit),
            deadline=deadline,
            memory_limit=memory_limit,
        )
        futures[future] = (place, fold_fit)
    late: set[Future[FoldOutcome]] = set(futures)
    with NotedInterrupt() as interrupt:
        while late and not interrupt.is_set:
            left = _TICK_SECONDS
            if deadline is not None:
                left = min(left, deadline - time.monotonic())
            if left <= 0:
                break
            _, late = wait(late, timeout=left)
        for future in late:
            executor.kill(future)
    members, failed = list(ensemble.members), []
    for future, (place, fold_fit) in futures.items():
        member = members[place]
        problem = "interrupted" if interrupt.is_set else "not done in time"
        if future not in late and not future.cancelled():
            error = future.exception()
            if error is None:
                outcome = future.result()
                if outcome.status is FoldStatus.OK:
                    fit = Fit(fold_fit.name, outcome.encoder, outcome.transforms)
                    members[place] = Member(member.configuration, member.weight, (fit,))
                    continue
                problem = outcome.reason
            else:
                problem = str(error)
        failed.append(f"{member.configuration.label}: {problem}")
    refitted = BaggedEnsemble(
        ensemble.task, tuple(members), ensemble.learners, folder, ensemble.transforms
    )
    return refitted, failed
