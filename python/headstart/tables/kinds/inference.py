"""Kinds of columns, and their inference from type, values and name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import numpy as np
import polars as pl

from headstart.tables.kinds.dates import (
    DURATIONS,
    TIMES,
    DateFormats,
    find_formats,
    find_formats_of,
)
from headstart.tables.kinds.items import find_items
from headstart.tables.kinds.levels import level_text
from headstart.tables.kinds.numbers import to_numbers
from headstart.tables.kinds.quantities import Quantity, find_grouped, find_quantity
from headstart.tables.kinds.words import (
    HAS_DIGIT,
    HAS_LEADING_ZERO,
    HAS_POINT,
    IS_COMPACT,
    IS_EXPONENT,
    IS_FINITE,
    IS_MISSING,
    IS_NO_DATE,
    IS_NUMBER,
    IS_PADDED,
    Words,
    count_words,
)

__all__ = [
    "ColumnKind",
    "Inference",
    "has_identifier_name",
    "infer_kind",
    "texts_declared",
]

FEW_NUMBERS = 20
"""Numbers in text with at most this many different values are codes: categorical."""

_IDENTIFIER_ROWS = 20
_IDENTIFIER_SHARE = 0.95
_IDENTIFIER_NAME = re.compile(
    r"(^|[_\W])(id|ids|uid|uuid|guid|rowid|row[_ ]?(id|number|num|no)|rownames?)$"
    r"|^(index|idx)$"
    r"|[a-z](Id|ID|UUID)$",
    re.ASCII,
)
# Names that pandas and R give to an index that is written with the table.
_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")
_INDEX_NAME = re.compile(r"Unnamed: 0(\.\d+)*|level_0|column_1|")
# Names of integers that may rise by one without being row numbers.
_PERIOD_NAME = re.compile(
    r"(^|[_\W])(years?|yr|jahr|ann[eé]e|anno|año|ano|jaar|quarter|month|week|day|date"
    r"|time|period|epoch|step|age)$"
)
_YEARS = (1800, 2100)
_TEXT_WORDS = 3.0
_LOOK = 1_000
_FEW_VALUES = 50
_EXACT = 2.0**53
_TEXT_SHARE = 0.3
_TEXT_DISTINCT = 50


class ColumnKind(StrEnum):
    """The kind of a column's values; it decides how the column is encoded."""

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
        Notation of numbers in a numeric column of text
        (`headstart.tables.kinds.quantities`), or of lists in a column of lists
        (`headstart.tables.kinds.items`).
    units : tuple of str
        Units beside such numbers that become a category of their own.
    dates : DateFormats or None
        Formats of dates, times of day, months, weekdays or durations.
    order : str
        Order of day, month and year that the user declared, "" for none.
    n_read : int or None
        Rows whose text holds a number, where they were counted.
    """

    kind: ColumnKind
    reason: str
    form: str = ""
    units: tuple[str, ...] = ()
    dates: DateFormats | None = None
    order: str = ""
    n_read: int | None = None

    @classmethod
    def of_dates(cls, dates: DateFormats, reason: str = "") -> Self:
        """Return the kind of a column whose text holds dates, times or durations.

        Dates are a datetime column; times of day, months, weekdays and durations are
        numeric.
        """
        is_moment = dates.kind == "moment"
        kind = ColumnKind.DATETIME if is_moment else ColumnKind.NUMERIC
        return cls(kind, reason or dates.words, dates=dates)

    @classmethod
    def of_quantity(cls, quantity: Quantity) -> Self:
        """Return the kind of a column whose text holds numbers."""
        return cls(
            ColumnKind.NUMERIC,
            quantity.words,
            quantity.form,
            quantity.units,
            n_read=quantity.n_read,
        )


def texts_declared(overrides: Mapping[str, ColumnKind | str] | None) -> tuple[str, ...]:
    """Return the columns whose declared kind is one of text.

    They are read from files as text, since ``00501`` is not 501.

    Examples
    --------
    >>> texts_declared({"zip": "categorical", "age": "numeric"})
    ('zip',)
    """
    kinds = (ColumnKind.CATEGORICAL, ColumnKind.TEXT, ColumnKind.IDENTIFIER)
    return tuple(name for name, kind in (overrides or {}).items() if kind in kinds)


def infer_kind(series: pl.Series) -> Inference:
    """Return the kind of a column, inferred from its type, values and name.

    The first rule that fits decides. A column with at most one value is constant.
    The types for booleans, dates, lists and categories (Enum) decide the kind. Numbers
    are numeric unless they count the rows, are all different in a column named as an
    identifier, or are the index that pandas or R wrote with the table; integers such
    as 20210824 are dates. Text is numeric if all of it is numbers, datetime if 95 % is
    dates in known formats (times of day, months, weekdays and durations are numeric),
    numeric if 90 % are numbers with units or ranges, a list if cells have several of a
    few items, text if it is sentences, an identifier if 95 % of the values are
    different, and otherwise categorical.

    Raises
    ------
    ValueError
        If the column has mappings, bytes or lists of lists, which have no kind.
    """
    dtype = series.dtype
    n_values = series.len() - series.null_count()
    if n_values == 0:
        return Inference(ColumnKind.CONSTANT, "all values are missing")
    if _UNNAMED_INDEX.fullmatch(series.name):
        return Inference(ColumnKind.IDENTIFIER, "the index of the table, written")
    if isinstance(dtype, pl.List) and not dtype.inner.is_nested():
        return Inference(ColumnKind.LIST, f"type {dtype}", "items[")
    if dtype.is_nested() or dtype in (pl.Object, pl.Binary):
        raise ValueError(f"no kind for {dtype}")
    if _is_constant(series, n_values):
        shown = repr(series[0])[:40]
        return Inference(ColumnKind.CONSTANT, f"every value is {shown}")
    if dtype == pl.Boolean:
        return Inference(ColumnKind.BOOLEAN, "true and false")
    if dtype == pl.Time:
        return Inference.of_dates(DateFormats(TIMES, "time"), "times of day")
    if dtype == pl.Duration:
        return Inference.of_dates(DateFormats(DURATIONS, "duration"), f"type {dtype}")
    if dtype in (pl.Date, pl.Datetime):
        return Inference(ColumnKind.DATETIME, f"type {dtype}")
    if dtype == pl.Enum:
        return Inference(ColumnKind.CATEGORICAL, "declared categories")
    if dtype == pl.String:
        return _infer_text(series)
    if dtype == pl.Categorical:
        return _infer_words(series.name, count_words(series.cast(pl.String)))
    return _infer_number(series)


def _infer_number(series: pl.Series) -> Inference:
    numbers = to_numbers(series)
    if numbers.null_count() == numbers.len():
        return Inference(ColumnKind.CONSTANT, "no value is a finite number")
    whole = _whole(series)
    if whole is not None:
        dates = find_formats(whole)
        if dates is not None:
            reason = (
                f"integers that hold {dates.words.removeprefix('text that holds ')}"
            )
            return Inference.of_dates(dates, reason)
    if whole is not None and whole.len() >= _IDENTIFIER_ROWS:
        if _INDEX_NAME.fullmatch(series.name) and _is_near_unique(whole):
            return Inference(ColumnKind.IDENTIFIER, "the index of the table, written")
        if _counts_rows(whole) and not _is_period(whole):
            return Inference(ColumnKind.IDENTIFIER, "integers that count the rows")
        if has_identifier_name(series.name) and _is_near_unique(whole):
            return Inference(
                ColumnKind.IDENTIFIER, "integers, all different, named as an identifier"
            )
    return Inference(ColumnKind.NUMERIC, f"type {series.dtype}")


def _whole(series: pl.Series) -> pl.Series | None:
    """Return a column of whole numbers as integers, None if some are not whole.

    In pandas, integers with a missing value are floats.
    """
    if series.dtype.is_integer():
        return series
    if not series.dtype.is_float():
        return None
    # The first values are enough for nearly every column of floats. NumPy is ten times
    # as fast as an expression there.
    for part in (series.head(_LOOK), series):
        values = part.to_numpy()
        values = values[~np.isnan(values)]
        if not ((values == np.floor(values)) & (np.abs(values) < _EXACT)).all():
            return None
    return series.fill_nan(None).cast(pl.Int64)


def _infer_text(series: pl.Series) -> Inference:
    name = series.name
    words = count_words(series)
    if words.have(IS_PADDED).any():
        words = count_words(level_text(series))
    if not len(words):
        return Inference(ColumnKind.CONSTANT, "all values are blank")
    if len(words) == 1 and words.n_rows == series.len():
        shown = repr(words.values[0][:40])
        return Inference(ColumnKind.CONSTANT, f"every value is {shown}")
    is_plain = bool(words.have(IS_NUMBER | IS_MISSING).all())
    number = _infer_number_text(name, words) if is_plain else None
    if number is not None:
        return number
    if not is_plain and _may_hold_numbers(words):
        dates = find_formats_of(words)
        if dates is not None:
            return Inference.of_dates(dates)
        quantity = None if has_identifier_name(name) else find_quantity(words)
        if quantity is not None:
            return Inference.of_quantity(quantity)
    if not is_plain:
        items = find_items(words)
        if items is not None:
            return Inference(ColumnKind.LIST, items.words, items.form)
    return _infer_words(name, words)


def _may_hold_numbers(words: Words) -> bool:
    """Return whether a few values have digits, or names of months or weekdays.

    They are enough for nearly every column of words.
    """
    sample = words[:: max(1, len(words) // _FEW_VALUES)]
    if sample.have(HAS_DIGIT).any():
        return True
    once_each = replace(sample, counts=np.ones_like(sample.counts))
    return find_formats_of(once_each) is not None


def _infer_number_text(name: str, words: Words) -> Inference | None:
    n_numbers = int(words.have(IS_FINITE).sum())
    n_others = len(words) - n_numbers
    has_zero = words.have(HAS_LEADING_ZERO)
    if n_numbers == 0 or (has_zero & ~words.have(IS_NO_DATE)).any():
        return None
    if n_others == 0 and n_numbers <= FEW_NUMBERS:
        return None
    missing = f"; {n_others} other words stand for missing" if n_others else ""
    if n_numbers >= _IDENTIFIER_ROWS and has_identifier_name(name):
        return None  # Named as an identifier: the share of different values decides.
    if _INDEX_NAME.fullmatch(name) and len(words) >= _IDENTIFIER_SHARE * words.n_rows:
        return Inference(ColumnKind.IDENTIFIER, "the index of the table, written")
    dates = find_formats_of(words) if words.have(IS_COMPACT).all() else None
    if dates is not None:
        return Inference.of_dates(dates)
    if has_zero.any() or _is_code_of_digits(words):
        return None
    grouped = find_grouped(words)
    if grouped is not None:
        return Inference.of_quantity(grouped)
    return Inference(ColumnKind.NUMERIC, f"text that holds numbers{missing}")


def _is_code_of_digits(words: Words) -> bool:
    """Return whether numbers in text are codes, as ``1E5``, or ``1.1`` and ``1.10``.

    A program writes numbers with an exponent with a sign or a point, too. Versions may
    differ by a trailing zero alone, numbers do not.
    """
    words = words[~words.have(IS_MISSING)]
    values = words.values
    if words.have(IS_EXPONENT).any():
        return not bool(values.str.contains(r"[.+-]").any())
    if not words.have(HAS_POINT).all():
        return False
    ends = values.filter(values.str.contains(r"^\d+\.\d*0$"))
    if ends.len() and bool(values.str.contains(r"^\d+\.\d+$").all()):
        twins = ends.str.strip_chars_end("0").is_in(values.to_list())
        return 2 * int(twins.sum()) >= ends.len()
    return False


def _infer_words(name: str, words: Words) -> Inference:
    n_values, n_distinct = words.n_rows, len(words)
    share = n_distinct / max(1, n_values)
    if n_distinct > _TEXT_DISTINCT and share > _TEXT_SHARE:
        n_words = _words_per_text(words.values)
        if n_words >= _TEXT_WORDS:
            return Inference(ColumnKind.TEXT, f"sentences, {n_words:.1f} words each")
    if n_values >= _IDENTIFIER_ROWS and share >= _IDENTIFIER_SHARE:
        if _INDEX_NAME.fullmatch(name):
            return Inference(ColumnKind.IDENTIFIER, "the index of the table, written")
        named = ", named as an identifier" if has_identifier_name(name) else ""
        return Inference(
            ColumnKind.IDENTIFIER,
            f"{n_distinct:,} of {n_values:,} values are different{named}",
        )
    return Inference(ColumnKind.CATEGORICAL, f"text of {n_distinct:,} different values")


def _words_per_text(values: pl.Series) -> float:
    """Return the mean number of words, 0 if most values have no letter."""
    text = pl.col("v").str
    n_words, n_with_letters = (
        values.to_frame("v")
        .select(n=text.count_matches(r"\S+").mean(), k=text.contains(r"\p{L}").sum())
        .row(0)
    )
    # Telephone numbers are not sentences.
    return 0.0 if 2 * n_with_letters < len(values) else float(n_words)


def _is_constant(series: pl.Series, n_values: int) -> bool:
    if n_values < series.len():
        return False
    # In most columns the first and last values differ, which is enough.
    return bool(series[0] == series[-1]) and series.n_unique() == 1


def _counts_rows(series: pl.Series) -> bool:
    n_rows = series.len()
    if series.null_count() or int(series[-1]) - int(series[0]) != n_rows - 1:
        return False
    return bool((series.diff().drop_nulls() == 1).all())


def _is_period(series: pl.Series) -> bool:
    """Return whether integers that rise by one are years or other periods."""
    if _PERIOD_NAME.search(series.name.lower()):
        return True
    low, high = _YEARS
    first, last = int(series[0]), int(series[-1])
    return low <= first and last <= high and not has_identifier_name(series.name)


def _is_near_unique(series: pl.Series) -> bool:
    n_values = series.count()
    return series.drop_nulls().n_unique() >= _IDENTIFIER_SHARE * n_values


def has_identifier_name(name: str) -> bool:
    """Return whether a name is that of an identifier: id, customerID, row_number."""
    return bool(_IDENTIFIER_NAME.search(name) or _IDENTIFIER_NAME.search(name.lower()))
