"""Codes such as ``"C85"`` or ``"PC 17599"``: what comes before the number, as a level.

A level that few rows have tells little, and one that training did not see nothing; what
many levels begin with tells of both.
"""

import functools
from collections import Counter

import polars as pl

from headstart.tables.kinds.levels import to_levels

__all__ = ["CODE_PARTS", "find_prefixes", "to_prefixes"]

CODE_PARTS = ("code", "prefix")
"""The code, and what comes before its first digit."""

_FEWEST_LEVELS = 20
_LEVELS_EACH = 3  # that a prefix must have
_SHARE = 0.8  # of the levels, that must have such a prefix
_MOST_SHARE = (
    0.2  # of the levels, that prefixes may be: else they are levels themselves
)
_LONGEST = 12
_PATTERN = rf"^([^\d]{{0,{_LONGEST}}}?)[\s\-_/.#:]*\d"
#: The prefix of levels that begin with their number.
_NOTHING = "(number)"


@functools.lru_cache(maxsize=512)
def find_prefixes(levels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the prefixes of levels that are codes, sorted; none if they are not.

    Examples
    --------
    >>> cabins = [f"{deck}{i}" for deck in "ABC" for i in range(10)]
    >>> find_prefixes(tuple(cabins))
    ('A', 'B', 'C')
    >>> find_prefixes(tuple("abcdefghijklmnopqrstuvwxyz"))
    ()
    """
    if len(levels) < _FEWEST_LEVELS:
        return ()
    found = Counter(_prefixes(pl.Series(levels, dtype=pl.String)).drop_nulls())
    kept = sorted(p for p, n in found.items() if n >= _LEVELS_EACH)
    is_code = sum(found[p] for p in kept) >= _SHARE * len(levels)
    if len(kept) < 2 or len(kept) > _MOST_SHARE * len(levels) or not is_code:
        return ()
    return tuple(kept)


def to_prefixes(text: pl.Series, levels: tuple[str, ...]) -> pl.Series:
    """Return the prefixes of `text` as an Enum of those that `levels` have."""
    return to_levels(_prefixes(text), find_prefixes(levels))[0]


def _prefixes(text: pl.Series) -> pl.Series:
    name = text.name
    prefix = pl.col(name).str.extract(_PATTERN, 1).str.strip_chars()
    written = pl.when(prefix == "").then(pl.lit(_NOTHING)).otherwise(prefix)
    return text.to_frame().select(written.alias(name))[name]
