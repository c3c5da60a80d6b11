"""Values of features of categories and groups."""

import numpy as np
import polars as pl

from headstart import _core
from headstart.base import FloatArray
from headstart.features.columns.coding import Key
from headstart.features.columns.reader import Reader
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.state import State

__all__ = ["STATISTICS", "key_of", "make_category", "value_key"]

STATISTICS = {
    "group_mean": "mean",
    "group_std": "std",
    "group_min": "min",
    "group_max": "max",
    "group_median": "median",
    "minus_group_mean": "mean",
    "over_group_mean": "mean",
}
"""Statistic of each operator that needs one number per group."""


def key_of(candidate: Candidate) -> Key:
    """Return the category by which a feature groups rows."""
    return candidate.key_columns, int(candidate.options["n_bins"])


def value_key(candidate: Candidate) -> Key:
    """Return the category whose levels `group_distinct` counts."""
    return candidate.value_columns, int(candidate.options["n_bins"])


def make_category(
    candidate: Candidate, state: State, reader: Reader, *, n_threads: int
) -> FloatArray | pl.Series:
    """Return the values of a category feature."""
    key = key_of(candidate)
    codes = reader.codes(key)
    match candidate.operator:
        case "cross":
            words = reader.coding.cross_words(key)
            # Codes beyond the last category become missing.
            categories = pl.Series([*words, None], dtype=pl.Enum(words))
            return categories.gather(pl.Series(codes))
        case "group_rank":
            values = reader.numbers(candidate.columns[0])
            starts = list(state.starts)
            return _core.group_positions(
                codes, values, starts, state.numbers, n_threads
            )
        case "minus_group_mean" | "over_group_mean":
            values, means = reader.numbers(candidate.columns[0]), state.numbers[codes]
            with np.errstate(all="ignore"):
                is_difference = candidate.operator == "minus_group_mean"
                result = values - means if is_difference else values / means
            result[~np.isfinite(result)] = np.nan
            return result
        case _:
            return state.numbers[codes]
