"""The table of a fold after a chain of transforms. Each step is computed once.

The key of a step is the chain up to it, so that chains with a common prefix share its
steps. A step stores the columns it made, not the whole table, and workers map them.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl

from headstart.base import (
    IntArray,
    Resources,
    Step,
    TableColumn,
    TableColumns,
    TableRows,
    chain_key,
)
from headstart.base.seeds import derived_seed
from headstart.execution.files import read_or_make, writing_explained
from headstart.execution.fit_data import FitData
from headstart.execution.fit_step import fit_step
from headstart.execution.steps import FittedStep, apply_step, store_step
from headstart.execution.store import put_parts
from headstart.machine.atomic import replacing_folder
from headstart.tables import OTHER_LEVEL, read_frame, summarize, write_frame

__all__ = ["FoldTable", "fold_table", "held_out_rows", "inner_folds", "step_names"]

# Largest number of inner folds. A target transform is fitted once per inner fold.
_MOST_PARTS = 5

Report = Callable[[str], None]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class FoldTable:
    """A fold's training and validation rows after transforms."""

    train: pl.DataFrame
    held_out: pl.DataFrame
    summary: TableColumns

    def for_views(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return both tables without raw text, which no view uses."""
        texts = self.summary.text
        return self.train.drop(texts), self.held_out.drop(texts)


def step_names(
    steps: Sequence[Step], repeat: int, fold: int, rows: IntArray | None = None
) -> tuple[str, ...]:
    """Return the names under which the steps of a chain are stored, in order."""
    part = "all" if fold < 0 else str(fold)
    sample = "" if rows is None else f"-{rows.size}"
    return tuple(
        f"{repeat}-{part}-{chain_key(steps[: index + 1])}{sample}"
        for index in range(len(steps))
    )


def fold_table(
    data: FitData,
    steps: Sequence[Step],
    repeat: int,
    fold: int,
    resources: Resources,
    *,
    rows: IntArray | None = None,
    report: Report = lambda _: None,
) -> FoldTable:
    """Return a fold's rows after `steps`, which are fitted on its training rows.

    Parameters
    ----------
    data : FitData
    steps : sequence of Step
    repeat, fold : int
    resources : Resources
    rows : ndarray of int64 or None
        A sample of the fold's training rows to use instead of all.
    report : callable of str
        Called with the name of each transform before it runs, and with ``""``
        afterwards. It identifies the transform in which a process ended.

    Raises
    ------
    TransformError
        If a transform fails, or its result is invalid.
    """
    train = data.train(repeat, fold) if rows is None else rows
    full_table = data.with_texts()
    summary = summarize(data.schema, texts=data.texts is not None)
    table = FoldTable(
        full_table[train], held_out_rows(data, full_table, repeat, fold), summary
    )
    for step, name in zip(steps, step_names(steps, repeat, fold, rows), strict=True):
        make = partial(_make, data, step, name, table, repeat, train, resources)
        folder = data.store.path(f"tables/{name}")
        if folder is not None:
            write = partial(
                _reporting, report, step.name, partial(_write, folder, make)
            )
            table = read_or_make(folder, write, partial(_after, table))
        else:
            if name not in data.tables:
                step_columns = _reporting(report, step.name, make)
                data.tables[name] = step_columns.after(table)
            table = data.tables[name]
    return table


def held_out_rows(
    data: FitData, table: pl.DataFrame, repeat: int, fold: int
) -> pl.DataFrame:
    """Return the validation rows of a fold, treated like new rows.

    A level that the fold's training rows lack becomes `OTHER_LEVEL`, as a new level
    does in a prediction. The score then is that of a prediction for new rows.

    Parameters
    ----------
    data : FitData
    table : DataFrame
    repeat, fold : int
    """
    held_out = table[data.held_out(repeat, fold)]
    train = data.train(repeat, fold)
    columns = []
    for name in (n for n, dtype in table.schema.items() if isinstance(dtype, pl.Enum)):
        is_new = ~held_out[name].is_in(table[name][train].unique().implode())
        if is_new.any():
            # Missing where the schema has missing values in place of new levels.
            other = pl.lit(OTHER_LEVEL).cast(table.schema[name], strict=False)
            columns.append(pl.when(is_new).then(other).otherwise(name).alias(name))
    return held_out.with_columns(columns) if columns else held_out


def inner_folds(data: FitData, repeat: int, rows: IntArray, seed: int) -> IntArray:
    """Return the inner fold of each training row, ``0 .. n_parts - 1``.

    Groups are never split, and rows with a time order form blocks of time. Otherwise,
    the outer folds that hold the rows out become inner folds. If there is only one,
    rows are assigned at random.

    Parameters
    ----------
    data : FitData
    repeat : int
    rows : ndarray of int64
        Training rows.
    seed : int
    """
    dependence = data.dependence
    if dependence.is_declared:
        return dependence.divide(rows, _MOST_PARTS, seed=seed)
    ids = data.folds.fold_ids[repeat][rows]
    distinct, index = np.unique(ids, return_inverse=True)
    if distinct.size > 1:
        return np.asarray(index, dtype=np.int64) % min(_MOST_PARTS, distinct.size)
    return dependence.divide(rows, _MOST_PARTS, seed=seed)


@dataclass(frozen=True, slots=True)
class _StepColumns:
    """The columns of a step for a fold's rows."""

    step: FittedStep
    train: pl.DataFrame
    held_out: pl.DataFrame

    def after(self, table: FoldTable) -> FoldTable:
        """Return a fold's rows after the step."""
        if not self.step.made and not self.step.dropped:
            return table
        return FoldTable(
            self.step.join(table.train, self.train),
            self.step.join(table.held_out, self.held_out),
            self.step.summary(table.summary),
        )


def _make(
    data: FitData,
    step: Step,
    name: str,
    table: FoldTable,
    repeat: int,
    rows: IntArray,
    resources: Resources,
) -> _StepColumns:
    """Fit a step on a fold's training rows, store it, and apply it to all rows."""
    transform = data.transform(step.name)
    # The seed does not depend on the fold fit, because any fold fit may make the step.
    seed = derived_seed(f"{data.seed}-{name}")
    fitted, new_columns = fit_step(
        transform,
        step,
        TableRows(
            table.train,
            data.y[rows],
            None if data.weight is None else data.weight[rows],
            inner_folds(data, repeat, rows, seed),
        ),
        table.summary,
        data.task,
        replace(resources, seed=seed),
    )
    held_out = apply_step(transform, fitted, table.held_out, data.task, strict=True)
    parts = store_step(transform, fitted)
    put_parts(data.store, f"transforms/{name}.zip", parts)
    return _StepColumns(fitted, new_columns, held_out)


def _reporting(report: Report, name: str, make: Callable[[], _T]) -> _T:
    """Return the result of `make`, and report the transform's name while it runs."""
    report(name)
    try:
        return make()
    finally:
        report("")


def _write(folder: Path, make: Callable[[], _StepColumns]) -> None:
    """Write a step's columns into a folder, unless another process has done so."""
    with _locked(folder):
        if folder.exists():
            return
        step_columns = make()
        with writing_explained(folder), replacing_folder(folder) as temporary:
            write_frame(step_columns.train, temporary / "train.arrow")
            write_frame(step_columns.held_out, temporary / "held_out.arrow")
            columns = step_columns.step.made
            record = {
                "scope": step_columns.step.scope,
                "dropped": step_columns.step.dropped,
                "made": [[c.name, c.contents, c.source, c.n_levels] for c in columns],
            }
            (temporary / "step.json").write_text(json.dumps(record), encoding="utf-8")


def _after(table: FoldTable, folder: Path) -> FoldTable:
    record: Any = json.loads((folder / "step.json").read_text(encoding="utf-8"))
    columns = tuple(
        TableColumn(name, contents, source, "made", n_levels)
        for name, contents, source, n_levels in record["made"]
    )
    step = FittedStep("", tuple(record["scope"]), tuple(record["dropped"]), (), columns)
    step_columns = _StepColumns(
        step,
        read_frame(folder / "train.arrow"),
        read_frame(folder / "held_out.arrow"),
    )
    return step_columns.after(table)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder; the system releases it when a process ends."""
    lock = None
    with suppress(ImportError, OSError):  # without locks, both processes make it
        import fcntl

        lock = folder.with_name(f".{folder.name}.lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if lock is not None:
            lock.close()
