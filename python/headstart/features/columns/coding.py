"""The categories of a plan: levels and bins of columns, and their crosses."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.features.columns.levels import Bins, Codes, Levels
from headstart.tables.kinds.levels import level_words

__all__ = ["Coding", "Key"]

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
            return level_words([str(coder.values[code])])[0]
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
