"""The inspection of a table: its columns with reasons, and what it warns of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headstart.findings.examine import examine
from headstart.findings.finding import Finding, by_gravity
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
    """Columns and findings of a table, without any training.

    Parameters
    ----------
    target, task : str
        Name of the target, and the kind of task it makes.
    n_rows : int
        Rows with a target.
    columns : tuple of Column
        Kind and reason of each column but the target.
    n_different : mapping of str to int
        Different values of each column that holds one value a cell, missing ones not
        counted.
    findings : tuple of Finding
        Gravest first.
    examples : mapping of str to tuple of (str, str)
        For each column that is used, up to two values as they are written and as they
        are read.
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
    """Look at a table: what its columns are taken for, and what it warns of.

    Nothing is trained. Leaks, rows whose order tells the target, columns that tie rows
    together or date them, repeated rows, rare classes: each finding has its evidence
    and a remedy. Takes a second or two.

    Parameters
    ----------
    data : table or path
        Features and target together.
    target : str
        Name of the target's column. Rows without a target are left out, and told.
    task : {"classification", "regression"}, optional
        What the target is for, where it is not to be read off its values.
    columns : mapping of str to str, optional
        Kinds that are not to be inferred, by column name.
    reading : mapping of str to object, optional
        Options of `read_table`, where `data` is a path.

    Returns
    -------
    Inspection

    Raises
    ------
    TableError, ColumnError
        If the table cannot be read, or the target is no target.

    Examples
    --------
    >>> import headstart
    >>> table = {"x": [0.5, 1.5, 2.5, 3.5] * 9, "y": ["no", "yes", "no", "yes"] * 9}
    >>> found = headstart.inspect(table, target="y")
    >>> found.columns[0].kind, found.findings[0].code
    (<ColumnKind.NUMERIC: 'numeric'>, 'leak')
    """
    frame, _ = to_table(
        data,
        read_as_text=texts_declared(columns),
        reading=Reading.of(**(reading or {})),
    )
    X, y, known = with_known_target(*split_target(frame, target))
    encoder = TargetEncoder.learn(y, task)
    values = encoder.encode(y)
    column = TargetColumn(known.len() - X.height, is_guessed=task is None)
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
        by_gravity(
            [*describe_target(target, encoder, values, column), *examine(subject)]
        ),
        {c.name: examples_of(X[c.name], c) for c in schema.used},
    )
