"""The fit of a transform to the training rows of a fold."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from headstart.base import (
    Resources,
    Step,
    TableColumn,
    TableColumns,
    TableRows,
    Task,
    Transform,
)
from headstart.execution.made_columns import (
    checked_columns,
    errors_of,
    levels_of,
    renamed,
)
from headstart.execution.steps import FittedStep

__all__ = ["fit_step"]


def fit_step(
    transform: Transform,
    step: Step,
    rows: TableRows,
    summary: TableColumns,
    task: Task,
    resources: Resources,
) -> tuple[FittedStep, pl.DataFrame]:
    """Return a transform fitted on training rows, and its columns for these rows.

    Parameters
    ----------
    transform : Transform
    step : Step
        Name and parameters of the transform.
    rows : TableRows
        Training rows only, with all columns after the earlier steps, and with inner
        folds for a transform that reads the target.
    summary : TableColumns
        Columns of that table.
    task : Task
    resources : Resources

    Raises
    ------
    TransformError
        For any error in the transform.
    """
    name, table = transform.name, rows.X
    with errors_of(name):
        scope = tuple(transform.columns(summary, task))
        if set(scope) - set(table.columns) or len(set(scope)) != len(scope):
            raise ValueError(
                f"columns() must return different columns of the table. Got "
                f"{list(scope)[:10]!r}."
            )
        if not scope:
            return FittedStep(name, ()), pl.DataFrame()
        state, frame = transform.fit_transform(
            task,
            step.parameters,
            TableRows(
                table.select(scope),
                _read_only(rows.y) if transform.reads_target else None,
                _read_only(rows.weight),
                rows.parts,
            ),
            None,
            resources,
        )
        kind = transform.stored_as
        if kind is not None and not isinstance(state, kind):
            raise TypeError(
                f"fit() must return a {kind.__name__}, as its stored_as says. Got "
                f"{type(state).__name__}."
            )
        columns = checked_columns(frame, table.height, strict=True)
        dropped = scope if transform.replaces else ()
        replaced = set(dropped)
        remaining = [c for c in table.columns if c not in replaced]
        names = _unique(list(columns), remaining, name)
        made_columns, levels = [], {}
        for unique, series in zip(names, columns.values(), strict=True):
            words = levels_of(series)
            made_columns.append(
                TableColumn(
                    unique,
                    "numeric" if words is None else "categorical",
                    name,
                    "made",
                    len(words or ()),
                )
            )
            if words is not None:
                levels[unique] = words
        fitted = FittedStep(
            name, scope, dropped, tuple(columns), tuple(made_columns), levels, state
        )
        return fitted, renamed(columns, names)


def _unique(names: Sequence[str], existing: Sequence[str], transform: str) -> list[str]:
    """Return unique names, with the transform's name where the table has the name.

    Examples
    --------
    >>> _unique(["pca0", "age"], ["age"], "scale")
    ['pca0', 'age (scale)']
    """
    used = set(existing)
    unique_names = []
    for name in names:
        unique = name if name not in used else f"{name} ({transform})"
        while unique in used:
            unique = f"{unique}'"
        used.add(unique)
        unique_names.append(unique)
    return unique_names


def _read_only(values: Any) -> Any:
    if values is None:
        return None
    view = np.asarray(values).view()
    view.flags.writeable = False
    return view
