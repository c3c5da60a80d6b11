"""Weak slices: groups of rows, by one or two columns, with a higher loss.

P-values are adjusted for the number of tested slices [1]_.

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
from headstart.tables import OTHER_LEVEL

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
# Factor by which the loss of a slice must exceed that of all rows, and that of each of
# its conditions alone.
_WORSE = 1.1
# Largest share of a slice's rows that may belong to slices listed before.
_MOST_SHARED = 0.6
_NORMAL = 1.959963984540054
_LEAST_FREEDOM = 2


@dataclass(frozen=True)
class _Binned:
    codes: IntArray
    words: Sequence[str]


@dataclass(frozen=True)
class _Cell:
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
    """Return slices with a significantly higher loss, largest excess first.

    Parameters
    ----------
    table : DataFrame
        Canonical columns of the rows.
    losses : ndarray of shape (n_rows,)
        Loss of each row, lower is better.
    measure : str
        Name of their mean.
    ranked : sequence of str
        Columns, most important first: the first ones are also combined in pairs.
    blocks : ndarray of int64 of shape (n_rows,) or None
        Code of each row's block, from 0: rows of one block are dependent, blocks are
        independent. None where rows are independent.
    scales : mapping of str to Scale, optional
        Scales of columns whose numbers are booleans or dates.

    Returns
    -------
    list of Slice
        At most 5; empty with fewer than 100 rows.
    """
    if losses.size < _FEWEST_ROWS or not losses.std() > 0:
        return []
    binned = {}
    for name in ranked[:_COLUMNS_ALONE]:
        bins = _bin(table[name], (scales or {}).get(name, Scale(name)))
        if bins is not None:
            binned[name] = bins
    test = partial(_test_cells, losses=losses, blocks=blocks)
    singles = [s for n, b in binned.items() for s in test((n,), [b])]
    paired = list(binned)[:_COLUMNS_IN_PAIRS]
    pairs = [
        s
        for first, second in combinations(paired, 2)
        for s in test((first, second), [binned[first], binned[second]])
    ]
    tested = [*singles, *pairs]
    if not tested:
        return []
    adjusted = adjust_p_values([s.p_value for s in tested])
    alone = {s.parts[0]: s.mean for s in singles}
    overall = float(losses.mean())
    weak = [
        (s, float(p))
        for s, p in zip(tested, adjusted, strict=True)
        if p <= _LEVEL
        and s.mean > _WORSE * overall
        and (len(s.parts) == 1 or _is_worse_than_parts(s, alone))
    ]
    weak.sort(key=lambda pair: -(pair[0].mean - overall) * pair[0].n_rows ** 0.5)
    chosen: list[Slice] = []
    covered = np.zeros(losses.size, dtype=bool)
    for cell, p in weak:
        rows = _rows(cell, binned)
        if covered[rows].mean() > _MOST_SHARED:
            continue
        covered |= rows
        chosen.append(
            Slice(
                " and ".join(binned[n].words[code] for n, code in cell.parts),
                cell.n_rows,
                measure,
                cell.mean,
                overall,
                cell.mean - cell.reach,
                cell.mean + cell.reach,
                p,
            )
        )
        if len(chosen) == _MOST_SLICES:
            break
    return chosen


def _is_worse_than_parts(cell: _Cell, alone: Mapping[tuple[str, int], float]) -> bool:
    return all(cell.mean > _WORSE * alone.get(part, 0.0) for part in cell.parts)


def _test_cells(
    names: tuple[str, ...],
    columns: Sequence[_Binned],
    losses: FloatArray,
    blocks: IntArray | None,
) -> list[_Cell]:
    """Return Welch's test of each cell's rows against all other rows."""
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
    mean, other_mean = sums[cells] / m, (total - sums[cells]) / (n - m)
    if blocks is None:
        squares = np.bincount(codes, weights=losses**2, minlength=size)[cells]
        cell_variance = np.maximum(0.0, squares / m - mean**2) / (m - 1)
        other_variance = (losses**2).sum() - squares
        other_variance = np.maximum(0.0, other_variance / (n - m) - other_mean**2) / (
            n - m - 1
        )
        error, own_error = (
            np.sqrt(cell_variance + other_variance),
            np.sqrt(cell_variance),
        )
        freedom = np.full(cells.size, np.inf)
    else:
        error, own_error, freedom = _errors_by_block(codes, cells, losses, blocks)
    tests = []
    for place, cell in enumerate(cells):
        # Two blocks give no usable variance.
        if error[place] <= 0 or freedom[place] < _LEAST_FREEDOM:
            continue
        statistic = (mean[place] - other_mean[place]) / error[place]
        p_value, errors = _tail(statistic, freedom[place])
        parts = (
            ((names[0], int(cell)),)
            if width == 1
            else ((names[0], int(cell) // width), (names[1], int(cell) % width))
        )
        tests.append(
            _Cell(
                parts,
                int(m[place]),
                float(mean[place]),
                float(errors * own_error[place]),
                p_value,
            )
        )
    return tests


def _errors_by_block(
    codes: IntArray, cells: IntArray, losses: FloatArray, blocks: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return standard errors of each of `cells`, with blocks as units.

    Returns
    -------
    error : ndarray of shape (n_cells,)
        Standard error of the mean in the cell minus the mean outside.
    own_error : ndarray of shape (n_cells,)
        Standard error of the mean in the cell.
    freedom : ndarray of shape (n_cells,)
        Degrees of freedom: the blocks in the cell, or outside, less one.
    """
    n_blocks, size = int(blocks.max()) + 1, int(codes.max()) + 1
    cell_blocks = codes * n_blocks + blocks
    shape = (size, n_blocks)
    inside = _counts(cell_blocks, size * n_blocks).reshape(shape)[cells]
    sums = _sums(cell_blocks, losses, size * n_blocks).reshape(shape)[cells]
    outside = _counts(blocks, n_blocks) - inside
    other_sums = _sums(blocks, losses, n_blocks) - sums
    cell_deviations, n_own = _sums_of_deviations(inside, sums)
    other_deviations, n_others = _sums_of_deviations(outside, other_sums)
    # A block with rows on both sides contributes its difference.
    error = np.sqrt(((cell_deviations - other_deviations) ** 2).sum(axis=1))
    freedom = np.minimum(n_own, n_others) - 1.0
    return error, np.sqrt((cell_deviations**2).sum(axis=1)), freedom


