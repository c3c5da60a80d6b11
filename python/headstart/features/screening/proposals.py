"""The candidates of a table, as descriptors for the core."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from headstart.features.operators.candidate import Candidate
from headstart.features.operators.catalogue import OPERATORS
from headstart.features.screening.table import ScreenedTable

__all__ = ["ALL_PAIRS_UP_TO", "PRIOR_ROWS", "candidate_of", "propose"]

Descriptors = NDArray[np.int32]

PRIOR_ROWS = 20
"""Number of rows with the overall mean that are mixed into a target mean."""
ALL_PAIRS_UP_TO = 150
"""Largest number of numeric columns of which all pairs are screened."""

_SYMMETRIC = ("add", "multiply", "minimum", "maximum", "absolute_difference")
_GROUPED = (
    "group_mean",
    "group_std",
    "group_min",
    "group_max",
    "minus_group_mean",
    "over_group_mean",
)
_MOST_COLUMNS = 3
_FEW_LEVELS = 3  # a group mean of two groups is the category itself
_CODED = 1 << 10  # levels above this are identifiers rather than groups


def propose(table: ScreenedTable, pairs: NDArray[np.int64] | None) -> Descriptors:
    """Return the descriptors of all candidates to screen.

    Features that trees represent anyway are excluded: monotone functions of one column,
    b / a beside a / b if neither changes sign, and comparisons of two columns.

    Parameters
    ----------
    table : ScreenedTable
    pairs : ndarray of shape (n_pairs, 2) or None
        Pairs of numeric columns to combine; None for all pairs.

    Returns
    -------
    ndarray of shape (n_candidates, 4), int32
        Code of the operator, then indices of columns, -1 for none. Sorted by the first
        column, because the core processes them in blocks.
    """
    facts = _Facts(table)
    groups = [*_of_one(facts), *_of_two(facts, pairs), *_of_categories(table)]
    if not groups:
        return np.empty((0, _MOST_COLUMNS + 1), dtype=np.int32)
    stacked = np.concatenate(groups)
    return np.ascontiguousarray(stacked[np.argsort(stacked[:, 1], kind="stable")])


def candidate_of(descriptor: NDArray[np.int32], names: tuple[str, ...]) -> Candidate:
    """Return the candidate of a descriptor."""
    operator = _BY_CODE[int(descriptor[0])]
    columns = tuple(names[c] for c in descriptor[1:] if c >= 0)
    options = {"smoothing": PRIOR_ROWS} if operator == "target_mean" else {}
    return Candidate(operator, columns, options)


_BY_CODE = {operator.code: name for name, operator in OPERATORS.items()}


class _Facts:
    """Statistics of the numeric columns for the exclusion of redundant candidates."""

    def __init__(self, table: ScreenedTable) -> None:
        with np.errstate(all="ignore"):
            low = np.fmin.reduce(table.numeric, axis=1, initial=np.inf)
            high = np.fmax.reduce(table.numeric, axis=1, initial=-np.inf)
        self.changes_sign = (low < 0) & (high > 0)
        self.has_sides = (low <= 0) & (high >= 0)  # a / b is not monotone in b / a
        self.is_whole = _each(_is_whole, table)
        self.spread = high - low
        self.is_many = _each(_has_many, table)


def _of_one(facts: _Facts) -> list[Descriptors]:
    signed = np.flatnonzero(facts.changes_sign & facts.is_many)
    digits = np.flatnonzero(facts.is_whole & (facts.spread > 20))
    return [
        _described("absolute", signed[:, np.newaxis]),
        _described("last_digit", digits[:, np.newaxis]),
    ]


def _of_two(facts: _Facts, pairs: NDArray[np.int64] | None) -> list[Descriptors]:
    usable = np.flatnonzero(facts.is_many)
    if pairs is None:
        pair_indices = np.stack(np.triu_indices(len(usable), 1), axis=1)
        pairs = usable[pair_indices]
    else:
        pairs = pairs[facts.is_many[pairs].all(axis=1)]
    a, b = pairs.T
    swapped = pairs[:, ::-1]
    has_sides = facts.has_sides[a] | facts.has_sides[b]
    return [
        *(_described(name, pairs) for name in ("subtract", "divide", *_SYMMETRIC)),
        _described("divide", swapped[has_sides]),
        _described("normalised_difference", pairs[has_sides]),
    ]


def _of_categories(table: ScreenedTable) -> list[Descriptors]:
    levels = table.n_levels.astype(np.int64)
    limit = min(_CODED, max(2, table.n_rows // 4))
    first = table.n_numeric
    is_key = (levels > _FEW_LEVELS) & (levels <= limit)
    keys = np.flatnonzero(is_key) + first
    all_keys = np.arange(len(levels)) + first
    crosses = np.stack(np.triu_indices(len(levels), 1), axis=1)
    if len(levels) > ALL_PAIRS_UP_TO:
        crosses = crosses[:0]
    numbers = np.arange(table.n_numeric)
    grouped = np.stack(np.meshgrid(numbers, keys, indexing="ij"), axis=-1)
    return [
        _described("frequency", keys[:, np.newaxis]),
        _described("target_mean", all_keys[levels > 8, np.newaxis]),
        _described("frequency", crosses + first),
        _described("target_mean", crosses + first),
        *(_described(name, grouped.reshape(-1, 2)) for name in _GROUPED),
    ]


def _described(name: str, columns: NDArray[np.int64]) -> Descriptors:
    descriptors = np.full((len(columns), _MOST_COLUMNS + 1), -1, dtype=np.int32)
    descriptors[:, 0] = OPERATORS[name].code
    descriptors[:, 1 : 1 + columns.shape[1]] = columns
    return descriptors


def _each(
    holds: Callable[[NDArray[np.float64]], bool], table: ScreenedTable
) -> NDArray[np.bool_]:
    return np.array([holds(column) for column in table.numeric], dtype=bool)


def _is_whole(column: NDArray[np.float64]) -> bool:
    present = column[~np.isnan(column)]
    return bool((present == np.trunc(present)).all())


def _has_many(column: NDArray[np.float64]) -> bool:
    """Return whether there are more than two distinct values."""
    finite = column[np.isfinite(column)]
    return len(finite) > 0 and bool(
        ((finite != finite.min()) & (finite != finite.max())).any()
    )
