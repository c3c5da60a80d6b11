"""Weak slices: rows alike in one or two columns, on which the model does worse.

Every slice that was looked at counts as a test, so that the more are looked at, the
clearer one has to be [1]_.

References
----------
.. [1] Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", JRSS B
   57(1), 1995.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.analysis.inspection.scales import Scale
from headstart.base import FloatArray, IntArray
from headstart.facts import Slice
from headstart.scoring import adjust_p_values

__all__ = ["find_slices"]

_LEAST_ROWS = 25
_LEAST_SHARE = 0.02
_FEWEST_ROWS = 100
_BINS = 4
_MOST_LEVELS = 12
_COLUMNS_ALONE = 60
_COLUMNS_IN_PAIRS = 8
_MOST_SLICES = 5
_LEVEL = 0.05
# A slice must be this much worse than all rows, and than each half of its description.
_WORSE = 1.1
# Of a slice's rows, how many may be told of already.
_MOST_SHARED = 0.6
_NORMAL = 1.959963984540054
_LEAST_FREEDOM = 2


@dataclass(frozen=True)
class _Binned:
    codes: IntArray
    words: Sequence[str]


@dataclass(frozen=True)
class _Found:
    parts: tuple[tuple[str, int], ...]
    n_rows: int
    mean: float
    reach: float
    p_value: float


def find_slices(
    table: pl.DataFrame,
    losses: FloatArray,
    measure: str,
    ranked: Sequence[str],
    *,
    blocks: IntArray | None = None,
    scales: Mapping[str, Scale] | None = None,
) -> list[Slice]:
    """Return the slices on which rows are predicted clearly worse, clearest first.

    Parameters
    ----------
    table : DataFrame
        Canonical columns of the rows.
    losses : ndarray of shape (n_rows,)
        Loss of each row, lower is better.
    measure : str
        What their mean is, in words.
    ranked : sequence of str
        Columns, most important first: the first are looked at in pairs.
    blocks : ndarray of int64 of shape (n_rows,) or None
        Code of each row's block, from 0 on: rows of one block depend on each other,
        blocks do not. None where rows are independent.
    scales : mapping of str to Scale, optional
        How numbers of columns are read, by column; those of others are plain numbers.

    Returns
    -------
    list of Slice
        At most 5; none where there are fewer than 100 rows.
    """
    if losses.size < _FEWEST_ROWS or not losses.std() > 0:
        return []
    binned = {}
    for name in ranked[:_COLUMNS_ALONE]:
        found = _bin(table[name], (scales or {}).get(name, Scale(name)))
        if found is not None:
            binned[name] = found
    look = partial(_look, losses=losses, blocks=blocks)
    singles = [s for n, b in binned.items() for s in look((n,), [b])]
    paired = list(binned)[:_COLUMNS_IN_PAIRS]
    pairs = [
        s
        for one, other in combinations(paired, 2)
        for s in look((one, other), [binned[one], binned[other]])
    ]
    looked = [*singles, *pairs]
    if not looked:
        return []
    adjusted = adjust_p_values([s.p_value for s in looked])
    alone = {s.parts[0]: s.mean for s in singles}
    overall = float(losses.mean())
    weak = [
        (s, float(p))
        for s, p in zip(looked, adjusted, strict=True)
        if p <= _LEVEL
        and s.mean > _WORSE * overall
        and (len(s.parts) == 1 or _is_worse_than_parts(s, alone))
    ]
    weak.sort(key=lambda found: -(found[0].mean - overall) * found[0].n_rows ** 0.5)
    chosen: list[Slice] = []
    told = np.zeros(losses.size, dtype=bool)
    for one, p in weak:
        rows = _rows(one, binned)
        if told[rows].mean() > _MOST_SHARED:
            continue
        told |= rows
        chosen.append(
            Slice(
                " and ".join(binned[n].words[code] for n, code in one.parts),
                one.n_rows,
                measure,
                one.mean,
                overall,
                one.mean - one.reach,
                one.mean + one.reach,
                p,
            )
        )
        if len(chosen) == _MOST_SLICES:
            break
    return chosen


def _is_worse_than_parts(one: _Found, alone: Mapping[tuple[str, int], float]) -> bool:
    return all(one.mean > _WORSE * alone.get(part, 0.0) for part in one.parts)


def _look(
    names: tuple[str, ...],
    columns: Sequence[_Binned],
    losses: FloatArray,
    blocks: IntArray | None,
) -> list[_Found]:
    """Compare each cell's rows with all others, by Welch's statistic."""
    codes = columns[0].codes
    width = 1
    if len(columns) == 2:
        width = len(columns[1].words)
        codes = codes * width + columns[1].codes
    size = len(columns[0].words) * width
    counts = np.bincount(codes, minlength=size).astype(np.float64)
    sums = np.bincount(codes, weights=losses, minlength=size)
    n, total = losses.size, losses.sum()
    least = max(_LEAST_ROWS, _LEAST_SHARE * n)
    cells = np.flatnonzero((counts >= least) & (n - counts >= least))
    m = counts[cells]
    mean, rest = sums[cells] / m, (total - sums[cells]) / (n - m)
    if blocks is None:
        squares = np.bincount(codes, weights=losses**2, minlength=size)[cells]
        own = np.maximum(0.0, squares / m - mean**2) / (m - 1)
        others = (losses**2).sum() - squares
        others = np.maximum(0.0, others / (n - m) - rest**2) / (n - m - 1)
        error, own_error = np.sqrt(own + others), np.sqrt(own)
        freedom = np.full(cells.size, np.inf)
    else:
        error, own_error, freedom = _errors_by_block(codes, cells, losses, blocks)
    found = []
    for place, cell in enumerate(cells):
        # Of two blocks nothing can be said.
        if error[place] <= 0 or freedom[place] < _LEAST_FREEDOM:
            continue
        statistic = (mean[place] - rest[place]) / error[place]
        p_value, errors = _tail(statistic, freedom[place])
        parts = (
            ((names[0], int(cell)),)
            if width == 1
            else ((names[0], int(cell) // width), (names[1], int(cell) % width))
        )
        found.append(
            _Found(
                parts,
                int(m[place]),
                float(mean[place]),
                float(errors * own_error[place]),
                p_value,
            )
        )
    return found


def _errors_by_block(
    codes: IntArray, cells: IntArray, losses: FloatArray, blocks: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return standard errors where whole blocks are drawn, for each of `cells`.

    Returns
    -------
    error : ndarray of shape (n_cells,)
        Of the mean in the cell less the mean outside.
    own_error : ndarray of shape (n_cells,)
        Of the mean in the cell.
    freedom : ndarray of shape (n_cells,)
        Degrees of freedom: the blocks in the cell, or outside, less one.
    """
    n_blocks, size = int(blocks.max()) + 1, int(codes.max()) + 1
    both = codes * n_blocks + blocks
    shape = (size, n_blocks)
    inside = _counts(both, size * n_blocks).reshape(shape)[cells]
    sums = _sums(both, losses, size * n_blocks).reshape(shape)[cells]
    outside = _counts(blocks, n_blocks) - inside
    other_sums = _sums(blocks, losses, n_blocks) - sums
    own, n_own = _sums_of_deviations(inside, sums)
    others, n_others = _sums_of_deviations(outside, other_sums)
    # A block with rows on both sides counts with the difference.
    error = np.sqrt(((own - others) ** 2).sum(axis=1))
    freedom = np.minimum(n_own, n_others) - 1.0
    return error, np.sqrt((own**2).sum(axis=1)), freedom


