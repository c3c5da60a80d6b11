"""The different words of a column of text, and flags of what each looks like."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart import _core

__all__ = ["Words", "count_words", "flag_words"]

# Flags of a word from the compiled reader (`headstart-core`, parse/words.rs).
IS_NUMBER, IS_FINITE, IS_MISSING, IS_ZERO_DATE, IS_PADDED = 1, 2, 4, 8, 16
HAS_LEADING_ZERO, STARTS_WITH_ZERO, IS_COMPACT, IS_EXPONENT, IS_BRACKETED = (
    32, 64, 128, 256, 512,
)  # fmt: skip
HAS_DIGIT, HAS_POINT, HAS_COMMA, HAS_SEMICOLON, HAS_SLASH, HAS_BAR = (
    1024, 2048, 4096, 8192, 16_384, 32_768,
)  # fmt: skip
IS_NO_DATE = IS_MISSING | IS_ZERO_DATE

WordFlags = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Words:
    """The different words of a column, in the order in which they first appear.

    Parameters
    ----------
    values : Series of String
    counts : array of uint32
        How many rows have each word.
    flags : array of uint32
        As `flag_words` returns them.
    """

    values: pl.Series
    counts: NDArray[np.uint32]
    flags: WordFlags

    def __len__(self) -> int:
        """Return the number of different words."""
        return len(self.values)

    def __getitem__(self, index: slice | NDArray[np.bool_]) -> "Words":
        """Return some of the words, by a slice or a mask."""
        rows = np.arange(len(self))[index]
        return Words(self.values[rows], self.counts[rows], self.flags[rows])

    @property
    def n_rows(self) -> int:
        """The number of rows that have one of the words."""
        return int(self.counts.sum())

    def have(self, flags: int) -> NDArray[np.bool_]:
        """Return a mask of the words that have at least one of the flags."""
        mask: NDArray[np.bool_] = (self.flags & flags) != 0
        return mask


def count_words(text: pl.Series) -> Words:
    """Return the different words of a column of text, without missing values."""
    rows, counts, flags = _core.count_words(text.to_frame().rechunk())
    return Words(text[rows], counts, flags)


def flag_words(text: pl.Series) -> WordFlags:
    """Return the flags of each row of a column of text.

    Blanks at the ends of a word do not count, except for `IS_PADDED`. A missing value
    has the flag `IS_MISSING` alone.
    """
    return _core.flag_words(text.to_frame().rechunk())
