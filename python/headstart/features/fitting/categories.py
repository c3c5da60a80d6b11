"""The fit of features of categories and groups to training rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray
from headstart.features.columns.reader import Reader
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.categories import STATISTICS, key_of, value_key
from headstart.features.operators.state import State

__all__ = ["learn_category", "learn_statistics"]

_GROUP_KNOTS = 32


def learn_statistics(
    candidates: Sequence[Candidate], reader: Reader, *, n_threads: int
) -> list[State]:
    """Return the fitted tables of the operators in `STATISTICS`."""
    keys = list(dict.fromkeys(key_of(c) for c in candidates))
    names = list(dict.fromkeys(c.columns[0] for c in candidates))
    jobs = [
        (keys.index(key_of(c)), names.index(c.columns[0]), STATISTICS[c.operator])
        for c in candidates
    ]
    tables = _core.group_statistics(
        [reader.category(key) for key in keys],
        [reader.numbers(name) for name in names],
        jobs,
        n_threads,
    )
    # Rows of rare levels, which are coded as unseen, do not represent unseen levels.
    return [State(_unseen(table, np.nan)) for table in tables]


def learn_category(candidate: Candidate, reader: Reader) -> State:
    """Return the fitted state of a category feature that is not in `STATISTICS`."""
    key = key_of(candidate)
    codes, n_codes = reader.category(key)
    match candidate.operator:
        case "frequency":
            counts = np.bincount(codes, minlength=n_codes)
            return State(_unseen(counts / max(1, len(codes)), 0.0))
        case "count_rank":
            counts = np.bincount(codes, minlength=n_codes)
            order = np.sort(counts[:-1])
            ranks = 1.0 + len(order) - np.searchsorted(order, counts, side="right")
            ranks[counts == 0] = np.nan
            return State(_unseen(ranks, np.nan))
        case "group_rank":
            values = reader.numbers(candidate.columns[0])
            starts, knots = _core.group_knots((codes, n_codes), values, _GROUP_KNOTS)
            end = starts[-2]
            return State(knots[:end].copy(), (*starts[:-1], end))
        case "group_distinct":
            levels, n_levels = reader.category(value_key(candidate))
            # Missing and unseen levels are the last two codes.
            n_distinct = _core.group_distinct((codes, n_codes), levels, n_levels - 2)
            return State(_unseen(n_distinct, np.nan))
        case _:
            return State()


def _unseen(table: NDArray[Any], value: float) -> FloatArray:
    result = np.array(table, dtype=np.float64)
    result[-1] = value
    return result
