"""Dates, times and durations: their formats in text, and the numbers made of them."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
import polars as pl

from headstart import _core
from headstart.exceptions import ColumnError
from headstart.tables.kinds.numbers import is_missing
from headstart.tables.kinds.words import IS_NO_DATE, Words, count_words, flag_words

__all__ = [
    "CYCLE_PARTS",
    "DURATIONS",
    "ORDERS",
    "PARTS",
    "TIMES",
    "DateFormats",
    "class_of_format",
    "cycle_parts",
    "date_parts",
    "find_formats",
    "find_formats_of",
    "in_format",
    "is_known_zone",
    "is_no_date",
    "origin",
    "read_clock",
    "read_moments",
    "read_steps",
    "to_clock",
    "zone_of_offsets",
]

PARTS = ("days", "year", "month", "day", "weekday", "hour")
"""Days since the first training value, with fraction; month 1-12; weekday 1-7 from
Monday; hour with fraction."""

CYCLE_PARTS = ("number", "sine", "cosine")
"""A time of day in seconds, or the number of a month or weekday, and its position on a
circle, where 23:59 is next to 0:00."""

TIMES = ("%H:%M:%S", "%H:%M")
"""Formats of text for columns of times of day that were not text in training."""

DURATIONS = ("%D", "%h:%M:%S", "%h:%M")
"""Formats of text for columns of durations that were not text in training."""

ORDERS = ("dmy", "mdy", "ymd")
"""Orders of day, month and year that a user may declare."""

_ISO = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
)  # fmt: skip
"""Unambiguous formats, which every column of dates accepts."""

_CYCLES = {"time": (0.0, 86_400.0), "month": (1.0, 12.0), "weekday": (1.0, 7.0)}
_DIRECTIVES = {
    "%Y": "%Y", "%y": "%y", "%m": "%m", "%d": "%d", "%b": "%b", "%a": "%a", "%H": "%H",
    "%I": "%I", "%p": "%p", "%M": "%M", "%S": "%S", "%j": "%j", "%G": "%G", "%V": "%V",
    "%u": "%u", "%z": "+00:00", "%q": "4", "%s": "2", "%h": "23",
    "%D": "1 days 02:30:00",
}  # fmt: skip
_ZONE = re.compile(r"[A-Za-z0-9_+\-/:]{1,64}")
_DAY = 86_400e6  # microseconds
# Ranges of integers that may be dates, such as 20210824 or 202108.
_COMPACT = ((190001, 219912), (19000101, 21991231), (19000101000000, 21991231235959))
_SAMPLE = 200


@dataclass(frozen=True, slots=True)
class DateFormats:
    """The formats of a column of dates, times or durations as text.

    Parameters
    ----------
    formats : tuple of str
        In the order in which they are tried, of the grammar that `class_of_format`
        checks.
    kind : str
        ``"moment"``, ``"time"``, ``"month"``, ``"weekday"`` or ``"duration"``.
    is_ambiguous : bool
        Whether day and month could change places in every value.
    """

    formats: tuple[str, ...]
    kind: str
    is_ambiguous: bool = False

    @property
    def words(self) -> str:
        """A description of the formats, for users."""
        shown = " or ".join(in_format(f) for f in self.formats[:3])
        more = f" and {len(self.formats) - 3} more" if len(self.formats) > 3 else ""
        noun = {
            "moment": "dates",
            "time": "times of day",
            "month": "months",
            "weekday": "weekdays",
            "duration": "durations",
        }[self.kind]
        doubt = "; day and month could change places" if self.is_ambiguous else ""
        return f"text that holds {noun}, written as {shown}{more}{doubt}"


def in_format(form: str) -> str:
    """Return the last evening of 1999 in a format, as an example for people.

    It is not a value of the table, because the reasons of columns are stored in models.

    Examples
    --------
    >>> (
    ...     in_format("%d/%m/%y %H:%M"),
    ...     in_format("%Y-%m-%dT%H:%M:%S%z"),
    ...     in_format("%YQ%q"),
    ... )
    ('31/12/99 23:58', '1999-12-31T23:58:57+00:00', '1999Q4')
    """
    moment = datetime(1999, 12, 31, 23, 58, 57)
    return re.sub(
        "%[A-Za-z]",
        lambda match: moment.strftime(_DIRECTIVES.get(match[0], "")),
        form,
    )


@lru_cache(maxsize=512)
def class_of_format(form: str) -> str | None:
    """Return the class of a format's values, None if the format is not in the grammar.

    Examples
    --------
    >>> class_of_format("%d.%m.%Y"), class_of_format("%H:%M"), class_of_format("%d %d")
    ('moment', 'time', None)
    """
    return _core.class_of_format(form)


def find_formats(series: pl.Series, order: str | None = None) -> DateFormats | None:
    """Return the formats of a column of dates, times or durations.

    None if less than 95 % of the values are in known formats of one class. Words for
    missing values do not count.

    Parameters
    ----------
    series : Series of String or of integers
        Integers are dates if nearly all have the form ``20210824`` or ``202108``.
    order : str or None
        ``"dmy"``, ``"mdy"`` or ``"ymd"`` if declared; otherwise all values decide.
    """
    if series.dtype.is_integer():
        return _find_compact(series)
    return find_formats_of(count_words(series.cast(pl.String)), order)


def find_formats_of(words: Words, order: str | None = None) -> DateFormats | None:
    """Return the formats of the words of a column; `order` is as for `find_formats`."""
    words = words[~words.have(IS_NO_DATE)]
    if len(words) > 10 * _SAMPLE and order is None:
        # One look at a few values settles it for nearly every column of words.
        sample = words[:: len(words) // _SAMPLE][:_SAMPLE]
        if _find(sample, order) is None and _find(words[:_SAMPLE], order) is None:
            return None
    return _find(words, order)


def _find(words: Words, order: str | None) -> DateFormats | None:
    if not len(words):
        return None
    formats_of_text = _core.find_formats(words.values.to_frame(), words.counts, order)
    if formats_of_text is None:
        return None
    formats, kind, is_ambiguous = formats_of_text
    return DateFormats(tuple(formats), kind, is_ambiguous)


def _find_compact(series: pl.Series) -> DateFormats | None:
    low, high = series.min(), series.max()
    if not isinstance(low, int) or not isinstance(high, int):
        return None
    if not any(least <= low and high <= most for least, most in _COMPACT):
        return None
    text = series.drop_nulls().cast(pl.String)
    dates = _find(count_words(text), None)
    if dates is None or dates.kind != "moment":
        return None
    values, _ = read_moments(text, dates.formats)
    return None if values.null_count() else dates


def is_no_date(text: pl.Series) -> pl.Series:
    """Return a mask of values that are missing, or a date of zeros: ``0000-00-00``."""
    return pl.Series(text.name, flag_words(text) & IS_NO_DATE != 0)


def read_moments(
    text: pl.Series, formats: tuple[str, ...]
) -> tuple[pl.Series, pl.Series]:
    """Return the values of text in the given formats, and their offsets from UTC.

    Parameters
    ----------
    text : Series of String
    formats : tuple of str
        Tried in order; the first that fits a value decides.

    Returns
    -------
    values : Series of Int64
        Microseconds since 1970 in local time, since midnight, or of a duration; the
        number of a month or weekday. Missing where no format fits.
    offsets : Series of Int32
        Minutes from UTC, missing where the text has none.
    """
    table = text.alias("v").to_frame().rechunk()
    values, offsets = _core.read_moments(table, list(formats))
    return (
        _with_missing(pl.Series("v", values), np.iinfo(np.int64).min),
        _with_missing(pl.Series("o", offsets), np.iinfo(np.int32).min),
    )


def _with_missing(series: pl.Series, missing: int) -> pl.Series:
    name = series.name
    present = pl.when(pl.col(name) != missing).then(pl.col(name))
    return series.to_frame().select(present.alias(name))[name]


def read_clock(
    series: pl.Series, formats: tuple[str, ...], zone: str, *, column: str
) -> tuple[pl.Series, int]:
    """Return local times as Datetime, and the number of values that are not dates.

    Parameters
    ----------
    series : Series
        Dates and times, text, or integers if `formats` consist of digits alone.
    formats : tuple of str
        Formats of text; ISO 8601 is accepted, too.
    zone : str
        Time zone of the result, "" for times as written.
    column : str
        Name of the column, for messages.

    Raises
    ------
    ColumnError
        If the column has neither dates nor text.
    """
    dtype = series.dtype
    if dtype.is_temporal() and dtype not in (pl.Time, pl.Duration):
        moments = series.cast(pl.Datetime("us")) if dtype == pl.Date else series
        return to_clock(moments, zone), 0
    if dtype == pl.Null:
        return series.cast(pl.Datetime("us")), 0
    is_text = dtype == pl.String or isinstance(dtype, pl.Categorical | pl.Enum)
    is_digits = dtype.is_numeric() and any(_is_compact(f) for f in formats)
    if not (is_text or is_digits):
        raise ColumnError(
            f"Column {column!r} must hold dates. Got {dtype} instead. "
            "hint: convert it to dates first, or declare another kind."
        )
    if is_digits:
        series = series.cast(pl.Int64, strict=False)
    text = series.cast(pl.String)
    values, offsets = read_moments(text, (*formats, *_ISO))
    n_unread = int((values.is_null() & ~is_no_date(text)).sum())
    if zone and offsets.null_count() < offsets.len():
        instants = values - offsets.cast(pl.Int64) * 60_000_000
        in_zone = to_clock(instants.cast(pl.Datetime("us", "UTC")), zone).to_physical()
        table = pl.DataFrame({"v": values, "t": in_zone})
        values = table.select(pl.coalesce("t", "v"))["t"]
    return values.cast(pl.Datetime("us")).alias(series.name), n_unread


def _is_compact(form: str) -> bool:
    return all(c == "%" or c.isalpha() for c in form)


def zone_of_offsets(series: pl.Series, formats: tuple[str, ...]) -> str:
    """Return the zone of text whose values have one offset of whole hours, else "".

    Text with several offsets, such as those of summer and winter, is read as the local
    time that is written.
    """
    _, offsets = read_moments(series.cast(pl.String), formats)
    different = offsets.drop_nulls().unique()
    if different.len() != 1:
        return ""
    minutes = int(different[0])
    if minutes == 0:
        return "UTC"
    # POSIX names have the opposite sign.
    return (
        ""
        if minutes % 60 or not -14 * 60 <= -minutes <= 12 * 60
        else (f"Etc/GMT{-minutes // 60:+d}")
    )


def read_steps(series: pl.Series, formats: tuple[str, ...]) -> tuple[pl.Series, int]:
    """Return times of day or durations in seconds, or numbers of months or weekdays.

    Returns
    -------
    numbers : Series of Float64
    n_unread : int
        Values that are neither missing nor in one of the formats.
    """
    text = series.cast(pl.String)
    values, _ = read_moments(text, formats)
    n_unread = int((values.is_null() & ~is_missing(text)).sum())
    numbers = values.cast(pl.Float64)
    if class_of_format(formats[0]) in {"time", "duration"}:
        numbers = numbers / 1e6
    return numbers.alias(series.name), n_unread


def cycle_parts(numbers: pl.Series, kind: str) -> dict[str, pl.Series]:
    """Return each of `CYCLE_PARTS` of times of day, months or weekdays."""
    first, length = _CYCLES[kind]
    angle = (numbers - first) * (2 * np.pi / length)
    return {"number": numbers, "sine": angle.sin(), "cosine": angle.cos()}


def is_known_zone(zone: str) -> bool:
    """Return whether a text names a time zone."""
    if _ZONE.fullmatch(zone) is None:
        return False
    try:
        pl.Series([0]).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone)
    except pl.exceptions.PolarsError:
        return False
    return True


def to_clock(moments: pl.Series, zone: str) -> pl.Series:
    """Return local times in `zone` without their zone; "" keeps the times' own zone."""
    dtype = moments.dtype
    has_zone = isinstance(dtype, pl.Datetime) and dtype.time_zone is not None
    if has_zone and zone:
        moments = moments.dt.convert_time_zone(zone)
    if has_zone:
        moments = moments.dt.replace_time_zone(None)
    return moments.cast(pl.Datetime("us"))


def origin(clock: pl.Series) -> int:
    """Return the earliest time in microseconds since 1970, 0 if all are missing."""
    first = clock.to_physical().min()
    return first if isinstance(first, int) else 0


def date_parts(clock: pl.Series, start: int) -> dict[str, pl.Series]:
    """Return each of `PARTS` as Float64; `start` is the `origin` of training rows."""
    moment = pl.col("m")
    count = moment.to_physical()
    hour = (
        moment.dt.hour().cast(pl.Float64)
        + moment.dt.minute().cast(pl.Float64) / 60
        + moment.dt.second().cast(pl.Float64) / 3600
    )
    table = clock.to_frame("m").select(
        days=(count - start) / _DAY,
        year=moment.dt.year().cast(pl.Float64),
        month=moment.dt.month().cast(pl.Float64),
        day=moment.dt.day().cast(pl.Float64),
        weekday=moment.dt.weekday().cast(pl.Float64),
        hour=hour,
    )
    return {part: table[part] for part in PARTS}
