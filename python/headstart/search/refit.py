"""The refit: one model per member, fitted on all rows, in place of its fold models.

A learner that reaches its deadline returns what it has so far, such as fewer trees than
its fold models have. So a refit that is predicted to end too late is not begun, and one
that reaches its deadline is not used: such members keep their fold models.
"""

import heapq
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from headstart.base import FoldFit, FoldOutcome, FoldStatus, Trial
from headstart.ensemble import Fit, Member
from headstart.execution.fit_all import FitLimits, fit_all
from headstart.execution.fit_data import ALL_ROWS
from headstart.search.run.interrupt import NotedInterrupt
from headstart.search.run.run import Run
from headstart.validation import Folds

__all__ = [
    "fit_of",
    "refit_ends",
    "refit_members",
    "refit_seconds",
    "seconds_to_reserve",
]

# Share of the predicted seconds that is reserved: the refits that are begun at the end
# may be those of another ensemble.
_RESERVE = 1.2
_TOO_LATE = "not done in time"
# Seconds reserved for what follows a learner's deadline: dump, write.
_GRACE_SECONDS = 0.2


def refit_seconds(trial: Trial, folds: Folds) -> float:
    """Predict the seconds of a fit on all rows from those of a trial's fold fits."""
    seconds = n_rows = 0.0
    for unit in trial.fold_losses:
        seconds += trial.outcomes[unit].total_seconds
        n_rows += folds.train(*unit).size
    return seconds * folds.n_rows / n_rows


def refit_ends(
    seconds: Sequence[float], n_slots: int, limit: float
) -> list[float | None]:
    """Return when refits end that are begun in order, or None for each not begun.

    Parameters
    ----------
    seconds : sequence of float
        Predicted seconds of each refit.
    n_slots : int
        Number of refits that run at a time.
    limit : float
        A refit that would end later is not begun.

    Examples
    --------
    >>> refit_ends([3.0, 4.0, 5.0, 1.0], n_slots=2, limit=6.0)
    [3.0, 4.0, None, 4.0]
    """
    free = [0.0] * n_slots
    ends: list[float | None] = []
    for each in seconds:
        end = free[0] + each
        if end > limit:
            ends.append(None)
            continue
        heapq.heapreplace(free, end)
        ends.append(end)
    return ends


def seconds_to_reserve(seconds: Sequence[float], n_slots: int, most: float) -> float:
    """Return the seconds to reserve for the refits that fit into `most` seconds.

    Parameters
    ----------
    seconds : sequence of float
        Predicted seconds of each refit.
    n_slots : int
        Number of refits that run at a time.
    most : float
    """
    ends = refit_ends(seconds, n_slots, most / _RESERVE)
    return _RESERVE * max((end for end in ends if end is not None), default=0.0)


def refit_members(
    run: Run, trials: Sequence[Trial], members: Sequence[Member]
) -> tuple[list[Member], dict[str, list[str]]]:
    """Replace the fold models of each member by one model, fitted on all rows.

    Parameters
    ----------
    run : Run
    trials : sequence of Trial
        The trial of each member.
    members : sequence of Member
        The heaviest first: if time is short, these are refitted.

    Returns
    -------
    members : list of Member
        Members whose refit was not begun, failed or was not done in time keep their
        fold models.
    problems : dict of str to list of str
        The members that keep their fold models, by the reason.
    """
    deadline = run.clock.refit_end
    seconds_left = math.inf
    if deadline is not None:
        seconds_left = max(0.0, deadline - time.monotonic() - _GRACE_SECONDS)
    predicted = [refit_seconds(trial, run.data.folds) for trial in trials]
    ends = refit_ends(predicted, run.executor.n_slots, seconds_left)
    begun = [index for index, end in enumerate(ends) if end is not None]
    fold_fits: list[FoldFit] = []

    def submitted() -> Iterator[FoldFit]:
        for index in begun:
            fold_fit = _refit_of(run, trials[index], members[index], deadline)
            if run.is_timed:
                # Fewer members than slots share the slots.
                threads = max(1, run.executor.n_slots // len(begun))
                fold_fit = replace(fold_fit, threads=threads)
            fold_fits.append(fold_fit)
            yield fold_fit

    limits = FitLimits(deadline, run.memory_per_fit)
    with NotedInterrupt() as interrupt:
        outcomes = fit_all(
            submitted(),
            run.data.store,
            run.executor,
            limits,
            stop=lambda: interrupt.is_set,
        )
    refitted = list(members)
    reasons = dict.fromkeys(range(len(members)), _TOO_LATE)
    for index, fold_fit, outcome in zip(begun, fold_fits, outcomes, strict=True):
        if outcome.status is FoldStatus.CANCELLED:
            reasons[index] = "interrupted" if interrupt.is_set else _TOO_LATE
        elif outcome.status is not FoldStatus.OK:
            reasons[index] = outcome.reason
        elif fold_fit.seconds is None or outcome.total_seconds < fold_fit.seconds:
            fits = (fit_of(fold_fit.name, outcome),)
            refitted[index] = replace(members[index], fits=fits)
            del reasons[index]
    problems: dict[str, list[str]] = {}
    for index, reason in reasons.items():
        problems.setdefault(reason, []).append(members[index].configuration.label)
    return refitted, problems


def fit_of(name: str, outcome: FoldOutcome) -> Fit:
    """Return a member's model from the name and the outcome of its fold fit."""
    return Fit(name, outcome.encoder, outcome.transforms)


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
        seconds = max(0.1, deadline - time.monotonic() - _GRACE_SECONDS)
    return FoldFit(
        trial.number,
        replace(configuration, parameters=parameters),
        repeat=0,
        fold=ALL_ROWS,
        seed=run.seed,
        seconds=seconds,
        handed_over=run.data.handed_over,
    )