def _counts(codes: IntArray, size: int) -> IntArray:
    return np.bincount(codes, minlength=size).astype(np.int64)


def _sums(codes: IntArray, losses: FloatArray, size: int) -> FloatArray:
    return np.bincount(codes, weights=losses, minlength=size).astype(np.float64)


def _sums_of_deviations(
    counts: IntArray, sums: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Return what each block adds to a cell's mean, and how many blocks it has."""
    n_rows = counts.sum(axis=1, keepdims=True)
    means = sums.sum(axis=1, keepdims=True) / n_rows
    n_blocks = (counts > 0).sum(axis=1, dtype=np.int64)
    # Deviations from a mean of few are too small.
    factor = np.sqrt(n_blocks / np.maximum(n_blocks - 1, 1))[:, np.newaxis]
    return factor * (sums - means * counts) / n_rows, n_blocks


def _tail(statistic: float, freedom: float) -> tuple[float, float]:
    """Return the chance of a larger statistic, and what 95 % lie within."""
    from scipy.special import ndtr, stdtr, stdtrit

    if np.isinf(freedom):
        return float(ndtr(-statistic)), _NORMAL
    return float(stdtr(freedom, -statistic)), float(stdtrit(freedom, 0.975))


def _rows(one: _Found, binned: dict[str, _Binned]) -> NDArray[np.bool_]:
    rows: NDArray[np.bool_] = np.logical_and.reduce(
        [binned[n].codes == c for n, c in one.parts]
    )
    return rows


def _bin(column: pl.Series, scale: Scale) -> _Binned | None:
    """Return codes of a column: levels, or bins of numbers; the last is for missing."""
    name = column.name
    if isinstance(column.dtype, pl.Enum):
        counts = column.drop_nulls().cast(pl.String).value_counts()
        counts = counts.sort(["count", name], descending=[True, False])
        levels = counts[name].head(_MOST_LEVELS).to_list()
        others = len(levels)
        place = {level: i for i, level in enumerate(levels)}
        text = column.cast(pl.String)
        codes = text.replace_strict(place, default=others, return_dtype=pl.Int64)
        codes = pl.select(
            pl.when(text.is_null()).then(others + 1).otherwise(codes)
        ).to_series()
        words = [f"{name} = {_short(level)}" for level in levels]
        words += [f"{name} is rare", f"{name} is missing"]
        return _Binned(codes.to_numpy().astype(np.int64), words)
    if column.dtype != pl.Float64:
        return None
    values = column.to_numpy().astype(np.float64)
    known = values[np.isfinite(values)]
    if known.size < 2:
        return None
    distinct, name = np.unique(known), scale.name
    if distinct.size <= _BINS:
        cuts = distinct[1:]
        words = [f"{name} = {text}" for text in scale.words(distinct.tolist())]
    else:
        levels_of = np.linspace(0, 1, _BINS + 1)[1:-1]
        cuts = np.unique(np.quantile(known, levels_of, method="nearest"))
        cuts = cuts[cuts > distinct[0]]
        if not cuts.size:
            cuts = distinct[1:2]
        texts = scale.words(cuts.tolist())
        words = [f"{name} < {texts[0]}"]
        words += [f"{a} <= {name} < {b}" for a, b in pairwise(texts)]
        words.append(f"{name} >= {texts[-1]}")
    codes_of = np.searchsorted(cuts, values, side="right").astype(np.int64)
    codes_of[~np.isfinite(values)] = len(words)
    return _Binned(codes_of, [*words, f"{name} is missing"])


def _short(level: str) -> str:
    return level if len(level) <= 40 else f"{level[:37]}..."
