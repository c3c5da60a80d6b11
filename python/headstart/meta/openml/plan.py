"""The plan of a refresh, made without fetching any data."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from headstart.meta.openml.errors import (
    MalformedReplyError,
    RefreshError,
    ServerRefusalError,
)
from headstart.meta.openml.options import PlannedTask, RefreshOptions, RefreshPlan
from headstart.meta.openml.replies import (
    CLASSIFICATION,
    REGRESSION,
    SuiteReply,
    TaskReply,
)
from headstart.meta.openml.session import Session, open_session
from headstart.meta.openml.text import clean_name

__all__ = ["listed_suite", "plan_refresh", "reason_to_leave_out", "too_large"]

_CALLS_A_DATASET = ("descriptions", "features", "qualities", "data")
_SUITE_LIMIT = 10_000


def plan_refresh(
    options: RefreshOptions, *, sleep: Callable[[float], None] = time.sleep
) -> RefreshPlan:
    """Return the plan of a refresh. Only the suite and its tasks are requested.

    Parameters
    ----------
    options : RefreshOptions
    sleep : callable
        Waits for a number of seconds.

    Raises
    ------
    RefreshError
        If the server does not answer, or has no such suite.
    """
    with (
        tempfile.TemporaryDirectory(prefix="headstart-plan-") as folder,
        open_session(options, Path(folder) / "client", sleep=sleep) as session,
    ):
        suite, tasks, missing = listed_suite(session, options)
    planned = [
        PlannedTask(
            task.task_id,
            task.did,
            clean_name(task.name),
            clean_name(task.target, ""),
            task.n_rows,
            task.n_columns,
            reason_to_leave_out(task, options),
        )
        for task in tasks
    ]
    planned += [
        PlannedTask(number, 0, "", "", None, None, reason)
        for number, reason in missing.items()
    ]
    fetched = [task for task in planned if not task.left_out]
    n_lists = -(-len(tasks) // options.tasks_per_call)
    calls = {"suite": 1, "tasks": 2 * n_lists}
    calls |= dict.fromkeys(_CALLS_A_DATASET, len(fetched))
    if options.evaluations:
        kinds = {task.task_id: task.kind_id for task in tasks}
        n_slices = sum(
            -(-n // options.tasks_per_slice)
            for kind in (CLASSIFICATION, REGRESSION)
            if (n := sum(kinds[task.task_id] == kind for task in fetched))
        )
        calls["flows"] = len(options.flows)
        # A page, its users and the end of the list; setups come in hundreds per call.
        calls["evaluations"] = 3 * n_slices * len(options.flows)
        calls["setups"] = n_slices * len(options.flows)
    return RefreshPlan(
        options.server,
        suite.suite_id,
        clean_name(suite.name),
        tuple(planned),
        calls,
        options.calls_per_second,
    )


def listed_suite(
    session: Session, options: RefreshOptions
) -> tuple[SuiteReply, list[TaskReply], dict[int, str]]:
    """Return the suite, its tasks up to the limit, and reasons for missing ones."""
    try:
        suite = session.suite(options.suite)
    except (ServerRefusalError, MalformedReplyError) as error:
        raise RefreshError(
            f"{options.server} has no suite {options.suite!r}: {error}. Expected the "
            "number or alias of a suite of tasks, such as 99 or 'OpenML-CC18'."
        ) from error
    numbers = list(dict.fromkeys(suite.tasks))[: options.limit or _SUITE_LIMIT]
    if not numbers:
        raise RefreshError(
            f"The suite {options.suite!r} of {options.server} has no tasks. Expected a "
            "suite with at least one. hint: is it a study of runs?"
        )
    tasks, missing = session.tasks(numbers, options.tasks_per_call)
    return suite, tasks, missing


def reason_to_leave_out(task: TaskReply, options: RefreshOptions) -> str:
    """Return the reason to leave a task out by its listing, or ``""``."""
    if task.kind_id not in (CLASSIFICATION, REGRESSION):
        return f"it is a task of type {task.kind_id}, not supervised"
    if not task.target:
        return "its target is unknown"
    return too_large(task.n_rows, task.n_columns, options)


def too_large(
    n_rows: int | None, n_columns: int | None, options: RefreshOptions
) -> str:
    """Return the reason why a dataset of this size is too large, or ``""``.

    Parameters
    ----------
    n_rows, n_columns : int or None
        None if unknown.
    options : RefreshOptions
    """
    if n_columns is not None and n_columns > options.max_columns:
        return f"{n_columns:,} columns are more than {options.max_columns:,}"
    if n_rows is not None and n_columns is not None:
        n_cells = n_rows * n_columns
        if n_cells > options.max_cells:
            return f"{n_cells:,} values are more than {options.max_cells:,}"
    return ""
