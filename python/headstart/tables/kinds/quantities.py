"""Numbers that text hides: behind a unit, a currency, a range, grouped digits."""

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
"""The number, and the words around it, where they differ from row to row."""

_SHARE = 0.9
"""Rows that must hold a number; the others are missing."""
_MOST_UNITS = 12
_SAMPLE = 200
_COMMON_SHARE = 0.95
"""Rows that must have one of the common units, where there are rare ones too."""
_FEWEST_NUMBERS = 3
# A unit of fewer rows than this, and of a smaller share, is no category of its own.
_UNIT_ROWS = 5
# Numbers with a point before three digits that show thousands, where others below 1,000
# have none.
_FEWEST_GROUPED = 10
# Digits of grouped numbers that are all of one length: telephone numbers.
_PHONE_DIGITS = 9

# What the compiled reader says of a value (`headstart-core`, parse/amounts.rs).
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
        ``"quantity"``, the decimal mark, and ``"*"`` where the words after a number
        multiply it.
    units : tuple of str
        Words that are a category of their own, sorted; none where all rows have the
        same.
    words : str
        What was found, for users.
    """

    form: str
    units: tuple[str, ...]
    words: str


def is_known_quantity(form: str) -> bool:
    """Return whether `find_quantity` can have returned that form."""
    return form in {"quantity.", "quantity,", "quantity.*", "quantity,*"}


def find_grouped(distinct: pl.Series) -> Quantity | None:
    """Return that points in plain numbers group thousands, None where none shows it.

    ``1.234`` is a thousand where ``999`` has no point, no value has another number of
    digits behind it, and none of four digits lacks it.

    Parameters
    ----------
    distinct : Series of String
        Different values that all read as numbers.
    """
    n_points = int(distinct.str.contains(".", literal=True).sum())
    if n_points < _FEWEST_GROUPED:
        return None
    _, flags, _ = _parse(distinct, "quantity.")
    if _decimal_mark(flags, is_currency=False) != ",":
        return None
    return Quantity("quantity,", (), "numbers in text; points group thousands")


def find_quantity(text: pl.Series) -> Quantity | None:
    """Return how a column of text writes numbers, None where it does not.

    It does where nine rows in ten are a number with the same few words (or none)
    before or after it, or a range of two.

    Parameters
    ----------
    text : Series of String
        Trimmed; null where blank.
    """
    counted = text.alias("v").drop_nulls().value_counts(name="n").sort("v")
    counted = counted.filter(~is_missing(counted["v"]))
    values = counted["v"]
    # One look at a few values settles it for nearly every column of words.
    if counted.height < _FEWEST_NUMBERS or not _looks(values):
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
    rows = int(table["n"].sum())
    held = table.filter(pl.col("number").is_not_null())
    if int(held["n"].sum()) < _SHARE * rows:
        return None
    if held["number"].n_unique() < _FEWEST_NUMBERS:
        return None
    units = table.group_by("unit").agg(pl.col("n").sum()).sort("unit")
    least = max(_UNIT_ROWS, rows // 2_000)
    common = units.filter((pl.col("n") >= least) | (pl.col("unit") == ""))
    # Many words, each of a few rows: a code such as 12A, not a unit.
    if common.height > _MOST_UNITS or (
        units.height > _MOST_UNITS
        and rows - int(common["n"].sum()) > (1 - _COMMON_SHARE) * rows
    ):
        return None
    named = [u for u in units["unit"].to_list() if u]
    kept = common.filter(pl.col("n") >= least)["unit"].to_list()
    shown = ", ".join(repr(u) for u in named[:4]) + (", ..." if len(named) > 4 else "")
    told = ["numbers in text"]
    if named:
        told.append(f"with {shown}")
    if multiply:
        told.append("words such as 'k' multiply them")
    if decimal == ",":
        told.append("with decimal commas")
    if bool((flags & _IS_RANGE).any()):
        told.append("ranges by their middle")
    n_lost = rows - int(held["n"].sum())
    if n_lost:
        told.append(f"{n_lost:,} without a number")
    form = f"quantity{decimal}" + ("*" if multiply else "")
    is_category = len(kept) > 1
    return Quantity(form, tuple(sorted(kept)) if is_category else (), "; ".join(told))


def split(text: pl.Series, form: str) -> tuple[pl.Series, pl.Series]:
    """Return the numbers and the words of a column of text.

    Parameters
    ----------
    form : str
        As `find_quantity` gave it.

    Returns
    -------
    number : Series of Float64
        The middle of a range; missing where there is none.
    unit : Series of String
        In lower case, ``""`` where there is none; what holds no number is all words.
    """
    distinct = text.drop_nulls().unique(maintain_order=True)
    parts, _, _ = _parse(distinct, form)
    known = parts.with_columns(distinct.alias("text"))
    joined = text.to_frame("text").join(
        known, on="text", how="left", maintain_order="left"
    )
    return joined["number"].alias(text.name), joined["unit"].alias(text.name)


def _parse(values: pl.Series, form: str) -> tuple[pl.DataFrame, Flags, pl.DataFrame]:
    """Return numbers and units, flags, and both numbers of ranges."""
    table = values.alias("v").to_frame().rechunk()
    decimal = form[len("quantity")]
    first, second, flags, units, names = _core.split_amounts(
        table, decimal, form.endswith("*")
    )
    names_of = pl.Series("unit", names, dtype=pl.String)
    middle = np.where(np.isnan(second), first, (first + second) / 2)
    parts = pl.DataFrame(
        {
            "number": pl.Series(middle, nan_to_null=True),
            "unit": names_of.gather(pl.Series(units)),
        }
    )
    return parts, flags, pl.DataFrame({"a": first, "b": second})


def _decimal_mark(flags: Flags, *, is_currency: bool) -> str:
    """Return the mark that values can only mean as the decimal one."""

    def count(flag: int) -> int:
        return int(np.count_nonzero(flags & flag))

    points, commas = count(_SHOWS_POINT), count(_SHOWS_COMMA)
    if points or commas:
        return "," if commas > points else "."
    if not count(_OPEN_POINT) or count(_OPEN_COMMA):
        return "."
    # Prices have no three decimals; other numbers without a mark are below 1,000.
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
        # Ranges that are bands do not overlap: 18-24, 25-34.
        bands = ranges.filter(pl.Series(is_bare)).unique().sort("a", "b")
        return bool((bands["a"].shift(-1) < bands["b"]).any())
    is_spaced = (flags & _IS_SPACED) > 0
    if 2 * int(is_spaced.sum()) > n_numbers:
        lengths = values.filter(pl.Series(is_spaced)).str.count_matches(r"\d")
        return lengths.n_unique() == 1 and int(lengths[0]) >= _PHONE_DIGITS
    return False


def _multiplies(flags: Flags, parts: pl.DataFrame) -> bool:
    """Return whether the words behind the numbers multiply them: 1.5k, 2M."""
    has_word = (flags & _HAS_AFTER) > 0
    if not has_word.any() or not ((flags & _IS_MULTIPLIED) > 0)[has_word].all():
        return False
    # One letter for all, such as "1.80 m", is a unit unless a currency says money.
    is_unit = ((flags & _MAY_BE_UNIT) > 0)[has_word].all()
    n_words = parts.filter(pl.Series(has_word))["unit"].n_unique()
    has_currency = ((flags & _HAS_BEFORE) > 0)[has_word].all()
    return bool(not is_unit or n_words > 1 or has_currency)


def _looks(values: pl.Series) -> bool:
    sample = values.gather_every(max(1, len(values) // _SAMPLE))
    _, flags, _ = _parse(sample, "quantity.")
    return int((flags & _IS_NUMBER).sum()) >= _SHARE / 2 * len(sample)
