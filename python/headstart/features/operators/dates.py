"""Features of dates and times."""

import numpy as np
import polars as pl

from headstart.base import FloatArray
from headstart.features.columns.reader import Reader
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.state import State

__all__ = ["make_moments"]

_DAY = 86_400e6  # microseconds
_M = pl.col("m")
_HOUR = (
    _M.dt.hour().cast(pl.Float64)
    + _M.dt.minute().cast(pl.Float64) / 60
    + _M.dt.second().cast(pl.Float64) / 3600
)
_TURN = 2 * np.pi
_YEAR = (_M.dt.ordinal_day().cast(pl.Float64) - 1 + _HOUR / 24) / 365.25 * _TURN
_WEEK = (_M.dt.weekday().cast(pl.Float64) - 1 + _HOUR / 24) / 7 * _TURN
_TIME = _HOUR / 24 * _TURN

_PARTS: dict[str, pl.Expr] = {
    "year": _M.dt.year(),
    "quarter": _M.dt.quarter(),
    "month": _M.dt.month(),
    "week": _M.dt.week(),
    "day": _M.dt.day(),
    "weekday": _M.dt.weekday(),
    "hour": _HOUR,
    "is_weekend": _M.dt.weekday() >= 6,
    "is_month_end": _M.dt.date() == _M.dt.month_end().dt.date(),
    "year_sine": _YEAR.sin(),
    "year_cosine": _YEAR.cos(),
    "week_sine": _WEEK.sin(),
    "week_cosine": _WEEK.cos(),
    "day_sine": _TIME.sin(),
    "day_cosine": _TIME.cos(),
}


def make_moments(candidate: Candidate, state: State, reader: Reader) -> FloatArray:
    """Return a feature of one or two date columns; missing where a date is missing."""
    clock = reader.clock(candidate.columns[0], state.word)
    if candidate.operator == "days_between":
        second_clock = reader.clock(candidate.columns[1], state.word)
        values = (clock.to_physical() - second_clock.to_physical()) / _DAY
    elif candidate.operator == "elapsed":
        values = (clock.to_physical() - state.starts[0]) / _DAY
    else:
        part = _PARTS[candidate.operator].cast(pl.Float64)
        values = clock.to_frame("m").select(part.alias("p"))["p"]
    return np.ascontiguousarray(values.cast(pl.Float64).to_numpy(), dtype=np.float64)
