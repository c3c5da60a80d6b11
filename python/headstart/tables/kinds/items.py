"""Lists in cells, written as ``['a', 'b']``, ``a|b|c`` or ``a, b``, or of list type."""

from collections import Counter
from dataclasses import dataclass

import polars as pl

from headstart.tables.kinds.words import (
    HAS_BAR,
    HAS_COMMA,
    HAS_SEMICOLON,
    HAS_SLASH,
    IS_BRACKETED,
    Words,
)

__all__ = [
    "ITEM_PARTS",
    "Items",
    "find_items",
    "is_known_items",
    "item_features",
    "learn_items",
    "read_items",
]

ITEM_PARTS = ("length", "items", "others")
"""The number of items in a cell; an indicator per frequent item; and a mark that
training rows had other items, so that an unknown item need not be new."""

MOST_ITEMS = 50
"""The most frequent items, up to so many, become a feature each."""

_SEPARATORS = {"|": HAS_BAR, ";": HAS_SEMICOLON, ",": HAS_COMMA, "/": HAS_SLASH}
# Least share of cells in brackets; without brackets, least share of cells with the
# separator.
_SHARE = 0.9
_SEVERAL = 0.2
_LONGEST = 40
_MOST_DIFFERENT = 100
_FEWEST_CELLS = 3
_ITEM_ROWS = 5
# Least share of items in several cells; each sentence has new words.
_REPEATED = 0.6


@dataclass(frozen=True, slots=True)
class Items:
    """The notation of lists in a column.

    Parameters
    ----------
    form : str
        ``"items"`` and the separator; ``"items["`` for lists in brackets, and for
        columns whose values are lists.
    words : str
        A description of the notation, for users.
    """

    form: str
    words: str


def is_known_items(form: str) -> bool:
    """Return whether `find_items` can return this form."""
    return form in {"items[", *(f"items{s}" for s in _SEPARATORS)}


def find_items(cells: Words) -> Items | None:
    """Return the notation of lists in a column of text, None if it has no lists.

    A column has lists if 90 % of its different cells are in brackets, or if 20 % have
    the same separator, at most 100 different items, all of them short, and most of the
    items are in several different cells.

    Parameters
    ----------
    cells : Words
        Trimmed, none of them blank.
    """
    if len(cells) < _FEWEST_CELLS:
        return None
    if cells.have(IS_BRACKETED).sum() >= _SHARE * len(cells):
        counts = _counts(read_items(cells.values, "items["))
        if counts and sum(counts.values()) > len(counts):
            return Items("items[", f"lists in brackets, of {_different(counts)}")
        return None
    for separator, flag in _SEPARATORS.items():
        if cells.have(flag).sum() < _SEVERAL * len(cells):
            continue
        form = f"items{separator}"
        counts = _counts(read_items(cells.values, form))
        if (
            1 < len(counts) <= _MOST_DIFFERENT
            and max(map(len, counts)) <= _LONGEST
            and sum(n > 1 for n in counts.values()) > _REPEATED * len(counts)
            and not all(item[:1].isdigit() for item in counts)
        ):
            return Items(form, f"lists by {separator!r}, of {_different(counts)}")
    return None


def learn_items(series: pl.Series, form: str) -> tuple[tuple[str, ...], bool]:
    """Return the items that become features, sorted, and whether others exist."""
    counts = _counts(read_items(series, form))
    least = min(_ITEM_ROWS, max(2, series.len() // 20))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    kept = [item for item, n in ranked[:MOST_ITEMS] if n >= least]
    return tuple(sorted(kept)), len(kept) < len(counts)


def read_items(series: pl.Series, form: str) -> pl.Series:
    """Return each cell's different items as a list of text, null where missing."""
    if series.dtype.is_nested():
        listed = series.cast(pl.List(pl.String), strict=False)
        unique = pl.col("v").list.unique(maintain_order=True)
        return listed.to_frame("v").select(unique)["v"].alias(series.name)
    cell = pl.col("v").cast(pl.String)
    if form == "items[":
        cell = cell.str.strip_chars().str.strip_chars("[](){}")
        # Quoted items may contain a comma; others are split at each.
        items = cell.str.extract_all(r"""'[^']*'|"[^"]*"|[^,'"]*[^,'"\s][^,'"]*""")
    else:
        items = cell.str.split(form[len("items") :])
    cleaned = items.list.eval(pl.element().str.strip_chars(" \t\n'\"\u00a0"))
    filled = cleaned.list.eval(pl.element().filter(pl.element() != ""))
    return series.to_frame("v").select(
        filled.list.unique(maintain_order=True).alias(series.name)
    )[series.name]


def item_features(
    series: pl.Series, form: str, items: tuple[str, ...]
) -> tuple[list[pl.Series], int]:
    """Return the length and an indicator per known item, and the number of new items.

    All are missing in the rows of missing cells. Items of training rows that were too
    rare to become features count as new.

    Parameters
    ----------
    series : Series
    form : str
        As `find_items` returns it.
    items : tuple of str
        Items with a feature, as `learn_items` returns them.
    """
    listed = read_items(series, form)
    table = listed.to_frame("v")
    length = table.select(pl.col("v").list.len().cast(pl.Float64))["v"]
    features = [length]
    features.extend(
        table.select(pl.col("v").list.contains(pl.lit(item)).cast(pl.Float64))["v"]
        for item in items
    )
    n_items = int(length.sum() or 0)
    n_known = sum(int(column.sum() or 0) for column in features[1:])
    return features, n_items - n_known


def _counts(listed: pl.Series) -> Counter[str]:
    items = listed.drop_nulls().explode(empty_as_null=False).drop_nulls()
    counted = items.alias("v").value_counts(name="n")
    return Counter(dict(counted.iter_rows()))


def _different(counts: Counter[str]) -> str:
    return f"{len(counts):,} different items"
