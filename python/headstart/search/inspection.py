"""The inspection of a fit's table: its findings and columns."""

import time
from dataclasses import dataclass

from headstart.facts import ColumnFact, FindingFact, LeftOut, Scalar
from headstart.findings import Finding, Subject, all_findings
from headstart.findings.finding import by_severity
from headstart.findings.target import TargetColumn, describe_target
from headstart.search.run.problem import Problem
from headstart.tables import count_distinct

__all__ = ["TableInspection", "inspect_problem"]

# Share of the time limit after which no further column is inspected or finder called.
_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class TableInspection:
    """The columns of a fit's table, its findings, and the rows that are left out."""

    columns: tuple[ColumnFact, ...]
    findings: tuple[FindingFact, ...]
    rows_left_out: tuple[LeftOut, ...]


def inspect_problem(
    problem: Problem,
    target_column: TargetColumn,
    *,
    time_limit: float | None = None,
) -> TableInspection:
    """Return the findings on a fit's table, its columns, and the rows left out.

    Parameters
    ----------
    problem : Problem
    target_column : TargetColumn
        How the caller separated the target from its table.
    time_limit : float or None
        Seconds of the whole fit, of which a small share may be spent here. None sets no
        limit.
    """
    end = None if time_limit is None else time.monotonic() + _SHARE * time_limit
    findings = _findings(problem, target_column, end)
    left_out = {
        "no target": target_column.n_missing,
        "weight 0": problem.n_weightless,
    }
    return TableInspection(
        _columns(problem),
        tuple(map(_fact_of, findings)),
        tuple(LeftOut(reason, n) for reason, n in left_out.items() if n),
    )


def _findings(
    problem: Problem, target_column: TargetColumn, end: float | None
) -> tuple[Finding, ...]:
    """Return the findings, the most severe first; stop at the time `end`."""
    target, name = problem.target, problem.target_name or "target"
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
    return by_severity([*of_target, *all_findings(subject)])


def _fact_of(finding: Finding) -> FindingFact:
    return FindingFact(
        finding.code,
        str(finding.severity),
        finding.columns,
        finding.message,
        {name: _scalar(value) for name, value in finding.evidence.items()},
        finding.remedy,
    )


def _scalar(value: object) -> Scalar:
    """Return an entry of the evidence as a JSON scalar."""
    if value is None or isinstance(value, bool | str):
        return value
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return str(value)
    if not abs(number) < 1e300:
        return str(value)
    return int(number) if isinstance(value, int) else number


def _columns(problem: Problem) -> tuple[ColumnFact, ...]:
    """Return the kind of each column, the reason for it, and the encoding steps."""
    distinct = count_distinct(problem.frame)
    return tuple(
        ColumnFact(
            column.name,
            str(column.kind),
            column.reason,
            column.n_missing,
            distinct.get(column.name),
            column.kind.is_used,
            tuple(column.steps),
        )
        for column in problem.schema.columns
    )
