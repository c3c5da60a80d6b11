"""All finders, one after the other."""

from headstart.findings.columns import find_column_traits
from headstart.findings.duplicates import find_double_columns, find_double_rows
from headstart.findings.finding import Finding, by_gravity
from headstart.findings.groups import find_groups
from headstart.findings.identities import find_identities
from headstart.findings.order import find_order, find_time
from headstart.findings.single_columns import find_single_leaks
from headstart.findings.subject import Subject
from headstart.findings.target import find_target_traits

__all__ = ["examine"]

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


def examine(subject: Subject) -> list[Finding]:
    """Return what a table warns of, gravest first.

    Deterministic: the same table has the same findings, unless `Subject.is_over` ends
    it early. Tables of more than 20,000 rows are judged by a sample of them.

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
    >>> print(examine(subject)[0].message)
    'tip' is nearly total - fare: 100% of its variation. One of these columns, likely
    'total', holds the target.
    """
    found: list[Finding] = []
    for finder in _FINDERS:
        if subject.is_over():
            break
        found.extend(finder(subject))
    return list(by_gravity(found))
