"""The inspection of a fit's table: findings, and each column with reason and steps."""

import time
from typing import Any

from headstart.findings import Finding, Subject, examine
from headstart.findings.finding import by_gravity
from headstart.findings.target import TargetColumn, describe_target
from headstart.search.run.problem import Problem
from headstart.tables import count_distinct

__all__ = ["inspect_problem"]

# Share of the time limit after which no further column or finder is looked at.
_SHARE = 0.05


def inspect_problem(
    problem: Problem,
    target_column: TargetColumn,
    *,
    time_limit: float | None = None,
) -> dict[str, Any]:
    """Return the findings on a fit's table, its columns, and the rows left out.

    Parameters
    ----------
    problem : Problem
    target_column : TargetColumn
        How the caller took the target out of its table.
    time_limit : float or None
        Seconds of the whole fit: a small share of it may be spent here. Without one
        all columns are inspected.

    Returns
    -------
    dict of str to value
        JSON-able: ``"columns"``, ``"findings"``, ``"rows_left_out"``.
    """
    end = None if time_limit is None else time.monotonic() + _SHARE * time_limit
    findings = _findings(problem, target_column, end)
    left_out = {
        "no target": target_column.n_missing,
        "weight 0": problem.n_weightless,
    }
    return {
        "columns": _columns(problem),
        "findings": [finding.to_record() for finding in findings],
        "rows_left_out": [
            {"reason": reason, "count": n} for reason, n in left_out.items() if n
        ],
    }


def _findings(
    problem: Problem, target_column: TargetColumn, end: float | None
) -> tuple[Finding, ...]:
    """Return the findings, gravest first; stop at the moment `end`."""
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
    of_target = describe_target(name, target, problem.y, target_column)
    return by_gravity([*of_target, *examine(subject)])


def _columns(problem: Problem) -> list[dict[str, Any]]:
    """Return for each column of the table its kind, the reason, and the steps taken."""
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
