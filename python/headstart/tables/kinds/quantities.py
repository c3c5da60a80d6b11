"""Numbers in text with a unit, a currency, a range or grouped digits."""

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart import _core
from headstart.tables.kinds.words import (
    HAS_POINT,
    IS_MISSING,
    STARTS_WITH_ZERO,
    Words,
    count_words,
)

__all__ = [
    "QUANTITY_PARTS",
    "Quantity",
    "find_grouped",
    "find_quantity",
    "is_known_quantity",
    "split",
]

QUANTITY_PARTS = ("number", "unit")
"""The number, and its unit if rows have different units."""

_SHARE = 0.9
"""Least share of rows with a number; other rows are missing."""
_MOST_UNITS = 12
_SAMPLE = 200
_COMMON_SHARE = 0.95
"""Least share of rows with a common unit, if there are rare units."""
_FEWEST_NUMBERS = 3
# A unit of fewer rows than this does not become a category.
_UNIT_ROWS = 5
# Least number of values with a point before three digits that prove grouped thousands,
# if values below 1,000 have no point.
_FEWEST_GROUPED = 10
# Grouped numbers of equal length with at least so many digits: telephone numbers.
_PHONE_DIGITS = 9

# Flags of a value from the compiled reader (`headstart-core`, parse/amounts.rs).
_IS_NUMBER, _IS_RANGE, _IS_BARE_RANGE, _IS_MULTIPLIED, _HAS_AFTER = 1, 2, 4, 8, 16
_SHOWS_POINT, _SHOWS_COMMA, _OPEN_POINT, _OPEN_COMMA = 32, 64, 128, 256
_IS_SPACED, _HAS_BEFORE, _MAY_BE_UNIT, _IS_SHORT, _IS_UNGROUPED = (
    512, 1024, 2048, 4096, 8192,
)  # fmt: skip

