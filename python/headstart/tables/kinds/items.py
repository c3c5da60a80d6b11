"""Lists in cells: ``['a', 'b']``, ``a|b|c``, ``a, b``, or columns of lists."""

from collections import Counter
from dataclasses import dataclass

import polars as pl

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
"""How many items a cell has; for each frequent one whether it is there; that training
had others too, so that an unknown one may be old."""

MOST_ITEMS = 50
"""Items that become a feature each, the most frequent ones; all count for length."""

_SEPARATORS = ("|", ";", ",", "/")
_BRACKETED = r"(?s)^\[.*\]$|^\(.*\)$|^\{.*\}$"
# Share of the cells that must be written as a list, and of those that must hold more
# than one item, where only a separator tells.
_SHARE = 0.9
_SEVERAL = 0.2
_LONGEST = 40
_MOST_DIFFERENT = 100
_FEWEST_CELLS = 3
_ITEM_ROWS = 5
# Share of the items that must be in several cells: sentences have new words in each.
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
        What was found, for users.
    """

    form: str
    words: str


def is_known_items(form: str) -> bool:
    """Return whether `find_items` can have returned that form."""
    return form in {"items[", *(f"items{s}" for s in _SEPARATORS)}


def find_items(text: pl.Series) -> Items | None:
    """Return how a column of text writes lists, None where it does not.

    Brackets around nine cells in ten say so. A separator does where a fifth of the
    cells hold it, there are at most 100 different items, all short, and most of them
    are in several different cells.

    Parameters
    ----------
    text : Series of String
        Trimmed; null where blank.
    """
    cells = text.drop_nulls().unique(maintain_order=True)
    if cells.len() < _FEWEST_CELLS:
        return None
    bracketed = cells.str.contains(_BRACKETED)
    if int(bracketed.sum() or 0) >= _SHARE * cells.len():
        counts = _counts(read_items(cells, "items["))
        if counts and sum(counts.values()) > len(counts):
            return Items("items[", f"lists in brackets, of {_different(counts)}")
        return None
    for separator in _SEPARATORS:
        holds = cells.str.contains(separator, literal=True)
        if int(holds.sum() or 0) < _SEVERAL * cells.len():
            continue
        form = f"items{separator}"
        counts = _counts(read_items(cells, form))
        if (
            1 < len(counts) <= _MOST_DIFFERENT
            and max(map(len, counts)) <= _LONGEST
            and sum(n > 1 for n in counts.values()) > _REPEATED * len(counts)
            and not all(item[:1].isdigit() for item in counts)
        ):
            return Items(form, f"lists by {separator!r}, of {_different(counts)}")
    return None


def learn_items(series: pl.Series, form: str) -> tuple[tuple[str, ...], bool]:
    """Return the items that become features, sorted, and whether there are others."""
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
        # Quoted items may hold a comma; others are cut at each.
        items = cell.str.extract_all(r"""'[^']*'|"[^"]*"|[^,'"]*[^,'"\s][^,'"]*""")
    else:
        items = cell.str.split(form[len("items") :])
    cleaned = items.list.eval(pl.element().str.strip_chars(" \t\n'\"\u00a0"))
    filled = cleaned.list.eval(pl.element().filter(pl.element() != ""))
    return series.to_frame("v").select(
        filled.list.unique(maintain_order=True).alias(series.name)
    )[series.name]


def item_features(
    series: pl.Series, form: str, known: tuple[str, ...]
) -> tuple[list[pl.Series], int]:
    """Return length and an indicator for each known item; how many items are new.

    All are missing where the cell is. Items that were too rare to be kept count as
    new here.
    """
    listed = read_items(series, form)
    table = listed.to_frame("v")
    length = table.select(pl.col("v").list.len().cast(pl.Float64))["v"]
    found = [length]
    found.extend(
        table.select(pl.col("v").list.contains(pl.lit(item)).cast(pl.Float64))["v"]
        for item in known
    )
    n_items = int(length.sum() or 0)
    n_known = sum(int(column.sum() or 0) for column in found[1:])
    return found, n_items - n_known


def _counts(listed: pl.Series) -> Counter[str]:
    items = listed.drop_nulls().explode(empty_as_null=False).drop_nulls()
    counted = items.alias("v").value_counts(name="n")
    return Counter(dict(counted.iter_rows()))


def _different(counts: Counter[str]) -> str:
    return f"{len(counts):,} different items"
