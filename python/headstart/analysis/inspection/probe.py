"""Questions to the fold models: what they would say of rows that are changed.

Each row is asked of the models of the fold that held it out: nothing here was trained
on the rows it is judged by.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from headstart.analysis.effort import Effort
from headstart.base import FloatArray, IntArray
from headstart.ensemble import BaggedEnsemble
from headstart.search.record import RunRecord

__all__ = ["Probe", "open_probe"]

# Rows that are asked about, by how much may be spent.
_ROWS_COUNTED = 1_000
_ROWS_TIMED = (600, 5_000)
_ROWS_A_SECOND = 20.0
# Loading a model takes as long as a few predictions of few rows.
_LOAD_UNITS = 2.0
# Rows that are asked about in one call, where a sample has fewer.
_ROWS_AT_ONCE = 5_000
_MANY = 1_000_000
# Bytes of stored models that may be held at once.
_MOST_BYTES = 400_000_000
# Of what is left, what finding out the cost of asking may take,
_SHARE_FOR_PACE = 0.2
# and what asking once for every column may.
_SHARE_FOR_FOLDS = 0.6


@dataclass
class Probe:
    """A sample of rows with the models that have not seen them.

    Parameters
    ----------
    models : tuple of BaggedEnsemble
        One a fold.
    spans : tuple of slice
        The sample's rows of each fold.
    rows : ndarray of int64 of shape (n_sample,)
        Their places in the training table.
    table : DataFrame
        These rows.
    outputs : ndarray of shape (n_sample, n_outputs)
        What the models say of them as they are.
    units : float
        What asking once costs, in predictions of a fold model.
    effort : Effort
        What asking is booked on.
    seconds : float
        What asking once took, of the last call.
    """

    models: tuple[BaggedEnsemble, ...]
    spans: tuple[slice, ...]
    rows: IntArray
    table: pl.DataFrame
    outputs: FloatArray
    units: float
    effort: Effort
    seconds: float

    @property
    def cost(self) -> float:
        """Cost of one pass over the fold models, in units or, with a limit, seconds."""
        return self.units if self.effort.is_counted else self.seconds

    @property
    def at_once(self) -> int:
        """Changed samples that one call takes: few rows cost little but the call."""
        most = max((span.stop - span.start for span in self.spans), default=1)
        return max(1, _ROWS_AT_ONCE // max(1, most))

    def affordable(self, effort: Effort) -> int:
        """Return how many further passes over the fold models the effort allows."""
        return int(min(effort.left / self.cost, _MANY)) if self.cost else _MANY

    def ask(self, tables: Sequence[pl.DataFrame], effort: Effort) -> list[FloatArray]:
        """Return what the models say of the sample, changed to each of `tables`.

        Parameters
        ----------
        tables : sequence of DataFrame
            As `table` of the probe, row for row.
        effort : Effort
            What it is booked on, besides the probe's own.
        """
        units = self.units * len(tables)
        effort.spend(units)
        if effort is not self.effort:
            self.effort.spend(units)
        began = time.monotonic()
        found: list[FloatArray] = []
        for start in range(0, len(tables), self.at_once):
            some = tables[start : start + self.at_once]
            by_fold = [
                model.predict(pl.concat([table[span] for table in some]))
                for model, span in zip(self.models, self.spans, strict=True)
            ]
            split = [np.split(outputs, len(some)) for outputs in by_fold]
            found += [np.concatenate(parts) for parts in zip(*split, strict=True)]
        self.seconds = (time.monotonic() - began) / max(1, len(tables))
        return found

    def ask_one(self, place: int, table: pl.DataFrame) -> FloatArray:
        """Return what the models of one row's fold say of any rows."""
        fold = next(i for i, span in enumerate(self.spans) if place < span.stop)
        return self.models[fold].predict(table)