_CURRENCY = re.compile(
    r"[$€£¥₹₽₩₺₴₪₫₱฿₦]|^(eur|euros?|usd|gbp|chf|sek|nok|dkk|pln|czk|huf|brl|kr|kč|zł)$"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """The notation of numbers in a column of text.

    Parameters
    ----------
    form : str
        ``"quantity"``, the decimal mark, and ``"*"`` if the word after a number
        multiplies it, as in ``1.5k``.
    units : tuple of str
        Units that become a category, sorted; none if all rows have the same unit.
    words : str
        A description of the notation, for users.
    n_read : int or None
        Number of rows that hold a number, None if they were not counted.
    """

    form: str
    units: tuple[str, ...]
    words: str
    n_read: int | None = None


def is_known_quantity(form: str) -> bool:
    """Return whether `find_quantity` can return this form."""
    return form in {"quantity.", "quantity,", "quantity.*", "quantity,*"}


def find_grouped(words: Words) -> Quantity | None:
    """Return the notation if points in plain numbers group thousands, else None.

    ``1.234`` is over a thousand if ``999`` has no point, every point has three digits
    after it, and every number of four or more digits has a point.

    Parameters
    ----------
    words : Words
        All of them numbers.
    """
    if words.have(HAS_POINT).sum() < _FEWEST_GROUPED:
        return None
    amounts = _split(words.values, "quantity.")
    if _decimal_mark(amounts, is_currency=False) != ",":
        return None
    return Quantity("quantity,", (), "numbers in text; points group thousands")


def find_quantity(words: Words) -> Quantity | None:
    """Return the notation of numbers in a column of text, None if it has no numbers.

    The column has numbers if 90 % of its rows are a number with one of a few units (or
    none) before or after it, or a range of two numbers.

    Parameters
    ----------
    words : Words
        Trimmed, none of them blank.
    """
    words = words[~words.have(IS_MISSING)]
    if len(words) < _FEWEST_NUMBERS or words.have(STARTS_WITH_ZERO).any():
        return None  # A code: 00501.
    if len(words) > 10 * _SAMPLE:
        # A sample is enough for nearly every long column of words.
        sample = words.values.sort().gather_every(len(words) // _SAMPLE)
        if not _split(sample, "quantity.").has_numbers:
            return None
    amounts = _split(words.values, "quantity.")
    if not amounts.has_numbers:
        return None
    is_currency = any(_CURRENCY.search(unit) for unit in amounts.names)
    decimal = _decimal_mark(amounts, is_currency=is_currency)
    if decimal != ".":
        amounts = _split(words.values, "quantity,")
    if _is_code(words.values, amounts):
        return None
    multiply = _multiplies(amounts)
    if multiply:
        amounts = _split(words.values, f"quantity{decimal}*")
    numbers = amounts.numbers
    is_read = ~np.isnan(numbers)
    n_rows, n_read = words.n_rows, int(words.counts[is_read].sum())
    if n_read < _SHARE * n_rows or len(np.unique(numbers[is_read])) < _FEWEST_NUMBERS:
        return None
    units = amounts.count_units(words.counts)
    least = max(_UNIT_ROWS, n_rows // 2_000)
    common = {unit: n for unit, n in units.items() if n >= least or not unit}
    # Many units, each of a few rows: a code such as 12A, not a quantity.
    if len(common) > _MOST_UNITS or (
        len(units) > _MOST_UNITS
        and n_rows - sum(common.values()) > (1 - _COMMON_SHARE) * n_rows
    ):
        return None
    named = [unit for unit in units if unit]
    categories = tuple(unit for unit, n in common.items() if n >= least)
    shown = ", ".join(repr(u) for u in named[:4]) + (", ..." if len(named) > 4 else "")
    descriptions = ["numbers in text"]
    if named:
        descriptions.append(f"with {shown}")
    if multiply:
        descriptions.append("words such as 'k' multiply them")
    if decimal == ",":
        descriptions.append("with decimal commas")
    if amounts.have(_IS_RANGE).any():
        descriptions.append("ranges by their middle")
    if n_rows > n_read:
        descriptions.append(f"{n_rows - n_read:,} without a number")
    form = f"quantity{decimal}" + ("*" if multiply else "")
    kept = categories if len(categories) > 1 else ()
    return Quantity(form, kept, "; ".join(descriptions), n_read)


def split(text: pl.Series, form: str) -> tuple[pl.Series, pl.Series]:
    """Return the numbers and the units of a column of text.

    Parameters
    ----------
    text : Series of String
    form : str
        As `find_quantity` returns it.

    Returns
    -------
    number : Series of Float64
        The middle of a range; missing where the text has no number.
    unit : Series of String
        In lower case, ``""`` where there is none; all of a text without a number.
    """
    words = count_words(text)
    amounts = _split(words.values, form)
    amounts_of_text = pl.DataFrame(
        {
            "text": words.values,
            "number": pl.Series(amounts.numbers, nan_to_null=True),
            "unit": pl.Series(amounts.names, dtype=pl.String)[amounts.units],
        }
    )
    joined = text.to_frame("text").join(
        amounts_of_text, on="text", how="left", maintain_order="left"
    )
    return joined["number"].alias(text.name), joined["unit"].alias(text.name)


@dataclass(frozen=True, slots=True)
class _Amounts:
    """Amounts of words.

    Parameters
    ----------
    first, second : arrays of float64
        The number and NaN, or both numbers of a range.
    flags : array of uint16
    units : array of uint32
        The index of the unit in `names`.
    names : list of str
        Different units; the whole of a word without a number.
    """

    first: NDArray[np.float64]
    second: NDArray[np.float64]
    flags: NDArray[np.uint16]
    units: NDArray[np.uint32]
    names: list[str]

    @property
    def numbers(self) -> NDArray[np.float64]:
        """The numbers, the middle of a range, NaN where a word has no number."""
        middle = (self.first + self.second) / 2
        return np.where(np.isnan(self.second), self.first, middle)

    @property
    def has_numbers(self) -> bool:
        """Whether nearly half of the words, or more, are numbers."""
        n_numbers = self.have(_IS_NUMBER).sum()
        return bool(n_numbers >= _SHARE / 2 * len(self.flags))

    def have(self, flag: int) -> NDArray[np.bool_]:
        """Return a mask of the amounts with a flag."""
        mask: NDArray[np.bool_] = (self.flags & flag) != 0
        return mask

    def count_units(self, counts: NDArray[np.uint32]) -> dict[str, int]:
        """Return the number of rows with each unit, sorted by unit."""
        n_rows = np.bincount(self.units, counts, minlength=len(self.names))
        by_name = zip(self.names, n_rows.astype(np.int64).tolist(), strict=True)
        return dict(sorted(by_name))


def _split(values: pl.Series, form: str) -> _Amounts:
    decimal = form[len("quantity")]
    return _Amounts(
        *_core.split_amounts(values.to_frame(), decimal, form.endswith("*"))
    )


def _decimal_mark(amounts: _Amounts, *, is_currency: bool) -> str:
    """Return the decimal mark that the values prove, by default a point."""

    def count(flag: int) -> int:
        return int(np.count_nonzero(amounts.flags & flag))

    points, commas = count(_SHOWS_POINT), count(_SHOWS_COMMA)
    if points or commas:
        return "," if commas > points else "."
    if not count(_OPEN_POINT) or count(_OPEN_COMMA):
        return "."
    # Prices do not have three decimals. Other numbers are grouped if those below 1,000
    # have no mark.
    is_grouped = (
        count(_OPEN_POINT) >= _FEWEST_GROUPED
        and count(_IS_SHORT) > 0
        and not count(_IS_UNGROUPED)
    )
    return "," if is_currency or is_grouped else "."


def _is_code(values: pl.Series, amounts: _Amounts) -> bool:
    """Return whether most values are telephone or part numbers, such as 555-1234."""
    n_numbers = int(amounts.have(_IS_NUMBER).sum())
    if not n_numbers:
        return False
    is_bare = amounts.have(_IS_BARE_RANGE)
    if 2 * int(is_bare.sum()) > n_numbers:
        # The bands of a scale do not overlap: 18-24, 25-34.
        bands = np.column_stack([amounts.first, amounts.second])[is_bare]
        starts, ends = np.unique(bands, axis=0).T
        return bool((starts[1:] < ends[:-1]).any())
    is_spaced = amounts.have(_IS_SPACED)
    if 2 * int(is_spaced.sum()) > n_numbers:
        lengths = values.filter(pl.Series(is_spaced)).str.count_matches(r"\d")
        return lengths.n_unique() == 1 and int(lengths[0]) >= _PHONE_DIGITS
    return False


def _multiplies(amounts: _Amounts) -> bool:
    """Return whether the words after the numbers multiply them, as in 1.5k and 2M."""
    has_word = amounts.have(_HAS_AFTER)
    if not has_word.any() or not amounts.have(_IS_MULTIPLIED)[has_word].all():
        return False
    # One letter in all rows, as in "1.80 m", is a unit unless there is a currency.
    is_unit = amounts.have(_MAY_BE_UNIT)[has_word].all()
    n_words = len(np.unique(amounts.units[has_word]))
    has_currency = amounts.have(_HAS_BEFORE)[has_word].all()
    return bool(not is_unit or n_words > 1 or has_currency)
