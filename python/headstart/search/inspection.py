"""What a fit says of its table: findings, and each column with reason and steps."""

import time
from typing import Any

from headstart.findings import Finding, Subject, examine
from headstart.findings.finding import by_gravity
from headstart.findings.target import TargetColumn, describe_target
from headstart.search.run.problem import Problem
from headstart.tables import count_distinct

__all__ = ["column_records", "examine_problem"]

# Share of the time limit after which no further column or finder is looked at.
_SHARE = 0.05


def examine_problem(
    problem: Problem,
    *,
    time_limit: float | None = None,
    target_column: TargetColumn = TargetColumn(),
) -> tuple[Finding, ...]:
    """Return what the table of a fit warns of, gravest first.

    Parameters
    ----------
    problem : Problem
    time_limit : float or None
        Seconds of the whole fit: a small share of it may be spent here. Without one
        everything is looked at.
    target_column : TargetColumn
        How the caller took the target out of its table.
    """
    end = None if time_limit is None else time.monotonic() + _SHARE * time_limit
    target, name = problem.target, problem.target_name
    subject = Subject(
        problem.frame,
        problem.schema,
        problem.table,
        problem.y,
        problem.task.kind,
        name,
        () if target.classes is None else tuple(map(str, target.classes)),
        lambda: end is not None and time.monotonic() > end,
    )
    told = describe_target(name, target, problem.y, target_column)
    return by_gravity([*told, *examine(subject)])


def column_records(problem: Problem) -> list[dict[str, Any]]:
    """Return for each column of the table its kind, the reason, and what is done."""
    distinct = count_distinct(problem.frame)
    return [
        {
            "name": column.name,
            "kind": str(column.kind),
            "reason": column.reason,
            "n_missing": column.n_missing,
            "n_distinct": distinct.get(column.name),
            "used": column.kind.is_used,
            "steps": list(column.steps),
        }
        for column in problem.schema.columns
    ]