def open_probe(record: RunRecord, effort: Effort, n_columns: int) -> Probe | None:
    """Choose folds and rows so that every column can be asked about, if possible.

    Parameters
    ----------
    record : RunRecord
    effort : Effort
    n_columns : int
        Columns that will be asked about.

    Returns
    -------
    Probe or None
        None where there is not enough left even to load the models of one fold.
    """
    folds = _folds_of(record)
    if not folds or effort.left <= 0:
        return None
    held = [record.run.data.folds.validation(*unit) for unit in folds]
    drawn = _drawn(np.unique(np.concatenate(held)), _most_rows(record), record.run.seed)
    ensembles, by_fold = [], []
    for unit, held_out in zip(folds, held, strict=True):
        # A row that several splits hold out is asked of the first of them.
        is_here = np.isin(drawn, held_out)
        if is_here.any():
            names = {name for name, of in record.fold_models.items() if of == unit}
            ensembles.append(_with_models(record.bag, names))
            by_fold.append(drawn[is_here])
            drawn = drawn[~is_here]
    n_models = len(ensembles[0].members)
    most_folds = _folds_in_memory(record, len(ensembles))
    opened = _Opened(ensembles, by_fold, record.table)
    if effort.is_counted:
        ask, load = float(n_models), _LOAD_UNITS * n_models
        budget = _SHARE_FOR_FOLDS * effort.left
        n_folds = int(budget / (load + ask * (1 + n_columns)))
        n_folds = max(1, min(n_folds, len(ensembles), most_folds))
        effort.spend(n_folds * (_LOAD_UNITS + 1) * n_models)
        for _ in range(n_folds):
            opened.add()
    else:
        end = time.monotonic() + _SHARE_FOR_FOLDS * effort.left
        opened.add()
        load, ask = opened.pace(n_columns, effort)
        for n_folds in range(2, min(len(ensembles), most_folds) + 1):
            left = end - time.monotonic()
            if left < load + n_folds * ask * (1 + n_columns):
                break
            load = opened.add()
    ends = np.cumsum([o.shape[0] for o in opened.outputs])
    spans = tuple(
        slice(int(end - o.shape[0]), int(end))
        for end, o in zip(ends, opened.outputs, strict=True)
    )
    n_folds = len(opened.outputs)
    rows = np.concatenate(by_fold[:n_folds])
    return Probe(
        tuple(ensembles[:n_folds]),
        spans,
        rows,
        record.table[rows],
        np.concatenate(opened.outputs),
        float(n_models * n_folds),
        effort,
        ask * n_folds,
    )


class _Opened:
    """The first folds, loaded and asked about their rows, one after another."""

    def __init__(
        self,
        ensembles: Sequence[BaggedEnsemble],
        rows: Sequence[IntArray],
        table: pl.DataFrame,
    ) -> None:
        self._ensembles = ensembles
        self._rows = rows
        self._table = table
        self.outputs: list[FloatArray] = []

    def add(self) -> float:
        """Load and ask the next fold; return the seconds it took."""
        began = time.monotonic()
        place = len(self.outputs)
        self._ensembles[place].load()
        rows = self._table[self._rows[place]]
        self.outputs.append(self._ensembles[place].predict(rows))
        return time.monotonic() - began

    def pace(self, n_columns: int, effort: Effort) -> tuple[float, float]:
        """Measure seconds to load one more fold, and to ask one once.

        What the first fold took says little, as it pays for imports; and of few rows
        most is the call, so that many questions in one cost less.
        """
        rows = self._table[self._rows[0]]
        most = min(n_columns, _ROWS_AT_ONCE // max(1, rows.height))
        began = time.monotonic()
        end = began + _SHARE_FOR_PACE * effort.left
        self._ensembles[0].predict(rows)
        alone = ask = time.monotonic() - began
        times = 4
        while times <= most and time.monotonic() + ask * times < end:
            began = time.monotonic()
            self._ensembles[0].predict(pl.concat([rows] * times))
            ask = (time.monotonic() - began) / times
            times *= 4
        return (_LOAD_UNITS + 1) * alone, ask


def _folds_of(record: RunRecord) -> list[tuple[int, int]]:
    """Return the folds of a complete trial that every member has a model of."""
    folds_of = record.fold_models
    units = [
        {folds_of[fit.model] for fit in member.fits} for member in record.bag.members
    ]
    known = set.intersection(*units) if units else set()
    folds, chosen = record.run.data.folds, record.result.choice.rows
    return [
        unit
        for unit in folds.units[: folds.n_complete]
        if unit in known and chosen[folds.validation(*unit)].all()
    ]


def _with_models(bag: BaggedEnsemble, names: Collection[str]) -> BaggedEnsemble:
    """Return the ensemble with some of its fold models only."""
    return bag.with_members(
        [
            replace(m, fits=tuple(fit for fit in m.fits if fit.model in names))
            for m in bag.members
        ]
    )


def _most_rows(record: RunRecord) -> int:
    limit = record.run.clock.limit
    if limit is None:
        return _ROWS_COUNTED
    least, most = _ROWS_TIMED
    return int(min(most, max(least, _ROWS_A_SECOND * limit)))


def _drawn(rows: IntArray, most: int, seed: int) -> IntArray:
    if rows.size <= most:
        return np.sort(rows)
    drawn: IntArray = np.random.default_rng(seed).permutation(rows)[:most]
    return np.sort(drawn)


def _folds_in_memory(record: RunRecord, n_folds: int) -> int:
    """Return of how many folds the models may be held at once."""
    by_number = {t.number: t for t in record.result.trials}
    units = record.run.data.folds.units[: record.run.data.folds.n_complete]
    n_bytes = sum(
        outcome.n_bytes
        for number in record.result.choice.weights
        for unit, outcome in by_number[number].outcomes.items()
        if unit in units
    )
    return max(1, int(_MOST_BYTES / max(1.0, n_bytes / n_folds)))
