"""All finders in order."""

from headstart.findings.columns import find_column_traits
from headstart.findings.duplicates import find_double_columns, find_double_rows
from headstart.findings.finding import Finding, by_severity
from headstart.findings.groups import find_groups
from headstart.findings.identities import find_identities
from headstart.findings.order import find_order, find_time
from headstart.findings.single_columns import find_single_leaks
from headstart.findings.subject import Subject
from headstart.findings.target import find_target_traits

__all__ = ["all_findings"]

_FINDERS = (
    find_single_leaks,
    find_identities,
    find_order,
    find_time,
    find_groups,
    find_double_rows,
    find_double_columns,
    find_target_traits,
    find_column_traits,
)


def all_findings(subject: Subject) -> list[Finding]:
    """Return the findings on a table, most severe first.

    The result is deterministic unless `Subject.is_over` ends it early. Tables with more
    than 20,000 rows are sampled.

    Examples
    --------
    >>> import numpy as np
    >>> import polars as pl
    >>> from headstart.base import TaskKind
    >>> from headstart.tables import Schema
    >>> fare = np.random.default_rng(0).gamma(2.0, 5.0, 300).round(2)
    >>> tip = np.random.default_rng(1).gamma(2.0, 1.0, 300).round(2)
    >>> frame = pl.DataFrame({"fare": fare, "total": fare + tip})
    >>> schema = Schema.learn(frame)
    >>> subject = Subject(
    ...     frame, schema, schema.apply(frame), tip, TaskKind.REGRESSION, "tip"
    ... )
    >>> print(all_findings(subject)[0].message)
    'tip' is nearly total - fare: 100% of its variation. One of these columns, likely
    'total', contains the target.
    """
    findings: list[Finding] = []
    for finder in _FINDERS:
        if subject.is_over():
            break
        findings.extend(finder(subject))
    return list(by_severity(findings))
