"""Kinds of columns, and how they are inferred."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl

from headstart.tables.kinds.dates import find_format, in_format
from headstart.tables.kinds.items import find_items
from headstart.tables.kinds.numbers import find_text, has_leading_zeros, to_numbers
from headstart.tables.kinds.quantities import find_quantity

__all__ = ["ColumnKind", "Inference", "has_identifier_name", "infer_kind"]

FEW_NUMBERS = 20
"""Text of at most this many different numbers stays categorical: they are codes."""

_IDENTIFIER_ROWS = 20
_IDENTIFIER_SHARE = 0.95
_IDENTIFIER_NAME = re.compile(
    r"(^|[_\W])(id|ids|uid|uuid|guid|index|rowid|row[_ ]?(id|number|num|no)|rownames?)$"
    r"|[a-z](Id|ID|UUID)$",
    re.ASCII,
)
_TEXT_WORDS = 3.0
_TEXT_SHARE = 0.3
_TEXT_DISTINCT = 50


class ColumnKind(StrEnum):
    """The kind of a column's values, which decides its treatment."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    TEXT = "text"
    LIST = "list"
    IDENTIFIER = "identifier"  # left out
    CONSTANT = "constant"  # left out

    @property
    def is_used(self) -> bool:
        """True if a column of this kind becomes features."""
        return self not in (ColumnKind.IDENTIFIER, ColumnKind.CONSTANT)


@dataclass(frozen=True, slots=True)
class Inference:
    """An inferred kind, and the reason in words.

    Parameters
    ----------
    kind : ColumnKind
    reason : str
    form : str
        ``strptime`` format, for a datetime column of text; how numbers are written,
        for a numeric one (`headstart.tables.kinds.quantities`); how lists are written,
        for one of lists (`headstart.tables.kinds.items`).
    units : tuple of str
        Words beside such numbers that are a category of their own.
    """

    kind: ColumnKind
    reason: str
    form: str = ""
    units: tuple[str, ...] = ()


def infer_kind(series: pl.Series) -> Inference:
    """Infer the kind of a column from its type, its values and its name.

    The rules, first match wins: nothing or one value is a constant; booleans, dates,
    lists and declared categories (Enum) are what they say; numbers are numeric unless
    they count the rows, or are all different under the name of an identifier; text is
    numeric where all of it reads as numbers, datetime where 95 % reads as dates in
    one format, numeric where 90 % are numbers with units or ranges, a list where
    cells hold several of a few items, text where it is sentences, an identifier where
    95 % of the values are different, and categorical otherwise.

    Raises
    ------
    ValueError
        If the column holds mappings, bytes or lists of lists, for which there is no
        kind.
    """
    dtype = series.dtype
    n_values = series.len() - series.null_count()
    if n_values == 0:
        return Inference(ColumnKind.CONSTANT, "all values are missing")
    if isinstance(dtype, pl.List) and not dtype.inner.is_nested():
        return Inference(ColumnKind.LIST, f"type {dtype}", "items[")
    if dtype.is_nested() or dtype in (pl.Object, pl.Binary):
        raise ValueError(f"no kind for {dtype}")
    if _is_constant(series, n_values):
        shown = repr(series[0])[:40]
        return Inference(ColumnKind.CONSTANT, f"every value is {shown}")
    if dtype == pl.Boolean:
        return Inference(ColumnKind.BOOLEAN, "true and false")
    if dtype in (pl.Date, pl.Datetime):
        return Inference(ColumnKind.DATETIME, f"type {dtype}")
    if dtype == pl.Enum:
        return Inference(ColumnKind.CATEGORICAL, "declared categories")
    if dtype == pl.String:
        return _infer_text(series)
    if dtype == pl.Categorical:
        return _infer_words(series.name, series.cast(pl.String), _distinct(series))
    return _infer_number(series)


def _infer_number(series: pl.Series) -> Inference:
    numbers = to_numbers(series)
    if numbers.null_count() == numbers.len():
        return Inference(ColumnKind.CONSTANT, "no value is a finite number")
    if series.dtype.is_integer() and series.len() >= _IDENTIFIER_ROWS:
        if _counts_rows(series):
            return Inference(ColumnKind.IDENTIFIER, "integers that count the rows")
        if has_identifier_name(series.name) and _is_near_unique(series):
            return Inference(
                ColumnKind.IDENTIFIER, "integers, all different, named as an identifier"
            )
    return Inference(ColumnKind.NUMERIC, f"type {series.dtype}")


