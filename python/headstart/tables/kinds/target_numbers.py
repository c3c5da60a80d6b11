"""Targets whose numbers are written as text: "€ 1,029.50"."""

import polars as pl

from headstart.tables.kinds.levels import level_text
from headstart.tables.kinds.numbers import (
    find_text,
    has_leading_zeros,
    is_missing,
    to_numbers,
)
from headstart.tables.kinds.quantities import (
    Quantity,
    find_grouped,
    find_quantity,
    split,
)

__all__ = ["PLAIN", "find_numbers", "is_known_reading", "read_numbers"]

PLAIN = "plain"
"""Form of a target that is text of nothing but numbers."""

_FEW = 20
"""Text of at most this many different numbers is labels, unless it is told."""


def is_known_reading(form: str) -> bool:
    """Return whether `find_numbers` can have returned that form."""
    return form in {PLAIN, "quantity.", "quantity,", "quantity.*", "quantity,*"}


def find_numbers(series: pl.Series, *, told: bool = False) -> Quantity | None:
    """Return how a target of text writes numbers, None where they are labels.

    Words that stand for missing aside, numbers have one unit or none, nine rows in ten
    at least, and are either more than 20 different ones or more than half as many as
    rows.

    Parameters
    ----------
    series : Series
        Of any type; of text only there is something to find.
    told : bool, default=False
        Whether the user said that the target is a number: then few different ones
        will do.
    """
    if series.dtype != pl.String:
        return None
    text = level_text(series)
    text = text.filter(~is_missing(text))
    distinct = text.drop_nulls().unique(maintain_order=True)
    n_distinct = distinct.len()
    if not told and n_distinct <= max(2, min(_FEW, text.count() // 2)):
        return None
    if find_text(distinct.head(50)) is None and find_text(distinct) is None:
        if has_leading_zeros(distinct) and not told:
            return None  # Codes such as 01, which are labels.
        plain = Quantity(PLAIN, (), "text that holds numbers")
        found: Quantity | None = find_grouped(distinct) or plain
    else:
        found = find_quantity(text)
    if found is None or found.units:
        return None
    return found if read_numbers(distinct, found.form).count() > 1 else None


def read_numbers(series: pl.Series, form: str) -> pl.Series:
    """Return the numbers of a target of text, missing where there is none."""
    if series.dtype != pl.String or form == PLAIN:
        return to_numbers(series)
    return split(level_text(series), form)[0]
