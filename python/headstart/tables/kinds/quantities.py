"""Numbers in text with a unit, a currency, a range or grouped digits."""

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart import _core
from headstart.tables.kinds.numbers import is_missing

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

Flags = NDArray[np.uint16]

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


def find_grouped(distinct: pl.Series) -> Quantity | None:
    """Return the notation if points in plain numbers group thousands, else None.

    ``1.234`` is over a thousand if ``999`` has no point, every point has three digits
    after it, and every number of four or more digits has a point.

    Parameters
    ----------
    distinct : Series of String
        Different values, all of them numbers.
    """
    n_points = int(distinct.str.contains(".", literal=True).sum())
    if n_points < _FEWEST_GROUPED:
        return None
    _, flags, _ = _parse(distinct, "quantity.")
    if _decimal_mark(flags, is_currency=False) != ",":
        return None
    return Quantity("quantity,", (), "numbers in text; points group thousands")


def find_quantity(counted: pl.DataFrame) -> Quantity | None:
    """Return the notation of numbers in a column of text, None if it has no numbers.

    The column has numbers if 90 % of its rows are a number with one of a few units (or
    none) before or after it, or a range of two numbers.

    Parameters
    ----------
    counted : DataFrame
        Its different values, trimmed, none of them blank, as
        `headstart.tables.kinds.numbers.count_values` returns them.
    """
    counted = counted.filter(~is_missing(counted["v"])).sort("v")
    values = counted["v"]
    # A sample is enough for nearly every column of words.
    if counted.height < _FEWEST_NUMBERS or not _has_numbers(values):
        return None
    if values.str.contains(r"^\s*0\d").any():  # a code: 00501
        return None
    parts, flags, ranges = _parse(values, "quantity.")
    is_currency = any(_CURRENCY.search(u) for u in parts["unit"].unique().to_list())
    decimal = _decimal_mark(flags, is_currency=is_currency)
    if decimal != ".":
        parts, flags, ranges = _parse(values, "quantity,")
    if _is_code(values, flags, ranges):
        return None
    multiply = _multiplies(flags, parts)
    if multiply:
        parts, flags, ranges = _parse(values, f"quantity{decimal}*")
    table = counted.select("n").with_columns(parts.get_columns())
    n_rows = int(table["n"].sum())
    with_number = table.filter(pl.col("number").is_not_null())
    n_read = int(with_number["n"].sum())
    if n_read < _SHARE * n_rows:
        return None
    if with_number["number"].n_unique() < _FEWEST_NUMBERS:
        return None
    units = table.group_by("unit").agg(pl.col("n").sum()).sort("unit")
    least = max(_UNIT_ROWS, n_rows // 2_000)
    common = units.filter((pl.col("n") >= least) | (pl.col("unit") == ""))
    # Many units, each of a few rows: a code such as 12A, not a quantity.
    if common.height > _MOST_UNITS or (
        units.height > _MOST_UNITS
        and n_rows - int(common["n"].sum()) > (1 - _COMMON_SHARE) * n_rows
    ):
        return None
    named = [u for u in units["unit"].to_list() if u]
    categories = common.filter(pl.col("n") >= least)["unit"].to_list()
    shown = ", ".join(repr(u) for u in named[:4]) + (", ..." if len(named) > 4 else "")
    descriptions = ["numbers in text"]
    if named:
        descriptions.append(f"with {shown}")
    if multiply:
        descriptions.append("words such as 'k' multiply them")
    if decimal == ",":
        descriptions.append("with decimal commas")
    if bool((flags & _IS_RANGE).any()):
        descriptions.append("ranges by their middle")
    if n_rows > n_read:
        descriptions.append(f"{n_rows - n_read:,} without a number")
    form = f"quantity{decimal}" + ("*" if multiply else "")
    kept = tuple(sorted(categories)) if len(categories) > 1 else ()
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
    distinct = text.drop_nulls().unique(maintain_order=True)
    parts, _, _ = _parse(distinct, form)
    parts_of_text = parts.with_columns(distinct.alias("text"))
    joined = text.to_frame("text").join(
        parts_of_text, on="text", how="left", maintain_order="left"
    )
    return joined["number"].alias(text.name), joined["unit"].alias(text.name)


def _parse(values: pl.Series, form: str) -> tuple[pl.DataFrame, Flags, pl.DataFrame]:
    """Return numbers and units, flags, and the two numbers of ranges."""
    table = values.alias("v").to_frame().rechunk()
    decimal = form[len("quantity")]
    first, second, flags, units, unit_names = _core.split_amounts(
        table, decimal, form.endswith("*")
    )
    units_by_code = pl.Series("unit", unit_names, dtype=pl.String)
    middle = np.where(np.isnan(second), first, (first + second) / 2)
    parts = pl.DataFrame(
        {
            "number": pl.Series(middle, nan_to_null=True),
            "unit": units_by_code.gather(pl.Series(units)),
        }
    )
    return parts, flags, pl.DataFrame({"a": first, "b": second})


def _decimal_mark(flags: Flags, *, is_currency: bool) -> str:
    """Return the decimal mark that the values prove, by default a point."""

    def count(flag: int) -> int:
        return int(np.count_nonzero(flags & flag))

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


def _is_code(values: pl.Series, flags: Flags, ranges: pl.DataFrame) -> bool:
    """Return whether most values are telephone or part numbers, such as 555-1234."""
    is_number = (flags & _IS_NUMBER) > 0
    is_bare = (flags & _IS_BARE_RANGE) > 0
    n_numbers = int(is_number.sum())
    if not n_numbers:
        return False
    if 2 * int(is_bare.sum()) > n_numbers:
        # The bands of a scale do not overlap: 18-24, 25-34.
        bands = ranges.filter(pl.Series(is_bare)).unique().sort("a", "b")
        return bool((bands["a"].shift(-1) < bands["b"]).any())
    is_spaced = (flags & _IS_SPACED) > 0
    if 2 * int(is_spaced.sum()) > n_numbers:
        lengths = values.filter(pl.Series(is_spaced)).str.count_matches(r"\d")
        return lengths.n_unique() == 1 and int(lengths[0]) >= _PHONE_DIGITS
    return False


def _multiplies(flags: Flags, parts: pl.DataFrame) -> bool:
    """Return whether the words after the numbers multiply them, as in 1.5k and 2M."""
    has_word = (flags & _HAS_AFTER) > 0
    if not has_word.any() or not ((flags & _IS_MULTIPLIED) > 0)[has_word].all():
        return False
    # One letter in all rows, as in "1.80 m", is a unit unless there is a currency.
    is_unit = ((flags & _MAY_BE_UNIT) > 0)[has_word].all()
    n_words = parts.filter(pl.Series(has_word))["unit"].n_unique()
    has_currency = ((flags & _HAS_BEFORE) > 0)[has_word].all()
    return bool(not is_unit or n_words > 1 or has_currency)


def _has_numbers(values: pl.Series) -> bool:
    sample = values.gather_every(max(1, len(values) // _SAMPLE))
    _, flags, _ = _parse(sample, "quantity.")
    return int((flags & _IS_NUMBER).sum()) >= _SHARE / 2 * len(sample)
