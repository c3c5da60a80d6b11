"""Fitted transforms: fit, application, checks and storage.

Every result of a transform is checked. A wrong number of rows, a column of another type
or a number that is not finite is an error with the transform's name, and never reaches
a view.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headstart.base import (
    Parts,
    Resources,
    Step,
    TableColumn,
    TableColumns,
    TableRows,
    Task,
    Transform,
)
from headstart.base.arrays import require
from headstart.exceptions import ArtifactError, HeadstartError, TransformError

__all__ = [
    "FittedStep",
    "apply_step",
    "changes_nothing",
    "fit_step",
    "load_step",
    "store_step",
]

_FORMAT = 1
_RECORD = "step.json"
_FITTED = "fitted-"
# More columns than this from one step are a mistake, or would fill memory and disk.
_MOST_OUTPUTS = 10_000
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

    def join(self, table: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
        """Return the table with the columns of the step."""
        return table.drop(self.dropped).hstack(made)

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
        made = pl.DataFrame(
            schema={
                column.name: pl.Enum(levels[column.name])
                if column.name in levels
                else pl.Float64()
                for column in self.made
            }
        )
        return self.join(table, made)

    def summary(self, table: TableColumns) -> TableColumns:
        """Return the columns of a table after this step."""
        dropped = set(self.dropped)
        kept = (c for c in table.columns if c.name not in dropped)
        return TableColumns((*kept, *self.made))


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
    with _errors_of(name):
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
        columns = _checked(frame, table.height, strict=True)
        dropped = scope if transform.replaces else ()
        replaced = set(dropped)
        remaining = [c for c in table.columns if c not in replaced]
        names = _unique(list(columns), remaining, name)
        made, levels = [], {}
        for unique, series in zip(names, columns.values(), strict=True):
            words = _words(series)
            made.append(
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
            name, scope, dropped, tuple(columns), tuple(made), levels, state
        )
        return fitted, _named(columns, names)


def apply_step(
    transform: Transform,
    fitted: FittedStep,
    table: pl.DataFrame,
    task: Task,
    *,
    strict: bool,
) -> pl.DataFrame:
    """Return the columns that a fitted transform makes of new rows.

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
    with _errors_of(fitted.transform):
        missing = set(fitted.scope) - set(table.columns)
        if missing:
            raise ValueError(f"the table lacks the column {min(missing)!r}.")
        frame = transform.transform(fitted.state, table.select(fitted.scope), task)
        columns = _checked(frame, table.height, strict=strict)
        if tuple(columns) != fitted.returned:
            raise ValueError(
                f"transform() must return the columns of the fit, "
                f"{list(fitted.returned)[:10]!r}. Got {list(columns)[:10]!r}."
            )
        for column, series in zip(fitted.made, columns.values(), strict=True):
            if _words(series) != (fitted.levels or {}).get(column.name):
                raise ValueError(
                    f"column {series.name!r} must have the type and the levels of the "
                    f"fit. Got {series.dtype}."
                )
        return _named(columns, [column.name for column in fitted.made])


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
        with _errors_of(fitted.transform):
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
        and len(lists["returned"]) == len(lists["made"]) <= _MOST_OUTPUTS
        and set(levels) <= set(lists["made"])
        and all(len(words) <= _MOST_LEVELS for words in levels.values())
        and (bool(lists["scope"]) or not lists["made"]),
        f"The stored transform {name!r} is damaged: its columns are inconsistent.",
    )
    made = tuple(
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
        name, lists["scope"], lists["dropped"], lists["returned"], made, levels, state
    )


@contextmanager
def _errors_of(name: str) -> Iterator[None]:
    """Raise errors as errors of the transform."""
    try:
        yield
    except TransformError:
        raise
    except MemoryError as error:
        raise TransformError(
            f"Transform {name!r} ran out of memory: {error}".rstrip(": "),
            name,
            "memory",
        ) from error
    except HeadstartError as error:
        raise TransformError(f"Transform {name!r}: {_line(error)}", name) from error
    except Exception as error:
        raise TransformError(
            f"Transform {name!r}: {type(error).__name__}: {_line(error)}", name
        ) from error


def _checked(frame: Any, n_rows: int, *, strict: bool) -> dict[str, pl.Series]:
    """Return the checked columns of a transform's result, with numbers as Float64."""
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(
            f"it must return a polars DataFrame. Got {type(frame).__name__} instead."
        )
    if frame.height != n_rows and frame.width:
        raise ValueError(
            f"it must return {n_rows} rows, as many as its input. Got {frame.height}."
        )
    if frame.width > _MOST_OUTPUTS:
        raise ValueError(
            f"it must return at most {_MOST_OUTPUTS} columns. Got {frame.width}."
        )
    return {s.name: _checked_column(s, strict=strict) for s in frame.get_columns()}


def _checked_column(series: pl.Series, *, strict: bool) -> pl.Series:
    dtype = series.dtype
    if isinstance(dtype, pl.Enum):
        return series
    if not (dtype.is_numeric() or dtype in (pl.Boolean, pl.Null)):
        raise TypeError(
            f"column {series.name!r} must hold numbers, booleans or an Enum. Got "
            f"{dtype}. hint: return levels as pl.Enum with the categories of the fit."
        )
    numbers = series.cast(pl.Float64)
    not_finite = ~numbers.is_finite()
    if not_finite.any():
        if strict:
            row = not_finite.arg_max() or 0
            raise ValueError(
                f"column {series.name!r} must hold finite numbers, null where missing. "
                f"Got {numbers[row]} (row {row}, {int(not_finite.sum())} rows in all)."
            )
        # NaN and infinite values become null.
        numbers = numbers.set(not_finite.fill_null(value=False), None)
    return numbers


def _unique(names: Sequence[str], taken: Sequence[str], transform: str) -> list[str]:
    """Return unique names, with the transform's name where the table has the name.

    Examples
    --------
    >>> _unique(["pca0", "age"], ["age"], "scale")
    ['pca0', 'age (scale)']
    """
    used = set(taken)
    unique_names = []
    for name in names:
        unique = name if name not in used else f"{name} ({transform})"
        while unique in used:
            unique = f"{unique}'"
        used.add(unique)
        unique_names.append(unique)
    return unique_names


def _named(columns: Mapping[str, pl.Series], names: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(
        [s.alias(n) for s, n in zip(columns.values(), names, strict=True)]
    )


def _words(series: pl.Series) -> tuple[str, ...] | None:
    dtype = series.dtype
    return tuple(dtype.categories.to_list()) if isinstance(dtype, pl.Enum) else None


def _read_only(values: Any) -> Any:
    if values is None:
        return None
    view = np.asarray(values).view()
    view.flags.writeable = False
    return view


def _names(value: Any) -> tuple[str, ...]:
    require(
        isinstance(value, list)
        and all(isinstance(v, str) for v in value)
        and len(set(value)) == len(value),
        "The stored transform lacks a list of distinct names.",
    )
    return tuple(value)


def _line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else "no message"
