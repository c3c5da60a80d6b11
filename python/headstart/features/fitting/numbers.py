"""The fit of features of numbers to training rows."""

import numpy as np
import polars as pl

from headstart.base import FloatArray
from headstart.features.columns.reader import Reader
from headstart.features.columns.reading import is_words, read_column
from headstart.features.fitting.levels import learn_bins, learn_levels
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.numbers import numbers_or_moments
from headstart.features.operators.state import State

__all__ = ["learn_numbers"]

_RANK_KNOTS = 1_024


def learn_numbers(candidate: Candidate, reader: Reader) -> State:
    """Return the fitted state of a feature of numbers."""
    name = candidate.columns[0]
    match candidate.operator:
        case "winsorised":
            present = _sorted_present(reader.numbers(name))
            if not len(present):
                return State()
            n_cut = int(float(candidate.options["share"]) * len(present))
            return State(np.array([present[n_cut], present[-1 - n_cut]]))
        case "rank":
            present = _sorted_present(reader.numbers(name))
            if len(present) > _RANK_KNOTS:
                indices = (
                    np.arange(_RANK_KNOTS) * (len(present) - 1) // (_RANK_KNOTS - 1)
                )
                present = present[indices]
            return State(present)
        case "quantile_bin":
            n_bins = int(candidate.options["n_bins"])
            return State(learn_bins(reader.numbers(name), n_bins).cuts)
        case "is_mode":
            return _learn_mode(name, reader)
        case _:
            return State()


def _sorted_present(values: FloatArray) -> FloatArray:
    present: FloatArray = np.sort(values[~np.isnan(values)])
    return present


def _learn_mode(name: str, reader: Reader) -> State:
    dtype = read_column(reader.frame, name).dtype
    if is_words(dtype) and dtype != pl.Null:
        [(levels, codes)] = learn_levels([reader.words(name)])
        n_levels = len(levels.values)
        if not n_levels:
            return State()
        counts = np.bincount(codes, minlength=n_levels + 1)[:n_levels]
        modes = levels.values.filter(pl.Series(counts == counts.max()))
        return State(np.ones(1), word=str(modes.min()))
    present = _sorted_present(numbers_or_moments(name, reader))
    if not len(present):
        return State()
    values, counts = np.unique(present, return_counts=True)
    return State(values[[counts.argmax()]])
