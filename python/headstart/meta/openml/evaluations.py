"""Evaluations of other users on OpenML, fetched in small slices.

The server lists evaluations in no order, so pages may overlap or miss rows. So a slice
is one flow on a few tasks, which usually fits on one page, and each run counts once, by
its number.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from headstart.meta.openml.errors import (
    MalformedReplyError,
    RefreshError,
    ServerRefusalError,
)
from headstart.meta.openml.flow_rules import FlowRule
from headstart.meta.openml.flows import map_setup
from headstart.meta.openml.options import RefreshOptions
from headstart.meta.openml.replies import EvaluationReply, SetupReply
from headstart.meta.openml.session import Session
from headstart.meta.openml.text import clean_name, short_key
from headstart.meta.records import ForeignEvaluation, ForeignSetup
from headstart.plugins.registry import Registry

__all__ = [
    "SETUPS_A_CALL",
    "KnownTask",
    "fetch_flow_name",
    "fetch_setups",
    "fetch_slice",
    "foreign_evaluation",
    "slices_of",
]

SETUPS_A_CALL = 100
_UNKNOWN_FLOWS = frozenset({180, 181})
_MOST_PARAMETERS = 1_000
_LONGEST_VALUE = 10_000


@dataclass(frozen=True, slots=True)
class KnownTask:
    """A task whose dataset was fetched."""

    task_id: int
    uid: str
    is_classification: bool


def slices_of(
    tasks: Sequence[KnownTask], options: RefreshOptions, *, is_classification: bool
) -> list[tuple[int, ...]]:
    """Return the tasks in slices, each for one request.

    Parameters
    ----------
    tasks : sequence of KnownTask
    options : RefreshOptions
    is_classification : bool
        Whether to return the classification or the regression tasks.
    """
    numbers = [t.task_id for t in tasks if t.is_classification is is_classification]
    return [
        tuple(numbers[start : start + options.tasks_per_slice])
        for start in range(0, len(numbers), options.tasks_per_slice)
    ]


def fetch_flow_name(session: Session, flow_id: int) -> str:
    """Return a flow's name, or ``""`` if the server has no such flow. 1 call."""
    try:
        return session.call(f"flow {flow_id}", lambda: session.client.flow(flow_id))
    except ServerRefusalError as error:
        if error.code in _UNKNOWN_FLOWS:
            return ""
        raise


def fetch_slice(
    session: Session,
    flow_id: int,
    function: str,
    tasks: Sequence[int],
    options: RefreshOptions,
) -> list[dict[str, Any]]:
    """Return the evaluations of a flow on some tasks, in the order of runs.

    2 calls per page, and 1 past the last page.

    Parameters
    ----------
    session : Session
    flow_id : int
    function : str
        OpenML's name of the score.
    tasks : sequence of int
    options : RefreshOptions

    Raises
    ------
    RefreshError
        If the server does not answer, or there are more than `max_evaluations`.
    """
    request = f"evaluations of flow {flow_id}"
    evaluations_by_run: dict[int, EvaluationReply] = {}
    offset = 0
    while True:
        try:
            page = session.call(
                request,
                lambda at=offset: session.client.evaluations(  # type: ignore[misc]
                    function, tasks, flow_id, size=options.page_size, offset=at
                ),
            )
        except MalformedReplyError as error:
            raise RefreshError(f"{request}: {error}") from error
        before = len(evaluations_by_run)
        for row in page:
            if row.flow_id == flow_id and row.task_id in tasks:
                evaluations_by_run.setdefault(row.run_id, row)
        # Pages may repeat rows; a page without a new row is the end.
        if len(evaluations_by_run) == before:
            break
        if len(evaluations_by_run) > options.max_evaluations:
            raise RefreshError(
                f"{request}: more than {options.max_evaluations:,}. hint: set a "
                "smaller tasks_per_slice or a larger max_evaluations."
            )
        offset += options.page_size
    return [
        asdict(evaluations_by_run[run_id])
        for run_id in sorted(evaluations_by_run)
        if math.isfinite(evaluations_by_run[run_id].value)
    ]


def foreign_evaluation(
    row: dict[str, Any], function: str, uid: str, server: str
) -> ForeignEvaluation:
    """Return the record of an evaluation.

    Parameters
    ----------
    row : dict
    function : str
        OpenML's name of the score.
    uid : str
        Identity of the dataset.
    server : str
    """
    return ForeignEvaluation(
        run_id=row["run_id"],
        task_id=row["task_id"],
        dataset_uid=uid,
        flow_id=row["flow_id"],
        flow_name=short_key(row["flow_name"]),
        setup_id=row["setup_id"],
        function=function,
        value=row["value"],
        upload_time=clean_name(row["upload_time"], ""),
        server=server,
    )


def fetch_setups(
    session: Session,
    numbers: Sequence[int],
    rule: FlowRule,
    flow_name: str,
    flow_id: int,
    registry: Registry,
) -> list[ForeignSetup]:
    """Return the setups that the server has, with a configuration if they map to one.

    1 call.

    Parameters
    ----------
    session : Session
    numbers : sequence of int
        Ids of setups.
    rule : FlowRule
    flow_name : str
    flow_id : int
    registry : Registry
    """
    try:
        replies = session.call(
            f"setups of flow {flow_id}", lambda: session.client.setups(numbers)
        )
    except MalformedReplyError as error:
        raise RefreshError(f"setups of flow {flow_id}: {error}") from error
    return [
        _foreign_setup(setup, rule, flow_name, session.server, registry)
        for setup in sorted(replies, key=lambda s: s.setup_id)
        if setup.setup_id in numbers and setup.flow_id == flow_id
    ]


def _foreign_setup(
    setup: SetupReply, rule: FlowRule, flow_name: str, server: str, registry: Registry
) -> ForeignSetup:
    learner = registry.learners.get(rule.learner)
    parameters = {
        short_key(name): value[:_LONGEST_VALUE].replace("\0", "?")
        for name, value in sorted(setup.parameters.items())[:_MOST_PARAMETERS]
    }
    return ForeignSetup(
        setup_id=setup.setup_id,
        flow_id=setup.flow_id,
        flow_name=short_key(flow_name),
        server=server,
        parameters=parameters,
        configuration=(
            None if learner is None else map_setup(rule, setup.parameters, learner)
        ),
    )
