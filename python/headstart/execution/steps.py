"""Fitted transforms: how one is fitted, applied, checked and stored.

What a transform returns is looked at each time: a wrong number of rows, a column of
another type or a number that is not finite is told under its name, and never reaches a
view.
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
    """A transform, fitted.

    Parameters
    ----------
    transform : str
        Its name.
    scope : tuple of str
        Columns that it is given; none where the table has nothing for it.
    dropped : tuple of str
        Columns that its own take the place of.
    returned : tuple of str
        Columns that it returns, by its own names.
    made : tuple of TableColumn
        The same columns as the table has them: names are unique there.
    levels : mapping of str to tuple of str
        Categories of those of `made` that hold levels.
    state : object
        What `Transform.fit` returned; None without a scope.
    """

    transform: str
    scope: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    made: tuple[TableColumn, ...] = ()
    levels: Mapping[str, tuple[str, ...]] | None = None
    state: Any = None

    def join(self, table: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
        """Return the table with what the step made of it."""
        return table.drop(self.dropped).hstack(made)

    def join_empty(self, table: pl.DataFrame) -> pl.DataFrame:
        """Return a table without rows with the columns that the step makes.

        Raises
        ------
        ArtifactError
            If the table lacks a column that the step is given, or has one it makes.
        """
        missing = sorted({*self.scope, *self.dropped} - set(table.columns))
        require(
            not missing,
            f"The stored transform {self.transform!r} reads the column "
            f"{missing[:1]}, which the table before it does not have.",
        )
        left = set(table.columns) - set(self.dropped)
        taken = sorted(left & {column.name for column in self.made})
        require(
            not taken,
            f"The stored transform {self.transform!r} makes the column {taken[:1]}, "
            "which the table before it has.",
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
    """Fit a transform on training rows; return it, and the columns it made of them.

    Parameters
    ----------
    transform : Transform
    step : Step
        Its name and its parameters.
    rows : TableRows
        Training rows only, all columns as the steps before left them, with inner folds
        for a transform that reads the target.
    summary : TableColumns
        Of that table.
    task : Task
    resources : Resources

    Raises
    ------
    TransformError
        Whatever goes wrong in it.
    """
    name, table = transform.name, rows.X
    with _blaming(name):
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
        gone = set(dropped)
        taken = [c for c in table.columns if c not in gone]
        names = _unique(list(columns), taken, name)
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
    strict : bool
        Refuse numbers that are not finite. Else they count as missing: a model that
        is in use does not stop at one.

    Raises
    ------
    TransformError
        Whatever goes wrong in it.
    """
    if not fitted.scope:
        return pl.DataFrame()
    with _blaming(fitted.transform):
        missing = set(fitted.scope) - set(table.columns)
        if missing:
            raise ValueError(f"the table lacks its column {min(missing)!r}.")
        frame = transform.transform(fitted.state, table.select(fitted.scope), task)
        columns = _checked(frame, table.height, strict=strict)
        if tuple(columns) != fitted.returned:
            raise ValueError(
                f"transform() must return the columns that it had in training, "
                f"{list(fitted.returned)[:10]!r}. Got {list(columns)[:10]!r}."
            )
        for column, series in zip(fitted.made, columns.values(), strict=True):
            if _words(series) != (fitted.levels or {}).get(column.name):
                raise ValueError(
                    f"column {series.name!r} must be of the type, and of the levels, "
                    f"that it had in training. Got {series.dtype}."
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
        with _blaming(fitted.transform):
            stored = transform.dump(fitted.state)
            parts |= {f"{_FITTED}{k}": bytes(v) for k, v in stored.items()}
    return parts


def changes_nothing(parts: Parts) -> bool:
    """Whether a step of this process's own neither made nor dropped a column."""
    record = json.loads(parts[_RECORD])
    return not record["made"] and not record["dropped"]


def load_step(parts: Parts, transforms: Mapping[str, Transform]) -> FittedStep:
    """Read what `store_step` wrote.

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
        f"The stored transform names {str(name)[:60]!r}, which the model does not.",
    )
    require(
        set(lists["dropped"]) <= set(lists["scope"])
        and len(lists["returned"]) == len(lists["made"]) <= _MOST_OUTPUTS
        and set(levels) <= set(lists["made"])
        and all(len(words) <= _MOST_LEVELS for words in levels.values())
        and (bool(lists["scope"]) or not lists["made"]),
        f"The stored transform {name!r} is damaged: its columns do not fit together.",
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
def _blaming(name: str) -> Iterator[None]:
    """Say of whatever is raised that this transform raised it."""
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
    """Return the columns of what a transform returned, numbers as Float64."""
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(
            f"it must return a polars DataFrame. Got {type(frame).__name__} instead."
        )
    if frame.height != n_rows and frame.width:
        raise ValueError(
            f"it must return as many rows as it is given, {n_rows}. Got {frame.height}."
        )
    if frame.width > _MOST_OUTPUTS:
        raise ValueError(
            f"it may return {_MOST_OUTPUTS} columns at most. Got {frame.width}."
        )
    return {s.name: _checked_column(s, strict=strict) for s in frame.get_columns()}


def _checked_column(series: pl.Series, *, strict: bool) -> pl.Series:
    dtype = series.dtype
    if isinstance(dtype, pl.Enum):
        return series
    if not (dtype.is_numeric() or dtype in (pl.Boolean, pl.Null)):
        raise TypeError(
            f"column {series.name!r} must hold numbers, booleans or an Enum. Got "
            f"{dtype}. hint: levels are pl.Enum, with the categories seen in training."
        )
    numbers = series.cast(pl.Float64)
    bad = ~numbers.is_finite()
    if bad.any():
        if strict:
            row = bad.arg_max() or 0
            raise ValueError(
                f"column {series.name!r} must hold finite numbers, null where missing. "
                f"Got {numbers[row]} (row {row}, {int(bad.sum())} in all)."
            )
        # In polars' own words: null where it is NaN or infinite.
        numbers = numbers.set(bad.fill_null(value=False), None)
    return numbers


def _unique(names: Sequence[str], taken: Sequence[str], transform: str) -> list[str]:
    """Return names that the table does not have yet: with the transform's, if need be.

    Examples
    --------
    >>> _unique(["pca0", "age"], ["age"], "scale")
    ['pca0', 'age (scale)']
    """
    known = set(taken)
    found = []
    for name in names:
        unique = name if name not in known else f"{name} ({transform})"
        while unique in known:
            unique = f"{unique}'"
        known.add(unique)
        found.append(unique)
    return found


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
        "The stored transform has no list of different names where there must be one.",
    )
    return tuple(value)


def _line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else "no message"