def _counts(codes: IntArray, size: int) -> IntArray:
    return np.bincount(codes, minlength=size).astype(np.int64)


def _sums(codes: IntArray, losses: FloatArray, size: int) -> FloatArray:
    return np.bincount(codes, weights=losses, minlength=size).astype(np.float64)


def _sums_of_deviations(
    counts: IntArray, sums: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Return each block's deviation from a cell's mean, and each cell's block count."""
    n_rows = counts.sum(axis=1, keepdims=True)
    means = sums.sum(axis=1, keepdims=True) / n_rows
    n_blocks = (counts > 0).sum(axis=1, dtype=np.int64)
    # Bessel's correction: deviations from the mean of few blocks are too small.
    factor = np.sqrt(n_blocks / np.maximum(n_blocks - 1, 1))[:, np.newaxis]
    return factor * (sums - means * counts) / n_rows, n_blocks


def _tail(statistic: float, freedom: float) -> tuple[float, float]:
    """Return the one-sided p-value, and the two-sided 95 % quantile."""
    from scipy.special import ndtr, stdtr, stdtrit

    if np.isinf(freedom):
        return float(ndtr(-statistic)), _NORMAL
    return float(stdtr(freedom, -statistic)), float(stdtrit(freedom, 0.975))


def _rows(cell: _Cell, binned: dict[str, _Binned]) -> NDArray[np.bool_]:
    rows: NDArray[np.bool_] = np.logical_and.reduce(
        [binned[n].codes == c for n, c in cell.parts]
    )
    return rows


def _bin(column: pl.Series, scale: Scale) -> _Binned | None:
    """Return codes of a column's levels or quantile bins, the last for missing."""
    name = column.name
    if isinstance(column.dtype, pl.Enum):
        counts = column.drop_nulls().cast(pl.String).value_counts()
        counts = counts.filter(pl.col(name) != OTHER_LEVEL)
        counts = counts.sort(["count", name], descending=[True, False])
        levels = counts[name].head(_MOST_LEVELS).to_list()
        other_code = len(levels)
        code_of_level = {level: i for i, level in enumerate(levels)}
        text = column.cast(pl.String)
        codes = text.replace_strict(
            code_of_level, default=other_code, return_dtype=pl.Int64
        )
        codes = pl.select(
            pl.when(text.is_null()).then(other_code + 1).otherwise(codes)
        ).to_series()
        words = [f"{name} = {_short(level)}" for level in levels]
        words += [f"{name} is rare", f"{name} is missing"]
        return _Binned(codes.to_numpy().astype(np.int64), words)
    if column.dtype != pl.Float64:
        return None
    values = column.to_numpy().astype(np.float64)
    finite = values[np.isfinite(values)]
    if finite.size < 2:
        return None
    distinct, name = np.unique(finite), scale.name
    if distinct.size <= _BINS:
        cuts = distinct[1:]
        words = [f"{name} = {text}" for text in scale.words(distinct.tolist())]
    else:
        levels_of = np.linspace(0, 1, _BINS + 1)[1:-1]
        cuts = np.unique(np.quantile(finite, levels_of, method="nearest"))
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
