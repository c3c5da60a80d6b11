"""The fit of the categories of a plan to training rows."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from headstart.features.columns.coding import Coding, Key
from headstart.features.columns.levels import Codes, Levels
from headstart.features.columns.reading import is_number, read_numbers, read_words
from headstart.features.fitting.levels import learn_bins, learn_levels, number_ids
from headstart.tables.kinds.levels import LEVEL_LIMIT

__all__ = ["learn_coding"]


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
    frequent = np.sort(np.argsort(-counts, kind="stable")[:LEVEL_LIMIT])
    table = np.full(n_levels + 1, LEVEL_LIMIT + 1, dtype=np.uint32)
    table[frequent] = np.arange(LEVEL_LIMIT, dtype=np.uint32)
    table[n_levels] = LEVEL_LIMIT
    return Levels(levels.values.gather(pl.Series(frequent))), table[codes]


def _learn_cross(coding: Coding, key: Key, parts: list[Codes]) -> Codes:
    ids = coding.cross_ids(parts, key)
    numbered, [first] = number_ids([ids])
    codes: Codes = numbered[0]
    names, n_bins = key
    is_complete = np.ones(len(first), dtype=bool)
    for name, part in zip(names, parts, strict=True):
        is_complete &= part[first] < coding.coder(name, n_bins).n_groups
    counts = np.bincount(codes, minlength=len(first)) * is_complete
    frequent = np.argsort(-counts, kind="stable")[
        : min(LEVEL_LIMIT, int(is_complete.sum()))
    ]
    frequent.sort()
    coding.crosses[key] = ids[first[frequent]]
    table = np.full(len(first), len(frequent), dtype=np.uint32)
    table[frequent] = np.arange(len(frequent), dtype=np.uint32)
    return table[codes]
