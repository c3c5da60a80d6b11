"""Permutation importance: the loss of score when a column is shuffled."""

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.analysis.effort import Effort
from headstart.analysis.inspection.probe import Probe
from headstart.analysis.performance.intervals import Score, score_difference
from headstart.base import FloatArray
from headstart.facts import Importance
from headstart.scoring import adjust_p_values

__all__ = ["Parts", "measure_importance"]

Parts = dict[str, tuple[str, ...]]
"""The features in the canonical table of each of the user's columns."""

_MOST_REPEATS = 5


def measure_importance(
    probe: Probe, parts: Parts, score: Score, effort: Effort, *, seed: int
) -> tuple[list[Importance], bool]:
    """Return the permutation importance of columns by the fold models.

    All features of a column are shuffled together within the sample. Correlated columns
    share their importance.

    Parameters
    ----------
    probe : Probe
    parts : mapping of str to tuple of str
        Features of each column.
    score : Score
        Score of the sample's rows.
    effort : Effort
        Budget of predictions.
    seed : int

    Returns
    -------
    importance : list of Importance
        Most important first. The interval includes the variance of the rows and of the
        shuffles; p-values are adjusted for the number of columns.
    is_whole : bool
        Whether every column was measured.
    """
    drops: dict[str, list[float]] = {}
    errors: dict[str, float | None] = {}
    random = np.random.default_rng(seed)
    columns = list(parts)
    for repeat in range(_MOST_REPEATS):
        # An incomplete repeat would favour the first columns.
        if repeat and effort.remaining < probe.cost * len(columns):
            break
        remaining = columns
        while remaining:
            n = min(probe.at_once, probe.affordable(effort))
            if n == 0:
                break
            batch, remaining = remaining[:n], remaining[n:]
            tables = [
                shuffled(probe.table, parts[c], random.permutation(probe.rows.size))
                for c in batch
            ]
            for column, changed in zip(
                batch, probe.predict(tables, effort), strict=True
            ):
                drop, error = score_difference(
                    score, probe.outputs, changed, with_error=repeat == 0
                )
                drops.setdefault(column, []).append(drop)
                if repeat == 0:
                    errors[column] = error
    importance = _with_adjusted_p_values(
        [_summed(c, np.array(values), errors[c], score) for c, values in drops.items()]
    )
    importance.sort(key=lambda entry: -entry.mean)
    return importance, len(importance) == len(columns)


def shuffled(
    table: pl.DataFrame, names: tuple[str, ...], order: NDArray[np.int64]
) -> pl.DataFrame:
    """Return the table with the rows of some columns in another order.

    Parameters
    ----------
    table : DataFrame
    names : tuple of str
        Columns to shuffle.
    order : ndarray of int
        New order of the rows.
    """
    columns = (table.get_column(name, default=None) for name in names)
    return table.with_columns(c.gather(order) for c in columns if c is not None)


def _summed(
    column: str, drops: FloatArray, error: float | None, score: Score
) -> Importance:
    mean, n_repeats = float(drops.mean()), int(drops.size)
    if error is None:
        return Importance(column, mean, None, None, n_repeats)
    chance = float(drops.var(ddof=1)) / n_repeats if n_repeats > 1 else 0.0
    standard_error = float(np.sqrt(error**2 + chance))
    reach = score.errors_of_interval * standard_error
    p_value = score.chance_of(mean, standard_error)
    return Importance(column, mean, mean - reach, mean + reach, n_repeats, p_value)


def _with_adjusted_p_values(importance: list[Importance]) -> list[Importance]:
    p_values = [np.nan if i.p_value is None else i.p_value for i in importance]
    adjusted = adjust_p_values(p_values)
    return [
        replace(entry, p_value=None if np.isnan(p) else float(p))
        for entry, p in zip(importance, adjusted, strict=True)
    ]
