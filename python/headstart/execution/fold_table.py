"""The table of a fold after a chain of transforms; each step is made once, then mapped.

A step is known by the chain that ends in it, so that chains share what they begin with.
What is stored of it are the columns it made, not the table.
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
from headstart.execution.steps import FittedStep, apply_step, fit_step, store_step
from headstart.execution.store import put_parts
from headstart.machine.atomic import replacing_folder
from headstart.tables import read_frame, summarize, write_frame

__all__ = ["FoldTable", "fold_table", "held_out_rows", "inner_folds", "step_names"]

# Inner folds for a transform that reads the target: it is fitted as many times more.
_MOST_PARTS = 5

Tell = Callable[[str], None]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class FoldTable:
    """A fold's training and held-out rows, as transforms left them."""

    train: pl.DataFrame
    held_out: pl.DataFrame
    summary: TableColumns

    def for_views(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return both without raw text, which no view takes."""
        texts = self.summary.text
        return self.train.drop(texts), self.held_out.drop(texts)


def step_names(
    steps: Sequence[Step], repeat: int, fold: int, rows: IntArray | None = None
) -> tuple[str, ...]:
    """Return the names under which the steps of a chain are stored, in order."""
    part = "all" if fold < 0 else str(fold)
    sample = "" if rows is None else f"-{rows.size}"
    return tuple(
        f"{repeat}-{part}-{chain_key(steps[: place + 1])}{sample}"
        for place in range(len(steps))
    )


def fold_table(
    data: FitData,
    steps: Sequence[Step],
    repeat: int,
    fold: int,
    resources: Resources,
    *,
    rows: IntArray | None = None,
    tell: Tell = lambda _: None,
) -> FoldTable:
    """Return a fold's rows after `steps`, which are fitted on its training rows.

    Parameters
    ----------
    rows : ndarray of int64 or None
        Training rows to use instead of all of the fold's (a sample of them).
    tell : callable of str
        Told the name of each transform before it runs, and ``""`` afterwards: who it
        was is then known of a process that does not come back.

    Raises
    ------
    TransformError
        If a transform fails, or returns what it may not.
    """
    train = data.train(repeat, fold) if rows is None else rows
    whole = data.with_texts()
    summary = summarize(data.schema, texts=data.texts is not None)
    table = FoldTable(whole[train], held_out_rows(data, whole, repeat, fold), summary)
    for step, name in zip(steps, step_names(steps, repeat, fold, rows), strict=True):
        make = partial(_make, data, step, name, table, repeat, train, resources)
        folder = data.store.path(f"tables/{name}")
        if folder is not None:
            write = partial(_telling, tell, step.name, partial(_write, folder, make))
            table = read_or_make(folder, write, partial(_after, table))
        else:
            if name not in data.tables:
                made = _telling(tell, step.name, make)
                data.tables[name] = made.after(table)
            table = data.tables[name]
    return table


def held_out_rows(
    data: FitData, table: pl.DataFrame, repeat: int, fold: int
) -> pl.DataFrame:
    """Return the rows of `table` that a fold holds out, as new rows would come.

    A level that the fold's training rows lack is missing, as the schema makes one
    missing that no training row of the run had: what is scored is what is predicted.
    """
    held_out = table[data.held_out(repeat, fold)]
    train = data.train(repeat, fold)
    columns = []
    for name in (n for n, dtype in table.schema.items() if isinstance(dtype, pl.Enum)):
        is_known = held_out[name].is_in(table[name][train].unique().implode())
        if not is_known.all():
            columns.append(pl.when(is_known).then(pl.col(name)).alias(name))
    return held_out.with_columns(columns) if columns else held_out


def inner_folds(data: FitData, repeat: int, rows: IntArray, seed: int) -> IntArray:
    """Return the part of each training row, ``0 .. n_parts - 1``.

    Groups stay together, and rows in order of time make blocks of time. Without
    either, rows that one fold holds out stay together, or rows are drawn where all are
    of one fold.
    """
    dependence = data.dependence
    if dependence.is_declared:
        return dependence.parts(rows, _MOST_PARTS, seed=seed)
    ids = data.folds.fold_ids[repeat][rows]
    known, place = np.unique(ids, return_inverse=True)
    if known.size > 1:
        return np.asarray(place, dtype=np.int64) % min(_MOST_PARTS, known.size)
    return dependence.parts(rows, _MOST_PARTS, seed=seed)


@dataclass(frozen=True, slots=True)
class _Made:
    """The columns that a step has made of a fold's rows."""

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
) -> _Made:
    """Fit a step on a fold's training rows, store it, apply it to all its rows."""
    transform = data.transform(step.name)
    # Not the fold fit's own seed: who makes the step must not matter.
    seed = derived_seed(f"{data.seed}-{name}")
    fitted, made = fit_step(
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
    return _Made(fitted, made, held_out)


def _telling(tell: Tell, name: str, make: Callable[[], _T]) -> _T:
    """Return what `make` returns; name the transform at work while it runs."""
    tell(name)
    try:
        return make()
    finally:
        tell("")


def _write(folder: Path, make: Callable[[], _Made]) -> None:
    """Write what a step makes into a folder, unless another process has done so."""
    with _alone(folder):
        if folder.exists():
            return
        made = make()
        with writing_explained(folder), replacing_folder(folder) as temporary:
            write_frame(made.train, temporary / "train.arrow")
            write_frame(made.held_out, temporary / "held_out.arrow")
            columns = made.step.made
            record = {
                "scope": made.step.scope,
                "dropped": made.step.dropped,
                "made": [[c.name, c.holds, c.source, c.n_levels] for c in columns],
            }
            (temporary / "step.json").write_text(json.dumps(record), encoding="utf-8")


def _after(table: FoldTable, folder: Path) -> FoldTable:
    record: Any = json.loads((folder / "step.json").read_text(encoding="utf-8"))
    columns = tuple(
        TableColumn(name, holds, source, "made", n_levels)
        for name, holds, source, n_levels in record["made"]
    )
    step = FittedStep("", tuple(record["scope"]), tuple(record["dropped"]), (), columns)
    made = _Made(
        step,
        read_frame(folder / "train.arrow"),
        read_frame(folder / "held_out.arrow"),
    )
    return made.after(table)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait while another process makes the same; its lock goes with it if it dies."""
    lock = None
    with suppress(ImportError, OSError):  # no such locks here: both make it
        import fcntl

        lock = folder.with_name(f".{folder.name}.lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if lock is not None:
            lock.close()
