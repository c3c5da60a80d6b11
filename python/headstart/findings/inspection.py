"""The inspection of a table: its columns with reasons, and findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headstart.findings.all_findings import all_findings
from headstart.findings.finding import Finding, by_severity
from headstart.findings.subject import Subject
from headstart.findings.target import TargetColumn, describe_target
from headstart.tables import (
    Column,
    ColumnKind,
    Reading,
    Schema,
    TargetEncoder,
    count_distinct,
    examples_of,
    split_target,
    texts_declared,
    to_table,
    with_known_target,
)

__all__ = ["Inspection", "inspect"]


@dataclass(frozen=True)
class Inspection:
    """Columns and findings of a table, without training.

    Parameters
    ----------
    target, task : str
        Name of the target, and the kind of its task.
    n_rows : int
        Rows with a target.
    columns : tuple of Column
        Kind and reason of each column except the target.
    n_different : mapping of str to int
        Number of distinct non-missing values of each column without lists.
    findings : tuple of Finding
        Most severe first.
    examples : mapping of str to tuple of (str, str)
        For each used column, up to two values as written and as read.
    """

    target: str
    task: str
    n_rows: int
    columns: tuple[Column, ...]
    n_different: Mapping[str, int]
    findings: Sequence[Finding]
    examples: Mapping[str, tuple[tuple[str, str], ...]]

    def to_record(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {
            "target": self.target,
            "task": self.task,
            "n_rows": self.n_rows,
            "columns": [
                {
                    "name": column.name,
                    "kind": str(column.kind),
                    "type": column.dtype,
                    "n_missing": column.n_missing,
                    "n_different": self.n_different.get(column.name),
                    "features": list(column.features),
                    "reason": column.reason,
                    "steps": list(column.steps),
                    "examples": [
                        {"written": written, "read": read}
                        for written, read in self.examples.get(column.name, ())
                    ],
                }
                for column in self.columns
            ],
            "findings": [finding.to_record() for finding in self.findings],
        }


def inspect(
    data: Any,
    *,
    target: str,
    task: str | None = None,
    columns: Mapping[str, ColumnKind | str] | None = None,
    reading: Mapping[str, Any] | None = None,
) -> Inspection:
    """Return the column kinds of a table, and findings on it, without training.

    Findings concern leaks, informative row order, groups, dates, duplicates and rare
    classes. Each has its evidence and a remedy. It takes a second or two.

    Parameters
    ----------
    data : table or path
        Features and target together.
    target : str
        Name of the target's column. Rows without a target are excluded and reported.
    task : {"classification", "regression"}, optional
        Kind of task. By default it is inferred from the target's values.
    columns : mapping of str to str, optional
        Declared kinds by column name; others are inferred.
    reading : mapping of str to object, optional
        Options of `read_table`, where `data` is a path.

    Returns
    -------
    Inspection

    Raises
    ------
    TableError, ColumnError
        If the table cannot be read, or the target column cannot be used.

    Examples
    --------
    >>> import headstart
    >>> table = {"x": [0.5, 1.5, 2.5, 3.5] * 9, "y": ["no", "yes", "no", "yes"] * 9}
    >>> inspection = headstart.inspect(table, target="y")
    >>> inspection.columns[0].kind, inspection.findings[0].code
    (<ColumnKind.NUMERIC: 'numeric'>, 'leak')
    """
    frame, _ = to_table(
        data,
        read_as_text=texts_declared(columns),
        reading=Reading.of(**(reading or {})),
    )
    X, y, has_target = with_known_target(*split_target(frame, target))
    encoder = TargetEncoder.learn(y, task)
    values = encoder.encode(y)
    column = TargetColumn(has_target.len() - X.height, is_guessed=task is None)
    schema = Schema.learn(X, overrides=columns)
    labels = () if encoder.classes is None else tuple(map(str, encoder.classes))
    subject = Subject(
        X,
        schema,
        schema.apply(X),
        values,
        encoder.kind,
        target,
        labels,
    )
    return Inspection(
        target,
        str(encoder.kind),
        X.height,
        schema.columns,
        count_distinct(X),
        by_severity(
            [*describe_target(target, encoder, values, column), *all_findings(subject)]
        ),
        {c.name: examples_of(X[c.name], c) for c in schema.used},
    )
