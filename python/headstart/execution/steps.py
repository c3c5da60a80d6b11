"""Fitted transforms: application, storage and loading."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from headstart.base import (
    Parts,
    StoredTransform,
    TableColumn,
    TableColumns,
    Task,
    Transform,
)
from headstart.base.arrays import require
from headstart.exceptions import ArtifactError
from headstart.execution.made_columns import (
    MOST_OUTPUTS,
    checked_columns,
    errors_of,
    levels_of,
    renamed,
)

__all__ = [
    "FittedStep",
    "apply_step",
    "changes_nothing",
    "load_step",
    "store_step",
]

_FORMAT = 1
_RECORD = "step.json"
_FITTED = "fitted-"
_MOST_LEVELS = 10_000


@dataclass(frozen=True, eq=False)
class FittedStep:
    """A fitted transform.

    Parameters
    ----------
    transform : str
        Name of the transform.
    scope : tuple of str
        Columns that the transform receives; empty if the table has none for it.
    dropped : tuple of str
        Columns that the transform replaces.
    returned : tuple of str
        Names of the returned columns, as the transform names them.
    made : tuple of TableColumn
        The same columns with unique names in the table.
    levels : mapping of str to tuple of str
        Categories of the categorical columns in `made`.
    state : object
        The result of `Transform.fit`; None without a scope.
    """

    transform: str
    scope: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    made: tuple[TableColumn, ...] = ()
    levels: Mapping[str, tuple[str, ...]] | None = None
    state: Any = None

    def join(self, table: pl.DataFrame, new_columns: pl.DataFrame) -> pl.DataFrame:
        """Return the table with the columns of the step."""
        return table.drop(self.dropped).hstack(new_columns)

    def join_empty(self, table: pl.DataFrame) -> pl.DataFrame:
        """Return a table without rows, with the columns after the step.

        Raises
        ------
        ArtifactError
            If the table lacks a column of the scope, or has a column that the step
            makes.
        """
        missing = sorted({*self.scope, *self.dropped} - set(table.columns))
        require(
            not missing,
            f"The stored transform {self.transform!r} reads the column "
            f"{missing[:1]}, which its input table lacks.",
        )
        remaining = set(table.columns) - set(self.dropped)
        duplicates = sorted(remaining & {column.name for column in self.made})
        require(
            not duplicates,
            f"The stored transform {self.transform!r} makes the column "
            f"{duplicates[:1]}, which its input table already has.",
        )
        levels = self.levels or {}
        new_columns = pl.DataFrame(
            schema={
                column.name: pl.Enum(levels[column.name])
                if column.name in levels
                else pl.Float64()
                for column in self.made
            }
        )
        return self.join(table, new_columns)

    def summary(self, table: TableColumns) -> TableColumns:
        """Return the columns of a table after this step."""
        dropped = set(self.dropped)
        remaining = (c for c in table.columns if c.name not in dropped)
        return TableColumns((*remaining, *self.made))


def apply_step(
    transform: Transform,
    fitted: FittedStep,
    table: pl.DataFrame,
    task: Task,
    *,
    strict: bool,
) -> pl.DataFrame:
    """Return the columns that a fitted transform computes for new rows.

    Parameters
    ----------
    transform : Transform
    fitted : FittedStep
    table : DataFrame
    task : Task
    strict : bool
        Whether a number that is not finite is an error. Otherwise it becomes missing,
        so that a model in use does not fail.

    Raises
    ------
    TransformError
        For any error in the transform.
    """
    if not fitted.scope:
        return pl.DataFrame()
    with errors_of(fitted.transform):
        missing = set(fitted.scope) - set(table.columns)
        if missing:
            raise ValueError(f"the table lacks the column {min(missing)!r}.")
        X = table.select(fitted.scope)
        if isinstance(fitted.state, StoredTransform):
            frame = fitted.state.apply(X)
        else:
            frame = transform.transform(fitted.state, X, task)
        columns = checked_columns(frame, table.height, strict=strict)
        if tuple(columns) != fitted.returned:
            raise ValueError(
                f"transform() must return the columns of the fit, "
                f"{list(fitted.returned)[:10]!r}. Got {list(columns)[:10]!r}."
            )
        for column, series in zip(fitted.made, columns.values(), strict=True):
            if levels_of(series) != (fitted.levels or {}).get(column.name):
                raise ValueError(
                    f"column {series.name!r} must have the type and the levels of the "
                    f"fit. Got {series.dtype}."
                )
        return renamed(columns, [column.name for column in fitted.made])


def store_step(transform: Transform, fitted: FittedStep) -> Parts:
    """Return a fitted step as named bytes that load without running code."""
    record = {
        "format": _FORMAT,
        "transform": fitted.transform,
        "scope": fitted.scope,
        "dropped": fitted.dropped,
        "returned": fitted.returned,
        "made": [column.name for column in fitted.made],
        "levels": dict(fitted.levels or {}),
    }
    parts = {_RECORD: json.dumps(record, ensure_ascii=False).encode()}
    if fitted.scope:
        with errors_of(fitted.transform):
            stored = transform.dump(fitted.state)
            parts |= {f"{_FITTED}{k}": bytes(v) for k, v in stored.items()}
    return parts


def changes_nothing(parts: Parts) -> bool:
    """Return whether a step that this process stored makes and drops no column."""
    record = json.loads(parts[_RECORD])
    return not record["made"] and not record["dropped"]


def load_step(parts: Parts, transforms: Mapping[str, Transform]) -> FittedStep:
    """Return the fitted step that `store_step` stored.

    Raises
    ------
    ArtifactError
        If the parts are not a fitted step of one of `transforms`.
    """
    try:
        record: Any = json.loads(parts[_RECORD])
        name = record["transform"]
        lists = {
            key: _names(record[key]) for key in ("scope", "dropped", "returned", "made")
        }
        levels = {key: _names(words) for key, words in record["levels"].items()}
        version = record["format"]
    except ArtifactError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ArtifactError(f"The stored transform is damaged: {error!r}") from error
    require(
        version == _FORMAT,
        f"The stored transform must have format {_FORMAT}. hint: read it with the "
        "version that wrote it.",
    )
    require(
        isinstance(name, str) and name in transforms,
        f"The stored transform names {str(name)[:60]!r}, which the model lacks.",
    )
    require(
        set(lists["dropped"]) <= set(lists["scope"])
        and len(lists["returned"]) == len(lists["made"]) <= MOST_OUTPUTS
        and set(levels) <= set(lists["made"])
        and all(len(words) <= _MOST_LEVELS for words in levels.values())
        and (bool(lists["scope"]) or not lists["made"]),
        f"The stored transform {name!r} is damaged: its columns are inconsistent.",
    )
    made_columns = tuple(
        TableColumn(
            column,
            "categorical" if column in levels else "numeric",
            name,
            "made",
            len(levels.get(column, ())),
        )
        for column in lists["made"]
    )
    state = None
    if lists["scope"]:
        stored = {
            key.removeprefix(_FITTED): content
            for key, content in parts.items()
            if key.startswith(_FITTED)
        }
        state = transforms[name].load(stored)
    return FittedStep(
        name,
        lists["scope"],
        lists["dropped"],
        lists["returned"],
        made_columns,
        levels,
        state,
    )


def _names(value: Any) -> tuple[str, ...]:
    require(
        isinstance(value, list)
        and all(isinstance(v, str) for v in value)
        and len(set(value)) == len(value),
        "The stored transform lacks a list of distinct names.",
    )
    return tuple(value)