def _infer_text(series: pl.Series) -> Inference:
    trimmed = pl.col("v").str.strip_chars()
    text = series.to_frame("v").select(pl.when(trimmed != "").then(trimmed))["v"]
    text = text.alias(series.name)
    n_values = text.count()
    if n_values == 0:
        return Inference(ColumnKind.CONSTANT, "all values are blank")
    distinct = _distinct(text)
    if len(distinct) == 1 and n_values == text.len():
        return Inference(ColumnKind.CONSTANT, f"every value is {distinct[0][:40]!r}")
    number = _infer_number_text(text, distinct)
    if number is not None:
        return number
    form = find_format(text)
    if form is not None:
        reason = f"text that holds dates, written as {in_format(form)}"
        return Inference(ColumnKind.DATETIME, reason, form)
    quantity = find_quantity(text)
    if quantity is not None and not has_identifier_name(series.name):
        return Inference(
            ColumnKind.NUMERIC, quantity.words, quantity.form, quantity.units
        )
    items = find_items(text)
    if items is not None:
        return Inference(ColumnKind.LIST, items.words, items.form)
    return _infer_words(series.name, text, distinct)


def _infer_number_text(text: pl.Series, distinct: pl.Series) -> Inference | None:
    # One look at a few values settles it for nearly every column of words.
    if find_text(distinct.head(50)) is not None or find_text(distinct) is not None:
        return None
    numbers = to_numbers(distinct)
    n_numbers = numbers.count()
    n_words = len(distinct) - n_numbers
    if n_numbers == 0 or has_leading_zeros(distinct):
        return None
    if n_words == 0 and n_numbers <= FEW_NUMBERS:
        return None
    missing = f"; {n_words} other words stand for missing" if n_words else ""
    if n_numbers >= _IDENTIFIER_ROWS and has_identifier_name(text.name):
        return None  # Named as an identifier: judged by how many are different.
    return Inference(ColumnKind.NUMERIC, f"text that holds numbers{missing}")


def _infer_words(name: str, text: pl.Series, distinct: pl.Series) -> Inference:
    n_values, n_distinct = text.count(), len(distinct)
    share = n_distinct / max(1, n_values)
    words = _mean(distinct.str.count_matches(r"\S+"))
    if n_distinct > _TEXT_DISTINCT and share > _TEXT_SHARE and words >= _TEXT_WORDS:
        return Inference(ColumnKind.TEXT, f"sentences, {words:.1f} words each")
    if n_values >= _IDENTIFIER_ROWS and share >= _IDENTIFIER_SHARE:
        named = ", named as an identifier" if has_identifier_name(name) else ""
        return Inference(
            ColumnKind.IDENTIFIER,
            f"{n_distinct:,} of {n_values:,} values are different{named}",
        )
    return Inference(ColumnKind.CATEGORICAL, f"text of {n_distinct:,} different values")


def _distinct(series: pl.Series) -> pl.Series:
    # In order of appearance, so that the answer is the same at every call.
    return series.drop_nulls().unique(maintain_order=True).cast(pl.String)


def _is_constant(series: pl.Series, n_values: int) -> bool:
    if n_values < series.len():
        return False
    # Most columns differ at their ends: one look settles it.
    return bool(series[0] == series[-1]) and series.n_unique() == 1


def _counts_rows(series: pl.Series) -> bool:
    n_rows = series.len()
    if series.null_count() or int(series[-1]) - int(series[0]) != n_rows - 1:
        return False
    return bool((series.diff().drop_nulls() == 1).all())


def _is_near_unique(series: pl.Series) -> bool:
    n_values = series.count()
    return series.drop_nulls().n_unique() >= _IDENTIFIER_SHARE * n_values


def has_identifier_name(name: str) -> bool:
    """Return whether a name is that of an identifier: id, customerID, row_number."""
    return bool(_IDENTIFIER_NAME.search(name) or _IDENTIFIER_NAME.search(name.lower()))


def _mean(series: pl.Series) -> float:
    value: Any = series.mean()
    return float(value) if value is not None else 0.0
