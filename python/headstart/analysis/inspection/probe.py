"""Predictions by the fold models for changed rows.

Each row is predicted by the models of the fold in which it was out of fold: no model is
inspected on rows that it was trained on.
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

# Rows of the sample: with a budget in predictions, and the range with one in seconds.
_ROWS_COUNTED = 1_000
_ROWS_TIMED = (600, 5_000)
_ROWS_PER_SECOND = 20.0
# Loading a model takes as long as a few predictions of few rows.
_LOAD_UNITS = 2.0
# Rows of one predict call: several changed copies of a smaller sample are joined.
_ROWS_AT_ONCE = 5_000
_MANY = 1_000_000
# Limit of the stored bytes of models in memory.
_MOST_BYTES = 400_000_000
# Share of the budget for measuring the time of a prediction,
_SHARE_FOR_PACE = 0.2
# and for one pass over all columns.
_SHARE_FOR_FOLDS = 0.6


@dataclass
class Probe:
    """A sample of rows with the fold models that were not trained on them.

    Parameters
    ----------
    models : tuple of BaggedEnsemble
        One per fold.
    spans : tuple of slice
        The sample's rows of each fold.
    rows : ndarray of int64 of shape (n_sample,)
        Indices of the sample in the training table.
    table : DataFrame
        The rows of the sample.
    outputs : ndarray of shape (n_sample, n_outputs)
        Predictions of the unchanged rows.
    units : float
        Cost of one pass over the fold models, in predictions by one fold model.
    effort : Effort
        Budget from which predictions are subtracted.
    seconds : float
        Seconds of one pass in the last call.
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
        """Changed samples per call: with few rows, the call itself dominates."""
        most = max((span.stop - span.start for span in self.spans), default=1)
        return max(1, _ROWS_AT_ONCE // max(1, most))

    def affordable(self, effort: Effort) -> int:
        """Return how many further passes over the fold models the effort allows."""
        return int(min(effort.remaining / self.cost, _MANY)) if self.cost else _MANY

    def predict(
        self, tables: Sequence[pl.DataFrame], effort: Effort
    ) -> list[FloatArray]:
        """Return the predictions of changed samples, one array per table.

        Parameters
        ----------
        tables : sequence of DataFrame
            Changed copies of the probe's `table`, with the same rows.
        effort : Effort
            Budget from which it is subtracted, in addition to the probe's own.
        """
        units = self.units * len(tables)
        effort.spend(units)
        if effort is not self.effort:
            self.effort.spend(units)
        started = time.monotonic()
        predictions: list[FloatArray] = []
        for start in range(0, len(tables), self.at_once):
            batch = tables[start : start + self.at_once]
            by_fold = [
                model.predict(pl.concat([table[span] for table in batch]))
                for model, span in zip(self.models, self.spans, strict=True)
            ]
            split = [np.split(outputs, len(batch)) for outputs in by_fold]
            predictions += [np.concatenate(parts) for parts in zip(*split, strict=True)]
        self.seconds = (time.monotonic() - started) / max(1, len(tables))
        return predictions

    def predict_by_fold_of(self, place: int, table: pl.DataFrame) -> FloatArray:
        """Return predictions of rows by the models of one sample row's fold."""
        fold = next(i for i, span in enumerate(self.spans) if place < span.stop)
        return self.models[fold].predict(table)


def open_probe(record: RunRecord, effort: Effort, n_columns: int) -> Probe | None:
    """Return a probe of as many folds and rows as allow to measure every column.

    Parameters
    ----------
    record : RunRecord
    effort : Effort
        Budget of predictions.
    n_columns : int
        Number of columns that will be measured.

    Returns
    -------
    Probe or None
        None where the budget does not suffice to load the models of one fold.
    """
    folds = _folds_of(record)
    if not folds or effort.remaining <= 0:
        return None
    validation_rows = [record.run.data.folds.validation(*unit) for unit in folds]
    drawn = _drawn(
        np.unique(np.concatenate(validation_rows)), _most_rows(record), record.run.seed
    )
    ensembles, by_fold = [], []
    for unit, rows_of_fold in zip(folds, validation_rows, strict=True):
        # With repeats, a row belongs to several folds: the first one predicts it.
        is_here = np.isin(drawn, rows_of_fold)
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
        budget = _SHARE_FOR_FOLDS * effort.remaining
        n_folds = int(budget / (load + ask * (1 + n_columns)))
        n_folds = max(1, min(n_folds, len(ensembles), most_folds))
        effort.spend(n_folds * (_LOAD_UNITS + 1) * n_models)
        for _ in range(n_folds):
            opened.add()
    else:
        end = time.monotonic() + _SHARE_FOR_FOLDS * effort.remaining
        opened.add()
        load, ask = opened.pace(n_columns, effort)
        for n_folds in range(2, min(len(ensembles), most_folds) + 1):
            remaining = end - time.monotonic()
            if remaining < load + n_folds * ask * (1 + n_columns):
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
    """The first folds, loaded one after another, with predictions of their rows."""

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
        """Load the next fold, predict its rows, and return the seconds this took."""
        began = time.monotonic()
        place = len(self.outputs)
        self._ensembles[place].load()
        rows = self._table[self._rows[place]]
        self.outputs.append(self._ensembles[place].predict(rows))
        return time.monotonic() - began

    def pace(self, n_columns: int, effort: Effort) -> tuple[float, float]:
        """Return measured seconds to load one more fold, and of one pass over a fold.

        The first fold includes the time of imports. With few rows the call itself
        dominates, so that many samples in one call are cheaper.
        """
        rows = self._table[self._rows[0]]
        most = min(n_columns, _ROWS_AT_ONCE // max(1, rows.height))
        began = time.monotonic()
        end = began + _SHARE_FOR_PACE * effort.remaining
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
    """Return the folds for which every member of the ensemble has a model."""
    folds_of = record.fold_models
    units = [
        {folds_of[fit.model] for fit in member.fits} for member in record.bag.members
    ]
    common = set.intersection(*units) if units else set()
    folds, chosen = record.run.data.folds, record.result.choice.rows
    return [
        unit
        for unit in folds.units[: folds.n_complete]
        if unit in common and chosen[folds.validation(*unit)].all()
    ]


def _with_models(bag: BaggedEnsemble, names: Collection[str]) -> BaggedEnsemble:
    """Return the ensemble restricted to some of its fold models."""
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
    return int(min(most, max(least, _ROWS_PER_SECOND * limit)))


def _drawn(rows: IntArray, most: int, seed: int) -> IntArray:
    if rows.size <= most:
        return np.sort(rows)
    drawn: IntArray = np.random.default_rng(seed).permutation(rows)[:most]
    return np.sort(drawn)


def _folds_in_memory(record: RunRecord, n_folds: int) -> int:
    """Return the number of folds whose models fit into the memory limit."""
    by_number = {t.number: t for t in record.result.trials}
    units = record.run.data.folds.units[: record.run.data.folds.n_complete]
    n_bytes = sum(
        outcome.n_bytes
        for number in record.result.choice.weights
        for unit, outcome in by_number[number].outcomes.items()
        if unit in units
    )
    return max(1, int(_MOST_BYTES / max(1.0, n_bytes / n_folds)))
