"""Values of features of numbers."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from headstart import _core
from headstart.base import FloatArray
from headstart.features.columns.reader import Reader, shares_below
from headstart.features.columns.reading import is_number, is_words, read_column
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.state import State

__all__ = [
    "OPERATORS",
    "made_at_once",
    "make_at_once",
    "make_numbers",
    "numbers_or_moments",
]

OPERATORS = frozenset({"rank", "quantile_bin", "is_missing", "is_mode"})
"""Operators computed one by one. `made_at_once` is true for the others."""


def made_at_once(candidate: Candidate) -> bool:
    """Return whether the core computes the feature together with others."""
    kind = candidate.kind
    is_plain = kind.kind == "numeric" and kind.inputs in ("one", "two", "row")
    return is_plain and kind.name not in OPERATORS


def make_numbers(candidate: Candidate, state: State, reader: Reader) -> FloatArray:
    """Return the values of a feature of numbers."""
    name = candidate.columns[0]
    match candidate.operator:
        case "rank":
            return shares_below(reader.numbers(name), state.numbers)
        case "quantile_bin":
            values = reader.numbers(name)
            bins = np.searchsorted(state.numbers, values, side="right")
            return np.where(np.isnan(values), np.nan, bins.astype(np.float64))
        case "is_missing":
            series = read_column(reader.frame, name)
            if is_number(series.dtype):
                return np.isnan(reader.numbers(name)).astype(np.float64)
            return series.is_null().cast(pl.Float64).to_numpy()
        case _:
            return _make_mode(name, state, reader)


def make_at_once(
    candidates: Sequence[Candidate],
    states: Sequence[State],
    reader: Reader,
    *,
    n_threads: int,
) -> list[FloatArray]:
    """Return the values of features for which `made_at_once` is true."""
    names = list(dict.fromkeys(n for c in candidates for n in c.columns))
    indices = {name: index for index, name in enumerate(names)}
    columns = [reader.numbers(name) for name in names]
    jobs = []
    for candidate, state in zip(candidates, states, strict=True):
        constants = state.numbers.tolist()
        if candidate.operator == "winsorised" and not constants:
            constants = [np.nan, np.nan]  # No training value: nothing is clipped.
        if candidate.operator == "round_to":
            constants = [float(candidate.options["multiple"])]
        inputs = [indices[name] for name in candidate.columns]
        jobs.append((candidate.kind.code, inputs, constants))
    return _core.make_numeric(columns, jobs, n_threads)


def numbers_or_moments(name: str, reader: Reader) -> FloatArray:
    """Return a column as numbers; dates as microseconds."""
    if read_column(reader.frame, name).dtype.is_temporal():
        moments = reader.clock(name, "UTC").to_physical().cast(pl.Float64)
        return np.ascontiguousarray(moments.to_numpy(), dtype=np.float64)
    return reader.numbers(name)


def _make_mode(name: str, state: State, reader: Reader) -> FloatArray:
    series = read_column(reader.frame, name)
    if not len(state.numbers):
        return np.full(reader.n_rows, np.nan)
    if is_words(series.dtype) and series.dtype != pl.Null:
        is_mode = (reader.words(name) == state.word).cast(pl.Float64)
        return np.ascontiguousarray(is_mode.to_numpy(), dtype=np.float64)
    values = numbers_or_moments(name, reader)
    is_mode = (values == state.numbers[0]).astype(np.float64)
    return np.where(np.isnan(values), np.nan, is_mode)
