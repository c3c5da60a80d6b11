"""The folds of a fit: as many as leave time for trials."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np
import polars as pl

from headstart.base import Learner
from headstart.search.propose.portfolio import default_order
from headstart.search.run.problem import Problem, known_column
from headstart.search.run.settings import FitSettings
from headstart.validation import (
    Dependence,
    Folds,
    Validation,
    plan_folds,
    splitter_named,
)
from headstart.validation.affordable import FEW_FOLDS, MOST_FOLDS, affordable_folds
from headstart.validation.plan import HOLDOUT_ABOVE

__all__ = ["brings_splitter", "choose_folds", "dependence_of"]

# Above so many rows a run without a time limit has few folds: its result may not
# depend on seconds.
_ROWS_FOR_FEW_FOLDS = 10_000
# Share of the time limit that the first configurations may take on all folds.
_FOLDS_SHARE = 0.5
_FIRST_CONFIGURATIONS = 6
# On fewer rows (or groups, which are held out whole) there are always folds: the fifth
# that a holdout has would choose configurations by chance.
_ROWS_FOR_HOLDOUT = 5_000


def choose_folds(
    settings: FitSettings,
    problem: Problem,
    learners: Mapping[str, Learner],
    n_slots: int,
    seed: int,
) -> Folds:
    """Return the folds of a fit: the requested scheme, with an affordable number.

    The number is chosen once, before the first trial.

    Parameters
    ----------
    settings : FitSettings
    problem : Problem
    learners : mapping of str to Learner
        Their predicted costs limit the number of folds.
    n_slots : int
        Number of parallel fold fits.
    seed : int

    Raises
    ------
    ColumnError
        If the table lacks the time column.
    """
    validation = settings.validation
    if isinstance(validation, str):
        validation = (
            Validation() if validation == "auto" else splitter_named(validation, seed)
        )
    column = _time_column(settings, problem)
    return plan_folds(
        validation,
        problem.y,
        problem.task.kind,
        groups=problem.groups,
        time=None if column is None else column.to_numpy(),
        seed=seed,
        n_folds=_number_of_folds(settings, problem, learners, n_slots),
    )


def dependence_of(settings: FitSettings, problem: Problem, folds: Folds) -> Dependence:
    """Return the groups of the rows, and their order if folds follow time.

    If a splitter defines the order, rows are ordered by validation block, and within a
    block by row number.
    """
    if folds.scheme != "time":
        return Dependence(problem.groups)
    column = _time_column(settings, problem)
    if column is None:
        order = np.arange(folds.n_rows)
        if folds.n_repeats == 1:
            # Rows that are never held out come before all blocks.
            block = folds.fold_ids[0] + np.uint8(1)
            order = np.argsort(np.argsort(block, kind="stable"), kind="stable")
    else:
        _, order = np.unique(column.to_numpy(), return_inverse=True)
    return Dependence(problem.groups, order.astype(np.int64))


def _time_column(settings: FitSettings, problem: Problem) -> pl.Series | None:
    validation = settings.validation
    if not isinstance(validation, Validation) or validation.time_column is None:
        return None
    name = known_column(validation.time_column, problem.frame)
    return problem.schema.time_of(problem.frame, name)


def brings_splitter(validation: Any) -> bool:
    """Return whether a splitter of the user or of a plugin defines the folds."""
    if isinstance(validation, str):
        return validation != "auto"
    return not isinstance(validation, Validation)


def _number_of_folds(
    settings: FitSettings,
    problem: Problem,
    learners: Mapping[str, Learner],
    n_slots: int,
) -> int:
    """Return the number of folds that the budget allows; 1 for a holdout."""
    task, limit = problem.task, settings.time_limit
    is_large = task.n_rows > HOLDOUT_ABOVE
    if limit is None:
        if is_large:
            return 1
        return FEW_FOLDS if task.n_rows > _ROWS_FOR_FEW_FOLDS else MOST_FOLDS
    n_units = task.n_rows
    if problem.groups is not None:
        n_units = len(set(problem.groups.tolist()))
    # Configurations that the limit has no time for are never begun.
    may_begin = (
        configuration
        for configuration in default_order(task, learners)
        if learners[configuration.learner].cost(
            task, configuration.parameters, task.n_rows
        )
        <= limit
    )
    first = list(islice(may_begin, _FIRST_CONFIGURATIONS))
    return affordable_folds(
        lambda n_rows: [
            learners[c.learner].cost(task, c.parameters, n_rows) for c in first
        ],
        task.n_rows,
        budget=_FOLDS_SHARE * limit * n_slots,
        fewest=1 if is_large or n_units >= _ROWS_FOR_HOLDOUT else FEW_FOLDS,
    )
