"""The categories of a plan: levels and bins of columns, and their crosses."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.features.columns.levels import (
    Bins,
    Codes,
    Levels,
    learn_bins,
    learn_levels,
    number_ids,
)
from headstart.features.columns.reading import is_number, read_numbers, read_words
from headstart.tables.kinds.levels import LEVEL_LIMIT

__all__ = ["Coding", "Key", "learn_coding"]

Key = tuple[tuple[str, ...], int]
"""Columns that form one category, and the number of bins of the numeric ones."""

Ids = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Coding:
    """Levels, bins and crosses of columns that serve as categories.

    Parameters
    ----------
    levels : dict of str to Levels
        Levels of text columns, by column.
    bins : dict of (str, int) to Bins
        Bins of numeric columns, by column and requested number of bins.
    crosses : dict of Key to ndarray of uint64
        Combinations of codes in the training rows, one number per combination, in the
        order of their codes.
    """

    levels: dict[str, Levels] = field(default_factory=dict)
    bins: dict[tuple[str, int], Bins] = field(default_factory=dict)
    crosses: dict[Key, Ids] = field(default_factory=dict)

    def coder(self, name: str, n_bins: int) -> Levels | Bins:
        """Return the levels or bins of a column."""
        levels = self.levels.get(name)
        return self.bins[name, n_bins] if levels is None else levels

    def n_groups(self, key: Key) -> int:
        """Return the number of groups. It is also the code of unseen groups."""
        columns, n_bins = key
        if len(columns) == 1:
            return self.coder(columns[0], n_bins).n_groups
        return len(self.crosses[key])

    def cross_ids(self, columns: Iterable[Codes], key: Key) -> Ids:
        """Return the codes of several columns as one number per row."""
        names, n_bins = key
        ids: Any = np.uint64(0)
        for name, codes in zip(names, columns, strict=True):
            n_codes = np.uint64(self.coder(name, n_bins).n_groups + 1)
            ids = ids * n_codes + codes.astype(np.uint64)
        return np.asarray(ids, dtype=np.uint64)

    def split_id(self, number: int, key: Key) -> list[int]:
        """Return the codes of each column from one number that `cross_ids` returned."""
        names, n_bins = key
        codes = []
        for name in reversed(names):
            number, code = divmod(number, self.coder(name, n_bins).n_groups + 1)
            codes.append(code)
        return codes[::-1]

    def word(self, name: str, n_bins: int, code: int) -> str:
        """Return the description of a code."""
        coder = self.coder(name, n_bins)
        if code == coder.n_groups - 1:
            return "missing"
        if isinstance(coder, Levels):
            return str(coder.values[code])
        cuts = [f"{cut:g}" for cut in coder.cuts]
        if code == 0:
            return f"below {cuts[0]}" if cuts else "any"
        return (
            f"{cuts[code - 1]} up"
            if code == len(cuts)
            else f"{cuts[code - 1]} to {cuts[code]}"
        )

    def cross_words(self, key: Key) -> list[str]:
        """Return distinct descriptions of the groups of a cross."""
        columns, n_bins = key
        words: list[str] = []
        distinct: set[str] = set()
        for number in self.crosses[key].tolist():
            codes = zip(columns, self.split_id(number, key), strict=True)
            word = " & ".join(self.word(name, n_bins, code) for name, code in codes)
            while word in distinct:
                word += "'"
            distinct.add(word)
            words.append(word)
        return words


def learn_coding(
    frame: pl.DataFrame, keys: Iterable[Key], *, n_threads: int
) -> tuple[Coding, dict[Key, Codes]]:
    """Return the coding of training rows, and their codes.

    A column or cross keeps its `LEVEL_LIMIT` most frequent levels; the others are
    treated as unseen.
    """
    distinct = dict.fromkeys(keys)
    names = dict.fromkeys((n, bins) for columns, bins in distinct for n in columns)
    coding = Coding()
    codes: dict[Key, Codes] = {}
    by_name: dict[str, Codes] = {}
    words = [n for n in dict.fromkeys(n for n, _ in names) if not _is_number(frame, n)]
    columns = [read_words(frame, name) for name in words]
    for name, (levels, level_codes) in zip(
        words, learn_levels(columns, n_threads=n_threads), strict=True
    ):
        coding.levels[name], by_name[name] = _most_frequent(levels, level_codes)
    for name, n_bins in names:
        if name in by_name:
            codes[(name,), n_bins] = by_name[name]
            continue
        numbers = read_numbers(frame, name)
        bins = learn_bins(numbers, n_bins)
        coding.bins[name, n_bins] = bins
        codes[(name,), n_bins] = bins.codes(numbers)
    for key in distinct:
        if len(key[0]) > 1:
            parts = [codes[(name,), key[1]] for name in key[0]]
            codes[key] = _learn_cross(coding, key, parts)
    return coding, codes


def _is_number(frame: pl.DataFrame, name: str) -> bool:
    series = frame.get_column(name, default=None)
    return series is not None and is_number(series.dtype)


def _most_frequent(levels: Levels, codes: Codes) -> tuple[Levels, Codes]:
    n_levels = len(levels.values)
    if n_levels <= LEVEL_LIMIT:
        return levels, codes
    counts = np.bincount(codes, minlength=n_levels + 1)[:n_levels]
    kept = np.sort(np.argsort(-counts, kind="stable")[:LEVEL_LIMIT])
    table = np.full(n_levels + 1, LEVEL_LIMIT + 1, dtype=np.uint32)
    table[kept] = np.arange(LEVEL_LIMIT, dtype=np.uint32)
    table[n_levels] = LEVEL_LIMIT
    return Levels(levels.values.gather(pl.Series(kept))), table[codes]


def _learn_cross(coding: Coding, key: Key, parts: list[Codes]) -> Codes:
    ids = coding.cross_ids(parts, key)
    numbered, [first] = number_ids([ids])
    codes: Codes = numbered[0]
    names, n_bins = key
    is_complete = np.ones(len(first), dtype=bool)
    for name, part in zip(names, parts, strict=True):
        is_complete &= part[first] < coding.coder(name, n_bins).n_groups
    counts = np.bincount(codes, minlength=len(first)) * is_complete
    kept = np.argsort(-counts, kind="stable")[
        : min(LEVEL_LIMIT, int(is_complete.sum()))
    ]
    kept.sort()
    coding.crosses[key] = ids[first[kept]]
    table = np.full(len(first), len(kept), dtype=np.uint32)
    table[kept] = np.arange(len(kept), dtype=np.uint32)
    return table[codes]
