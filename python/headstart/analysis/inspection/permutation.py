"""Permutation importance: what the metric loses when a column is shuffled."""

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
"""The columns of the canonical table that each column of the user's became."""

_MOST_REPEATS = 5


def measure_importance(
    probe: Probe, parts: Parts, score: Score, effort: Effort, *, seed: int
) -> tuple[list[Importance], bool]:
    """Shuffle one column after another, and ask the fold models again.

    A column takes the values of other rows of the sample, all that was made of it
    together. Columns that tell the same share their importance.

    Parameters
    ----------
    probe : Probe
    parts : mapping of str to tuple of str
    score : Score
        Of the sample's rows.
    effort : Effort
    seed : int

    Returns
    -------
    found : list of Importance
        Most important first. The interval counts both the draw of the rows and that of
        the shuffles; p-values are corrected for the number of columns.
    is_whole : bool
        Whether every column was asked about.
    """
    drops: dict[str, list[float]] = {}
    errors: dict[str, float | None] = {}
    random = np.random.default_rng(seed)
    columns = list(parts)
    for repeat in range(_MOST_REPEATS):
        # A turn that could not be finished would favour the first columns.
        if repeat and effort.left < probe.cost * len(columns):
            break
        waiting = columns
        while waiting:
            n = min(probe.at_once, probe.affordable(effort))
            if n == 0:
                break
            some, waiting = waiting[:n], waiting[n:]
            tables = [
                shuffled(probe.table, parts[c], random.permutation(probe.rows.size))
                for c in some
            ]
            for column, changed in zip(some, probe.ask(tables, effort), strict=True):
                drop, error = score_difference(
                    score, probe.outputs, changed, with_error=repeat == 0
                )
                drops.setdefault(column, []).append(drop)
                if repeat == 0:
                    errors[column] = error
    found = _with_adjusted_p_values(
        [_summed(c, np.array(values), errors[c], score) for c, values in drops.items()]
    )
    found.sort(key=lambda one: -one.mean)
    return found, len(found) == len(columns)


def shuffled(
    table: pl.DataFrame, names: tuple[str, ...], order: NDArray[np.int64]
) -> pl.DataFrame:
    """Return the table with some columns' rows in another order."""
    columns = (table.get_column(name, default=None) for name in names)
    return table.with_columns(c.gather(order) for c in columns if c is not None)


def _summed(
    column: str, drops: FloatArray, error: float | None, score: Score
) -> Importance:
    mean, n_repeats = float(drops.mean()), int(drops.size)
    if error is None:
        return Importance(column, mean, None, None, n_repeats)
    chance = float(drops.var(ddof=1)) / n_repeats if n_repeats > 1 else 0.0
    whole = float(np.sqrt(error**2 + chance))
    reach = score.errors_of_interval * whole
    p_value = score.chance_of(mean, whole)
    return Importance(column, mean, mean - reach, mean + reach, n_repeats, p_value)


def _with_adjusted_p_values(found: list[Importance]) -> list[Importance]:
    p_values = [np.nan if one.p_value is None else one.p_value for one in found]
    adjusted = adjust_p_values(p_values)
    return [
        replace(one, p_value=None if np.isnan(p) else float(p))
        for one, p in zip(found, adjusted, strict=True)
    ]
