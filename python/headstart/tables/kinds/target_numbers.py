"""Targets with numbers written as text, such as "€ 1,029.50"."""

import polars as pl

from headstart.tables.kinds.levels import level_text
from headstart.tables.kinds.numbers import to_numbers
from headstart.tables.kinds.quantities import (
    Quantity,
    find_grouped,
    find_quantity,
    split,
)
from headstart.tables.kinds.words import (
    HAS_LEADING_ZERO,
    IS_MISSING,
    IS_NUMBER,
    count_words,
)

__all__ = ["PLAIN", "find_numbers", "is_known_reading", "read_numbers"]

PLAIN = "plain"
"""Form of a text target that consists of plain numbers."""

_FEW = 20
"""Text of at most this many different numbers is labels, unless declared numeric."""


def is_known_reading(form: str) -> bool:
    """Return whether `find_numbers` can return this form."""
    return form in {PLAIN, "quantity.", "quantity,", "quantity.*", "quantity,*"}


def find_numbers(series: pl.Series, *, is_declared: bool = False) -> Quantity | None:
    """Return the notation of numbers in a text target, None if its values are labels.

    The target is numeric if at least 90 % of its rows, words for missing values aside,
    are numbers with the same unit or none, and if there are more than 20 different
    values or more than half as many as rows.

    Parameters
    ----------
    series : Series
        None is returned for types other than text.
    is_declared : bool, default=False
        Whether the user declared a numeric target; few different values are enough
        then.
    """
    if series.dtype != pl.String:
        return None
    words = count_words(level_text(series))
    words = words[~words.have(IS_MISSING)]
    if not is_declared and len(words) <= max(2, min(_FEW, words.n_rows // 2)):
        return None
    if words.have(IS_NUMBER).all():
        if words.have(HAS_LEADING_ZERO).any() and not is_declared:
            return None  # Codes such as 01, which are labels.
        plain = Quantity(PLAIN, (), "text that holds numbers")
        quantity: Quantity | None = find_grouped(words) or plain
    else:
        quantity = find_quantity(words)
    if quantity is None or quantity.units:
        return None
    return quantity if read_numbers(words.values, quantity.form).count() > 1 else None


def read_numbers(series: pl.Series, form: str) -> pl.Series:
    """Return the numbers of a text target, missing where a value has none."""
    if series.dtype != pl.String or form == PLAIN:
        return to_numbers(series)
    return split(level_text(series), form)[0]
