"""Numbers that text hides: behind a unit, a currency, a range, grouped digits."""

import re
from dataclasses import dataclass

import polars as pl

__all__ = ["QUANTITY_PARTS", "Quantity", "find_quantity", "is_known_quantity", "split"]

QUANTITY_PARTS = ("number", "unit")
"""The number, and the words around it, where they differ from row to row."""

_SHARE = 0.9
"""Rows that must hold a number; the others are missing."""
_MOST_UNITS = 12
_SAMPLE = 200
_COMMON_SHARE = 0.95
"""Rows that must have one of the common units, where there are rare ones too."""
_FEWEST_NUMBERS = 3
_LONGEST_UNIT = 24
# A unit of fewer rows than this, and of a smaller share, is no category of its own.
_UNIT_ROWS = 5

_MULTIPLIERS = {
    "k": 1e3, "thousand": 1e3, "lakh": 1e5, "lac": 1e5, "lakhs": 1e5, "m": 1e6,
    "mn": 1e6, "mio": 1e6, "million": 1e6, "cr": 1e7, "crore": 1e7, "crores": 1e7,
    "b": 1e9, "bn": 1e9, "billion": 1e9,
}  # fmt: skip

_SPACE = r"[\s\u00a0]"
_BEFORE = rf"(?:[~≈<>≤≥=+±]|[$€£¥₹₽]|(?:usd|eur|gbp|chf|inr|rs)\b\.?){_SPACE}?"
_GROUPED = r"\d{1,3}(?:[ ,.'\u2019\u00a0\u202f]\d{3})+(?:[.,]\d+)?"
_NUMBER = rf"[-\u2212]?(?:{_GROUPED}|\d+(?:[.,]\d+)?|[.,]\d+)"
_RANGE = rf"{_SPACE}*(?:[-\u2013\u2014]|\.\.|\bto\b|\bbis\b){_SPACE}*(?:{_BEFORE})*"
_PATTERN = (
    rf"(?i)^(?P<before>(?:{_BEFORE})*)(?P<first>{_NUMBER})"
    rf"(?:{_RANGE}(?P<second>{_NUMBER}))?"
    rf"{_SPACE}*(?P<after>[^\d\s][^\d]*?[23²³]?)?$"
)
_ODD_COMMA = re.compile(r",(\d{1,2}|\d{4,})$|\.\d{3},|^,\d")
_ODD_POINT = re.compile(r"\.(\d{1,2}|\d{4,})$|,\d{3}\.|^\.\d")


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
    values = counted["v"]
    # One look at a few values settles it for nearly every column of words.
    if counted.height < _FEWEST_NUMBERS or not _looks(values):
        return None
    if values.str.contains(r"^\s*0\d").any():  # a code: 00501
        return None
    decimal = _decimal_mark(values)
    parts = _parse(values, decimal)
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
    multiply = bool(named) and all(u in _MULTIPLIERS for u in named)
    kept = common.filter(pl.col("n") >= least)["unit"].to_list()
    shown = ", ".join(repr(u) for u in named[:4]) + (", ..." if len(named) > 4 else "")
    told = ["numbers in text"]
    if named:
        told.append(f"with {shown}")
    if bool(held["is_range"].any()):
        told.append("ranges by their middle")
    n_lost = rows - int(held["n"].sum())
    if n_lost:
        told.append(f"{n_lost:,} without a number")
    form = f"quantity{decimal}" + ("*" if multiply else "")
    is_category = len(kept) > 1 and not multiply
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
    parts = _parse(distinct, form[len("quantity")])
    if form.endswith("*"):
        factor = pl.col("unit").replace_strict(
            _MULTIPLIERS, default=1.0, return_dtype=pl.Float64
        )
        parts = parts.with_columns(pl.col("number") * factor)
    known = parts.with_columns(distinct.alias("text"))
    joined = text.to_frame("text").join(
        known, on="text", how="left", maintain_order="left"
    )
    return joined["number"].alias(text.name), joined["unit"].alias(text.name)


def _parse(values: pl.Series, decimal: str) -> pl.DataFrame:
    trimmed = pl.col("v").str.strip_chars()
    found = values.to_frame("v").with_columns(
        trimmed.str.extract_groups(_PATTERN).alias("g")
    )
    found = found.with_columns(
        first=_to_float(pl.col("g").struct.field("first"), decimal),
        second=_to_float(pl.col("g").struct.field("second"), decimal),
        before=pl.col("g").struct.field("before"),
        after=pl.col("g").struct.field("after"),
    )
    # A range that falls is no range: a phone number, a score.
    falls = pl.col("second").is_not_null() & (pl.col("second") <= pl.col("first"))
    is_number = pl.col("first").is_finite() & ~falls
    around = (
        pl.col("before").fill_null("").str.strip_chars()
        + pl.col("after").fill_null("").str.strip_chars()
    )
    unit = (
        pl.when(is_number.fill_null(value=False))
        .then(around)
        .otherwise(trimmed)
        .str.to_lowercase()
        .str.replace_all(r"[\s\u00a0]+", " ")
        .str.strip_chars(" .,")
        .str.slice(0, _LONGEST_UNIT)
    )
    middle = (pl.col("first") + pl.col("second").fill_null(pl.col("first"))) / 2
    return found.select(
        number=pl.when(is_number).then(middle),
        unit=unit,
        is_range=is_number & pl.col("second").is_not_null(),
    )


def _to_float(digits: pl.Expr, decimal: str) -> pl.Expr:
    grouping = (
        r"[ .'\u2019\u00a0\u202f]" if decimal == "," else r"[ ,'\u2019\u00a0\u202f]"
    )
    plain = digits.str.replace_all(grouping, "").str.replace_all("\u2212", "-")
    return plain.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)


def _decimal_mark(values: pl.Series) -> str:
    """Return the mark that some value can only mean as a decimal one."""
    numbers = values.str.extract(f"({_NUMBER})", 1).drop_nulls().head(5_000)
    points = commas = 0
    for number in numbers.to_list():
        points += bool(_ODD_POINT.search(number))
        commas += bool(_ODD_COMMA.search(number))
    return "," if commas > points else "."


def _looks(values: pl.Series) -> bool:
    sample = values.gather_every(max(1, len(values) // _SAMPLE))
    found = sample.str.strip_chars().str.contains(_PATTERN)
    return int(found.sum() or 0) >= _SHARE / 2 * len(sample)
