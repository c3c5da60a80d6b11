"""Prefixes of codes such as ``"C85"`` or ``"PC 17599"``, as levels of their own.

A rare level has little information, and a level without training rows has none. Its
prefix, which it shares with other levels, still has some.
"""

import functools
from collections import Counter

import polars as pl

from headstart.tables.kinds.levels import to_levels

__all__ = ["CODE_PARTS", "find_prefixes", "to_prefixes"]

CODE_PARTS = ("code", "prefix")
"""The code, and the text before its first digit."""

_FEWEST_LEVELS = 20
_LEVELS_EACH = 3  # least number of levels per prefix
_SHARE = 0.8  # least share of levels with such a prefix
_MOST_SHARE = 0.2  # largest ratio of the number of prefixes to that of levels
_LONGEST = 12
_PATTERN = rf"^([^\d]{{0,{_LONGEST}}}?)[\s\-_/.#:]*\d"
# The prefix of levels that begin with their number.
_NOTHING = "(number)"


@functools.lru_cache(maxsize=512)
def find_prefixes(levels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sorted prefixes of levels that are codes, none of other levels.

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
    counts = Counter(_prefixes(pl.Series(levels, dtype=pl.String)).drop_nulls())
    kept = sorted(p for p, n in counts.items() if n >= _LEVELS_EACH)
    is_code = sum(counts[p] for p in kept) >= _SHARE * len(levels)
    if len(kept) < 2 or len(kept) > _MOST_SHARE * len(levels) or not is_code:
        return ()
    return tuple(kept)


def to_prefixes(text: pl.Series, levels: tuple[str, ...]) -> pl.Series:
    """Return the prefixes of `text` as levels: those of `find_prefixes`.

    A rare prefix of `levels` is missing, as in the training rows.
    """
    prefixes = _prefixes(text)
    coded, n_other = to_levels(prefixes, find_prefixes(levels))
    if n_other:
        coded = coded.set(prefixes.is_in(_rare_prefixes(levels)), None)
    return coded


@functools.lru_cache(maxsize=512)
def _rare_prefixes(levels: tuple[str, ...]) -> frozenset[str]:
    """Return the prefixes of levels that `find_prefixes` leaves out."""
    prefixes = _prefixes(pl.Series(levels, dtype=pl.String)).drop_nulls()
    return frozenset(prefixes).difference(find_prefixes(levels))


def _prefixes(text: pl.Series) -> pl.Series:
    name = text.name
    prefix = pl.col(name).str.extract(_PATTERN, 1).str.strip_chars()
    written = pl.when(prefix == "").then(pl.lit(_NOTHING)).otherwise(prefix)
    return text.to_frame().select(written.alias(name))[name]
