"""Dates and times: found in text, and taken apart into numbers."""

import re
from datetime import datetime

import polars as pl

from headstart.exceptions import ColumnError

__all__ = [
    "PARTS",
    "date_parts",
    "find_format",
    "in_format",
    "is_known_format",
    "is_known_zone",
    "origin",
    "parse_moments",
    "to_clock",
]

PARTS = ("days", "year", "month", "day", "weekday", "hour")
"""Days since the first moment of training, with fraction; month 1-12; weekday 1-7
from Monday; hour with fraction."""

# The first that parses most wins, so the commoner reading comes first: days first
# between dashes and dots, months first between slashes.
_DATES = (
    "%Y-%m-%d", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y",
    "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y",
    "%m/%d/%y", "%d/%m/%y",
)  # fmt: skip
_TIMES = (
    "", " %H:%M", " %H:%M:%S%.f", "T%H:%M", "T%H:%M:%S%.f", " %I:%M %p",
    " %I:%M:%S %p", " %H:%M:%S%.f%#z", "T%H:%M:%S%.f%#z", "T%H:%M%#z",
)  # fmt: skip
_LOOKS = (
    r"^\s*(\d{1,4}[-/. ][A-Za-z0-9]{1,9}[-/. ]\d{2,4}|[A-Za-z]{3,9} \d{1,2}, \d{4})"
)
_ZONE = re.compile(r"[A-Za-z0-9_+\-/:]{1,64}")
_SAMPLE = 200
_SHARE = 0.95
_DAY = 86_400e6  # microseconds


def in_format(form: str) -> str:
    """Return what the last evening of 1999 is in a format, for people.

    No value of the table: a reason is told wherever a model goes.

    Examples
    --------
    >>> in_format("%d/%m/%y %H:%M"), in_format("%Y-%m-%dT%H:%M:%S%.f%#z")
    ('31/12/99 23:58', '1999-12-31T23:58:57+00:00')
    """
    plain = form.replace("%.f", "").replace("%#z", "+00:00")
    return datetime(1999, 12, 31, 23, 58, 57).strftime(plain)


def is_known_format(form: str) -> bool:
    """Return whether `find_format` can have returned it."""
    return any(form == date + time for date in _DATES for time in _TIMES)


def is_known_zone(zone: str) -> bool:
    """Return whether it names a time zone."""
    if _ZONE.fullmatch(zone) is None:
        return False
    try:
        pl.Series([0]).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone)
    except pl.exceptions.PolarsError:
        return False
    return True


def find_format(text: pl.Series) -> str | None:
    """Return the ``strptime`` format of a column of dates or times as text.

    None if less than 95 % of the values are in any one of the known formats: ISO 8601,
    and the common ones with slashes, dots and month names.
    """
    values = text.drop_nulls()
    if values.is_empty():
        return None
    step = max(1, len(values) // _SAMPLE)
    sample = values.gather_every(step).head(_SAMPLE).str.strip_chars()
    needed = _SHARE * len(sample)
    if (sample.str.contains(_LOOKS).sum() or 0) < needed:
        return None
    best, best_count = "", 0
    for candidate in _candidates(sample[0]):
        count = _strptime(sample, candidate).count()
        if count > best_count:
            best, best_count = candidate, count
        if count == len(sample) and not _ambiguous(candidate):
            break
    if best_count < needed:
        return None
    # Where both readings of 03/04/2024 fit the sample, all rows decide.
    readings = [best, *_swapped(best)]
    counts = [_strptime(values, f).count() for f in readings]
    best = readings[counts.index(max(counts))]
    return best if max(counts) >= _SHARE * len(values) else None


def parse_moments(series: pl.Series, form: str, *, column: str) -> pl.Series:
    """Return the column as Datetime, from whatever it holds.

    Parameters
    ----------
    form : str
        Format of text, as `find_format` gave it; "" to look for one.

    Raises
    ------
    ColumnError
        If it holds numbers, or text of which less than half is in the format.
    """
    dtype = series.dtype
    if dtype.is_temporal() and dtype not in (pl.Time, pl.Duration):
        return series.cast(pl.Datetime("us")) if dtype == pl.Date else series
    if dtype == pl.Null:
        return series.cast(pl.Datetime("us"))
    if dtype != pl.String and not isinstance(dtype, pl.Categorical | pl.Enum):
        raise ColumnError(
            f"Column {column!r} must hold dates. Got {dtype} instead. "
            "hint: convert it to dates first, or declare another kind."
        )
    text = series.cast(pl.String).str.strip_chars()
    text = text.to_frame("t").select(pl.when(pl.col("t") != "").then("t"))["t"]
    parsed = _strptime(text, form) if form else None
    if parsed is None or parsed.count() * 2 < text.count():
        found = find_format(text)
        if found is not None:
            parsed = _strptime(text, found)
    if parsed is None or parsed.count() * 2 < text.count():
        bad = text.is_not_null() if parsed is None else _failed(text, parsed)
        row = bad.arg_max() or 0
        expected = f"text in the format {form!r}" if form else "dates in a known format"
        raise ColumnError(
            f"Column {column!r} must hold dates. Got {text[row]!r} (row {row}) "
            f"instead. Expected dates or {expected}."
        )
    return parsed.alias(series.name)


def to_clock(moments: pl.Series, zone: str) -> pl.Series:
    """Return wall-clock times without a zone, as read in `zone` ("" for none)."""
    dtype = moments.dtype
    has_zone = isinstance(dtype, pl.Datetime) and dtype.time_zone is not None
    if has_zone and zone:
        moments = moments.dt.convert_time_zone(zone)
    if has_zone:
        moments = moments.dt.replace_time_zone(None)
    return moments.cast(pl.Datetime("us"))


def origin(clock: pl.Series) -> int:
    """Return the first moment, in microseconds since 1970 (0 if there is none)."""
    first = clock.to_physical().min()
    return first if isinstance(first, int) else 0


def date_parts(clock: pl.Series, start: int) -> dict[str, pl.Series]:
    """Return each of `PARTS` as Float64; `start` is the `origin` of training."""
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


def _candidates(first: str) -> list[str]:
    """Return formats that the look of one value does not rule out."""
    has_colon = ":" in first
    return [
        date + time
        for date in _DATES
        for time in _TIMES
        if bool(time) == has_colon
        and (("%b" in date or "%B" in date) == any(c.isalpha() for c in first[:6]))
    ]


def _ambiguous(form: str) -> bool:
    return bool(_swapped(form))


def _swapped(form: str) -> list[str]:
    if form.startswith("%m"):
        return ["%d" + form[2] + "%m" + form[5:]]
    if form.startswith("%d") and form[3:5] == "%m" and form[2] != ".":
        return ["%m" + form[2] + "%d" + form[5:]]
    return []


def _strptime(text: pl.Series, form: str) -> pl.Series:
    trimmed = text.str.strip_chars()
    # A two-digit year passes for the year 24 of our era under %Y.
    if "%Y" in form:
        trimmed = trimmed.to_frame("t").select(
            pl.when(pl.col("t").str.contains(r"\d{4}")).then("t")
        )["t"]
    if form.find("%H") < 0 and form.find("%I") < 0:
        return trimmed.str.to_date(form, strict=False).cast(pl.Datetime("us"))
    return trimmed.str.to_datetime(form, strict=False, time_unit="us")


def _failed(text: pl.Series, parsed: pl.Series) -> pl.Series:
    return text.is_not_null() & parsed.is_null()
