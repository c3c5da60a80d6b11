"""One column of a schema: learnt from training rows, applied to all rows."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

import polars as pl

from headstart.exceptions import ArtifactError, ColumnError
from headstart.tables.kinds.codes import CODE_PARTS, find_prefixes, to_prefixes
from headstart.tables.kinds.dates import (
    CYCLE_PARTS,
    PARTS,
    class_of_format,
    cycle_parts,
    date_parts,
    find_formats,
    is_known_zone,
    origin,
    read_clock,
    read_steps,
    zone_of_offsets,
)
from headstart.tables.kinds.inference import ColumnKind, Inference
from headstart.tables.kinds.items import (
    ITEM_PARTS,
    find_items,
    is_known_items,
    item_features,
    learn_items,
)
from headstart.tables.kinds.levels import (
    LEVEL_LIMIT,
    OTHER_LEVEL,
    learn_levels,
    level_text,
    level_type,
    to_levels,
)
from headstart.tables.kinds.numbers import is_missing, is_word, to_numbers
from headstart.tables.kinds.quantities import QUANTITY_PARTS, is_known_quantity, split
from headstart.tables.kinds.text_features import TEXT_PARTS, text_parts
from headstart.tables.kinds.words import count_words

__all__ = ["NAMES_OF_TEXT", "Column", "apply_column", "learn_column"]

NAMES_OF_TEXT = ("String", "Categorical", "Enum")
"""Names of the types of text, as `Column.dtype` has them."""

_ALL_PARTS = {
    *PARTS, *CYCLE_PARTS, *TEXT_PARTS, *QUANTITY_PARTS, *CODE_PARTS, *ITEM_PARTS,
}  # fmt: skip
_TEXT_TYPES = (pl.String, pl.Categorical, pl.Enum)
# The most formats that are inferred for one column.
_MOST_FORMATS = 8
_TRUE = ("true", "yes", "y", "t", "1", "1.0")
_FALSE = ("false", "no", "n", "f", "0", "0.0")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the training table: its kind and the rules to read it.

    Parameters
    ----------
    name : str
    kind : ColumnKind
    reason : str
        The reason for this kind, in words.
    dtype : str
        Type in the training table, as polars names it.
    n_missing : int
        Missing values in the training rows, including ±inf.
    parts : tuple of str
        Parts that become features: `PARTS` of dates, `CYCLE_PARTS` of times of day,
        months and weekdays, `TEXT_PARTS` of text, `QUANTITY_PARTS` of numbers with
        units, `CODE_PARTS` of codes that share prefixes, `ITEM_PARTS` of lists;
        otherwise empty.
    levels : tuple of str
        Sorted levels of a categorical column, units of a numeric column, or items of a
        column of lists.
    form : str
        Notation of the numbers in a numeric column of text, or of later text in a
        column of numbers; or of the items in a column of lists.
    formats : tuple of str
        Formats of dates, times of day, months, weekdays or durations in text
        (`headstart.tables.kinds.dates`), tried in order.
    is_ambiguous : bool
        Whether every training value is valid with day and month exchanged.
    zone : str
        Time zone of the local times of a datetime column; "" without zones.
    start : int
        Earliest training value of a datetime column, in microseconds since 1970.
    """

    name: str
    kind: ColumnKind
    reason: str
    dtype: str
    n_missing: int = 0
    parts: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    form: str = ""
    formats: tuple[str, ...] = ()
    is_ambiguous: bool = False
    zone: str = ""
    start: int = 0

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the column's canonical columns, none if it is left out."""
        if not self.kind.is_used:
            return ()
        if self.kind in (ColumnKind.DATETIME, ColumnKind.TEXT):
            return tuple(f"{self.name}.{part}" for part in self.parts)
        if self.kind is ColumnKind.LIST:
            items = (f"{self.name}: {item}" for item in self.levels)
            return f"{self.name}.length", *items
        return self.name, *(f"{self.name}.{part}" for part in self.parts[1:])

    @property
    def categorical(self) -> tuple[str, ...]:
        """The `features` that are categories."""
        if self.kind is ColumnKind.CATEGORICAL:
            return self.features
        return self.features[1:] if "unit" in self.parts else ()

    @property
    def is_from_text(self) -> bool:
        """True if its values are parsed from text with a notation or formats."""
        return self.dtype in NAMES_OF_TEXT and bool(self.form or self.formats)

    def levels_of(self, feature: str) -> tuple[str, ...]:
        """Return the levels of one of `features`; none for a number."""
        if feature not in self.categorical:
            return ()
        is_prefix = feature != self.name and self.kind is ColumnKind.CATEGORICAL
        return find_prefixes(self.levels) if is_prefix else self.levels

    def type_of(self, feature: str) -> pl.DataType:
        """Return the type of one of `features` in a canonical table."""
        if feature not in self.categorical:
            return pl.Float64()
        levels = self.levels_of(feature)
        if self.kind is ColumnKind.CATEGORICAL:
            return level_type(levels)
        # Rare units are missing in the training rows, and new units as they are.
        return pl.Enum(levels)

    def n_levels(self, feature: str) -> int:
        """Return the number of levels of one of `features`; 0 for a number."""
        return len(self.levels_of(feature))

    @property
    def n_categorical(self) -> int:
        """Number of `features` that are categories."""
        return len(self.categorical)

    @property
    def steps(self) -> tuple[str, ...]:
        """A description of the treatment of its values, in training and prediction."""
        return tuple(_steps(self))

    def to_record(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """Read what `to_record` wrote.

        Raises
        ------
        ArtifactError
            If the record is not that of a column.
        """
        names = {field.name for field in fields(cls)}
        if not isinstance(record, Mapping) or set(record) != names:
            raise ArtifactError("The stored schema has a column with wrong fields.")
        try:
            kind = ColumnKind(record["kind"])
        except ValueError as error:
            raise ArtifactError(f"The stored schema is damaged: {error}.") from error
        text_keys = ("name", "reason", "dtype", "form", "zone")
        number_keys = ("n_missing", "start")
        if not (
            all(isinstance(record[k], str) for k in text_keys)
            and all(type(record[k]) is int for k in number_keys)
            and type(record["is_ambiguous"]) is bool
            and all(_is_texts(record[k]) for k in ("parts", "levels", "formats"))
            and set(record["parts"]) <= _ALL_PARTS
            and len(set(record["levels"])) == len(record["levels"]) <= LEVEL_LIMIT
            and OTHER_LEVEL not in record["levels"]
            and abs(record["start"]) < 2**63
            and (not record["form"] or _is_known_form(kind, record["form"]))
            and _are_known_formats(kind, tuple(record["formats"]), record["parts"])
            and (not record["zone"] or is_known_zone(record["zone"]))
        ):
            raise ArtifactError(
                f"The stored schema is damaged at column {str(record['name'])[:80]!r}."
            )
        values = {**record, "kind": kind}
        values["parts"] = tuple(record["parts"])
        values["levels"] = tuple(record["levels"])
        values["formats"] = tuple(record["formats"])
        return cls(**values)


def learn_column(series: pl.Series, inference: Inference) -> Column:
    """Return the column of a schema for training values and an inferred kind.

    Raises
    ------
    ColumnError
        If the values cannot be of this kind.
    """
    name, kind = series.name, inference.kind
    column = Column(name, kind, inference.reason, str(series.dtype))
    if not kind.is_used:
        return replace(column, n_missing=series.null_count())
    if kind is ColumnKind.LIST:
        return _learn_list(column, series, inference.form)
    if series.dtype.is_nested() or series.dtype in (pl.Object, pl.Binary):
        raise nested_error(series)
    if kind is ColumnKind.CATEGORICAL:
        text = level_text(series)
        levels = learn_levels(text)
        column = replace(
            column,
            levels=levels,
            parts=CODE_PARTS if find_prefixes(levels) else (),
            n_missing=text.null_count(),
        )
    elif kind is ColumnKind.DATETIME:
        column = _learn_dates(column, series, inference)
    elif kind is ColumnKind.TEXT:
        column = replace(column, parts=TEXT_PARTS, n_missing=series.null_count())
    elif inference.dates is not None:
        dates = inference.dates
        cyclic = dates.kind != "duration"
        column = replace(
            column, formats=dates.formats, parts=CYCLE_PARTS if cyclic else ()
        )
        canonical, _ = apply_column(series, column)
        column = replace(column, n_missing=canonical[0].null_count())
    elif inference.form:
        n_read = inference.n_read
        if n_read is None:
            n_read = split(level_text(series), inference.form)[0].count()
        column = replace(
            column,
            form=inference.form,
            parts=QUANTITY_PARTS if inference.units else (),
            levels=inference.units,
            n_missing=series.len() - n_read,
        )
    else:
        # Applied here so that a wrong override raises at fit, not only at predict.
        canonical, n_unread = apply_column(series, column)
        if n_unread:
            raise _wrong_values(series, column)
        column = replace(column, n_missing=canonical[0].null_count())
    return column


def apply_column(series: pl.Series, column: Column) -> tuple[list[pl.Series], int]:
    """Return the canonical columns, and the number of unseen values.

    Unseen values have a level that no training row has, are in none of the column's
    formats, or are no numbers or booleans. A new level becomes `OTHER_LEVEL`. Other
    unseen values become missing. So each row has a prediction, whatever its values are.

    Raises
    ------
    ColumnError
        If the type of the column has no values of the column's kind: dates where
        numbers are expected, lists, bytes.
    """
    is_list = isinstance(series.dtype, pl.List) and column.kind is ColumnKind.LIST
    if series.dtype.is_nested() and not is_list:
        raise nested_error(series)
    if series.dtype in (pl.Object, pl.Binary):
        raise nested_error(series)
    n_unseen = 0
    match column.kind:
        case ColumnKind.NUMERIC if column.formats:
            number, n_unseen = _steps_of(series, column)
            canonical = [number]
            if "sine" in column.parts:
                kind = class_of_format(column.formats[0]) or ""
                cycle = cycle_parts(number, kind)
                canonical = [cycle[part] for part in column.parts]
        case ColumnKind.NUMERIC if column.form and series.dtype in _TEXT_TYPES:
            text = level_text(series)
            number, unit = split(text, column.form)
            canonical = [number]
            is_unread = number.is_null() & ~is_missing(text)
            if "unit" in column.parts:
                units = _to_units(unit, column)
                canonical.append(units)
                is_unread |= units.is_null() & unit.is_not_null()
            n_unseen = int(is_unread.sum())
        case ColumnKind.NUMERIC:
            number, n_unseen = _numeric(series, column)
            canonical = [number]
            if "unit" in column.parts:
                plain = pl.Series([""]).extend_constant("", series.len() - 1)
                canonical.append(_to_units(plain, column))
        case ColumnKind.BOOLEAN:
            boolean, n_unseen = _boolean(series)
            canonical = [boolean]
        case ColumnKind.CATEGORICAL:
            text = level_text(series)
            if series.dtype == pl.Boolean:
                text = _as_written(text, column.levels)
            levels, n_unseen = to_levels(text, column.levels)
            canonical = [levels]
            if "prefix" in column.parts:
                canonical.append(to_prefixes(text, column.levels))
        case ColumnKind.DATETIME:
            clock, n_unseen = read_clock(
                series, column.formats, column.zone, column=column.name
            )
            parts = date_parts(clock, column.start)
            canonical = [parts[part] for part in column.parts]
        case ColumnKind.TEXT:
            text = level_text(series)
            parts = text_parts(text)
            canonical = [parts[part] for part in column.parts]
        case ColumnKind.LIST:
            cells = series if is_list else level_text(series)
            canonical, n_new = item_features(cells, column.form, column.levels)
            n_unseen = 0 if "others" in column.parts else n_new
        case _:
            canonical = []
    names = column.features
    return [s.alias(n) for s, n in zip(canonical, names, strict=True)], n_unseen


def nested_error(series: pl.Series) -> ColumnError:
    """Return the error about a column that holds lists, mappings or bytes."""
    return ColumnError(
        f"Column {series.name!r} holds {series.dtype} values. Expected one number, "
        "text, boolean or date per row. hint: spread it over several columns, or leave "
        f"it out with columns={{{series.name!r}: 'identifier'}}."
    )


def _to_units(unit: pl.Series, column: Column) -> pl.Series:
    return unit.cast(column.type_of(column.features[1]), strict=False)


def _learn_list(column: Column, series: pl.Series, form: str) -> Column:
    if isinstance(series.dtype, pl.List) and not series.dtype.inner.is_nested():
        cells, form = series, "items["
    elif series.dtype.is_nested() or series.dtype in (pl.Object, pl.Binary):
        raise nested_error(series)
    else:
        cells = level_text(series)
        if not form:
            items = find_items(count_words(cells))
            form = "items," if items is None else items.form
    items_kept, has_others = learn_items(cells, form)
    return replace(
        column,
        form=form,
        parts=ITEM_PARTS if has_others else ITEM_PARTS[:2],
        levels=items_kept,
        n_missing=cells.null_count(),
    )


def _as_written(text: pl.Series, levels: tuple[str, ...]) -> pl.Series:
    """Return booleans in the notation of the levels: true, TRUE or True."""
    for write in (str.lower, str.upper):
        if {write("True"), write("False")} & set(levels):
            return text.replace({w: write(w) for w in ("True", "False")})
    return text


def _steps(column: Column) -> Iterator[str]:
    match column.kind:
        case ColumnKind.NUMERIC if column.formats:
            yield f"{column.reason}"
            if column.parts:
                yield f"becomes {', '.join(column.parts)}"
        case ColumnKind.NUMERIC if column.is_from_text:
            yield f"numbers are read from text: {column.reason}"
            if "unit" in column.parts:
                units = ", ".join(repr(u) for u in column.levels[:5])
                yield f"their units become a category: {units}"
        case ColumnKind.NUMERIC | ColumnKind.BOOLEAN:
            if column.dtype in NAMES_OF_TEXT:
                yield "text is read as numbers"
        case ColumnKind.CATEGORICAL:
            yield f"{len(column.levels):,} levels; others count as one more"
            if "prefix" in column.parts:
                prefixes = ", ".join(map(repr, find_prefixes(column.levels)[:5]))
                yield f"the prefix before the number becomes a category: {prefixes}"
        case ColumnKind.DATETIME:
            if column.formats:
                yield f"dates are read as {', '.join(column.formats)}"
            if column.zone:
                yield f"times are converted to the zone {column.zone}"
            yield f"becomes {', '.join(column.parts)}"
        case ColumnKind.TEXT:
            yield f"becomes {', '.join(column.parts)}; transforms read the text"
        case ColumnKind.LIST:
            yield f"becomes its length and indicators of {len(column.levels)} items"
        case _:
            yield "left out"
            return
    if column.n_missing:
        yield f"{column.n_missing:,} missing values are left to the learner's view"


def _learn_dates(column: Column, series: pl.Series, inference: Inference) -> Column:
    dates = inference.dates
    is_text = series.dtype == pl.String or series.dtype.is_integer()
    if dates is None and is_text:
        dates = find_formats(series, inference.order or None)
        if dates is None or dates.kind != "moment":
            raise _dates_error(series, inference.order)
    formats = () if dates is None else dates.formats
    zone = getattr(series.dtype, "time_zone", None) or ""
    if series.dtype == pl.String:
        zone = zone_of_offsets(series, formats)
    clock, _ = read_clock(series, formats, zone, column=column.name)
    start = origin(clock)
    parts = date_parts(clock, start)
    # A part that is constant in training has no information.
    used = [p for p in PARTS if p == "days" or parts[p].drop_nulls().n_unique() > 1]
    return replace(
        column,
        formats=formats,
        is_ambiguous=dates is not None and dates.is_ambiguous and not inference.order,
        zone=zone,
        start=start,
        parts=tuple(used),
        n_missing=clock.null_count(),
    )


def _dates_error(series: pl.Series, order: str) -> ColumnError:
    text = series.cast(pl.String)
    values = text.filter(~is_missing(text))
    shown = f"values such as {values[0][:40]!r}" if values.len() else "no value"
    expected = f" of the order {order}" if order else ""
    return ColumnError(
        f"Column {series.name!r} must hold dates. Got {shown}; known date formats"
        f"{expected} fit less than 95 % of the values. hint: declare another kind."
    )


def _steps_of(series: pl.Series, column: Column) -> tuple[pl.Series, int]:
    """Return times of day, months, weekdays or durations as numbers."""
    dtype = series.dtype
    if dtype in (pl.Time, pl.Duration) or dtype.is_numeric() or dtype == pl.Null:
        return to_numbers(series), 0
    if dtype == pl.String or isinstance(dtype, pl.Categorical | pl.Enum):
        return read_steps(series, column.formats)
    raise ColumnError(
        f"Column {column.name!r} must hold {column.reason}. Got {dtype} instead."
    )


def _numeric(series: pl.Series, column: Column) -> tuple[pl.Series, int]:
    """Return a column as numbers, and how many of its texts are none."""
    dtype = series.dtype
    if dtype in (pl.Date, pl.Datetime):
        raise ColumnError(
            f"Column {column.name!r} must hold numbers. Got dates ({dtype}) instead. "
            f"hint: declare it with columns={{{column.name!r}: 'datetime'}}, and train "
            "again."
        )
    numbers = to_numbers(series)
    if dtype in _TEXT_TYPES and numbers.null_count() > series.null_count():
        return numbers, int(is_word(series).sum())
    return numbers, 0


def _boolean(series: pl.Series) -> tuple[pl.Series, int]:
    """Return a column as 0 and 1, and how many values are neither."""
    dtype = series.dtype
    if dtype == pl.Boolean or dtype == pl.Null:
        return series.cast(pl.Float64), 0
    text = level_text(series).str.to_lowercase()
    table = text.to_frame("t")
    value = (
        pl.when(pl.col("t").is_in(_TRUE))
        .then(1.0)
        .when(pl.col("t").is_in(_FALSE))
        .then(0.0)
    )
    numbers = table.select(value.alias("v"))["v"]
    return numbers, int((numbers.is_null() & ~is_missing(text)).sum())


def _wrong_values(series: pl.Series, column: Column) -> ColumnError:
    """Return the error about training values that a declared kind does not read."""
    canonical, _ = apply_column(series, column)
    text = level_text(series)
    is_other = canonical[0].is_null() & ~is_missing(text)
    if series.dtype in _TEXT_TYPES:
        is_other &= is_word(text) | (column.kind is not ColumnKind.NUMERIC)
    row = is_other.arg_max() or 0
    shown = f"{str(series[row])[:80]!r} (row {row})"
    if column.kind is ColumnKind.BOOLEAN:
        return ColumnError(
            f"Column {column.name!r} must hold booleans. Got {shown} instead. Expected "
            "true or false, yes or no, 1 or 0."
        )
    return ColumnError(
        f"Column {column.name!r} must hold numbers. Got {shown} instead. hint: correct "
        "the value, leave it empty, or train with "
        f"columns={{{column.name!r}: 'categorical'}}."
    )


def _is_known_form(kind: ColumnKind, form: str) -> bool:
    if kind is ColumnKind.NUMERIC:
        return is_known_quantity(form)
    if kind is ColumnKind.LIST:
        return is_known_items(form)
    return False


def _are_known_formats(
    kind: ColumnKind, formats: tuple[str, ...], parts: list[str]
) -> bool:
    classes = {class_of_format(form) for form in formats}
    if len(formats) > _MOST_FORMATS or len(classes) > 1:
        return False
    if kind is ColumnKind.DATETIME:
        return classes <= {"moment"}
    is_cyclic = "sine" in parts
    if kind is ColumnKind.NUMERIC:
        cyclic = {"time", "month", "weekday"}
        return (
            bool(classes) and classes <= cyclic
            if is_cyclic
            else (classes <= {"duration"})
        )
    return not formats and not is_cyclic


def _is_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)
