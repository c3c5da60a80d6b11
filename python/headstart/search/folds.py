"""Which rows a fit holds out: few folds where many would leave no time for trials."""

from collections.abc import Mapping

from headstart.base import Learner, Task
from headstart.search.portfolio import default_order
from headstart.search.problem import Problem, known_column
from headstart.search.settings import FitSettings
from headstart.validation import Folds, Validation, plan_folds, splitter_named
from headstart.validation.plan import HOLDOUT_ABOVE

__all__ = ["choose_folds"]

# Folds are cut to this many when the budget does not allow for more.
_FEW_FOLDS = 5
_MANY_FOLDS = 8
# Share of the budget that the first configurations may take with many folds.
_FOLDS_SHARE = 0.5
_FIRST_CONFIGURATIONS = 6
_ROWS_FOR_FEW_FOLDS = 10_000


def choose_folds(
    settings: FitSettings,
    problem: Problem,
    learners: Mapping[str, Learner],
    n_slots: int,
    seed: int,
) -> Folds:
    """Return the folds of a fit: those asked for, in a number that it can afford.

    Parameters
    ----------
    settings : FitSettings
    problem : Problem
    learners : mapping of str to Learner
        What will be fitted on them.
    n_slots : int
        Fold fits at once.
    seed : int

    Raises
    ------
    ColumnError
        If there is no such time column.
    """
    validation = settings.validation
    if isinstance(validation, str):
        validation = (
            Validation() if validation == "auto" else splitter_named(validation, seed)
        )
    order = None
    if isinstance(validation, Validation) and validation.time_column is not None:
        order = problem.frame[
            known_column(validation.time_column, problem.frame)
        ].to_numpy()
    return plan_folds(
        validation,
        problem.y,
        problem.task.kind,
        groups=problem.groups,
        time=order,
        seed=seed,
        n_folds=_affordable_folds(settings, problem.task, learners, n_slots),
    )


def _affordable_folds(
    settings: FitSettings,
    task: Task,
    learners: Mapping[str, Learner],
    n_slots: int,
) -> int:
    """Return how many folds the first configurations can afford, 1 for a holdout."""
    is_large = task.n_rows > HOLDOUT_ABOVE
    if settings.time_limit is None:
        if is_large:
            return 1
        return _FEW_FOLDS if task.n_rows > _ROWS_FOR_FEW_FOLDS else _MANY_FOLDS
    rows = int(task.n_rows * (1 - 1 / _MANY_FOLDS))
    first = [
        learners[c.learner].cost(task, c.parameters, rows)
        for c, _ in zip(
            default_order(task, learners), range(_FIRST_CONFIGURATIONS), strict=False
        )
    ]
    budget = settings.time_limit * n_slots * _FOLDS_SHARE
    if _MANY_FOLDS * sum(first) <= budget:
        return _MANY_FOLDS
    return 1 if is_large and _FEW_FOLDS * sum(first) > budget else _FEW_FOLDS
