"""Questions to the fold models: what they would say of rows that are changed.

Each row is asked of the models of the fold that held it out: nothing here was trained
on the rows it is judged by.
"""

import time
from collections.abc import Sequence
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
# Of what is left, what asking once for every column may take.
_SHARE_FOR_FOLDS = 0.6


@dataclass(frozen=True)
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
        """What asking once costs: units where work counts, else seconds."""
        return self.units if self.effort.is_counted else self.seconds

    @property
    def at_once(self) -> int:
        """Changed samples that one call takes: few rows cost little but the call."""
        return max(1, _ROWS_AT_ONCE // max(1, self.rows.size))

    def affordable(self, effort: Effort) -> int:
        """How many more times there is enough left to ask."""
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
        found: list[FloatArray] = []
        for start in range(0, len(tables), self.at_once):
            some = tables[start : start + self.at_once]
            by_fold = [
                model.predict(pl.concat([table[span] for table in some]))
                for model, span in zip(self.models, self.spans, strict=True)
            ]
            split = [np.split(outputs, len(some)) for outputs in by_fold]
            found += [np.concatenate(parts) for parts in zip(*split, strict=True)]
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
    ensembles = [_of_fold(record.bag, fold) for fold in folds]
    n_models = len(ensembles[0].members)
    most_rows = _most_rows(record)
    covered = np.concatenate([record.data.folds.validation(0, f) for f in folds])
    rows = _drawn(covered, most_rows, record.seed)
    by_fold = [rows[np.isin(rows, record.data.folds.validation(0, f))] for f in folds]
    # The first fold tells what the others cost.
    began = time.monotonic()
    ensembles[0].load()
    loaded = time.monotonic()
    first = ensembles[0].predict(record.table[by_fold[0]])
    asked = time.monotonic()
    if effort.is_counted:
        load, ask = _LOAD_UNITS * n_models, float(n_models)
    else:
        load, ask = loaded - began, asked - loaded
    budget = _SHARE_FOR_FOLDS * effort.left
    n_folds = int(budget / max(1e-9, load + ask * (1 + n_columns)))
    n_folds = max(1, min(n_folds, len(folds), _folds_in_memory(record, len(folds))))
    effort.spend(n_folds * (_LOAD_UNITS + 1) * n_models)
    chosen, places, outputs, seconds = [ensembles[0]], [by_fold[0]], [first], [ask]
    for fold in range(1, n_folds):
        if not effort.is_counted and effort.left < load + ask:
            break
        began = time.monotonic()
        ensembles[fold].load()
        loaded = time.monotonic()
        outputs.append(ensembles[fold].predict(record.table[by_fold[fold]]))
        seconds.append(time.monotonic() - loaded)
        chosen.append(ensembles[fold])
        places.append(by_fold[fold])
    ends = np.cumsum([p.size for p in places])
    spans = tuple(
        slice(int(e - p.size), int(e)) for e, p in zip(ends, places, strict=True)
    )
    rows = np.concatenate(places)
    return Probe(
        tuple(chosen),
        spans,
        rows,
        record.table[rows],
        np.concatenate(outputs),
        float(n_models * len(chosen)),
        effort,
        float(sum(seconds)),
    )


def _folds_of(record: RunRecord) -> list[int]:
    """Return the folds of the first repeat that every member has a model of."""
    units = [{_unit(fit.model) for fit in m.fits} for m in record.bag.members]
    known = set.intersection(*units) if units else set()
    n_folds = record.data.folds.n_folds
    chosen = record.result.choice.rows
    return [
        fold
        for fold in range(n_folds)
        if (0, fold) in known and chosen[record.data.folds.validation(0, fold)].all()
    ]


def _of_fold(bag: BaggedEnsemble, fold: int) -> BaggedEnsemble:
    """Return the ensemble of the models of one fold."""
    members = tuple(
        replace(m, fits=tuple(f for f in m.fits if _unit(f.model) == (0, fold)))
        for m in bag.members
    )
    return BaggedEnsemble(bag.task, members, bag.learners, bag.store, bag.transforms)


def _unit(model: str) -> tuple[int, int]:
    """Read repeat and fold off the name of a fold fit."""
    _, repeat, fold = model.split("-")
    return int(repeat), int(fold)


def _most_rows(record: RunRecord) -> int:
    limit = record.clock.limit
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
    n_bytes = sum(
        outcome.n_bytes
        for number in record.result.choice.weights
        for unit, outcome in by_number[number].outcomes.items()
        if unit[0] == 0
    )
    return max(1, int(_MOST_BYTES / max(1.0, n_bytes / n_folds)))
