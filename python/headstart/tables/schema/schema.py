"""The schema: the columns of a table, learnt in training and enforced later."""

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import polars as pl

from headstart.exceptions import ArtifactError, ColumnError, TableError
from headstart.tables.kinds.dates import ORDERS, find_formats, read_moments
from headstart.tables.kinds.inference import ColumnKind, Inference, infer_kind
from headstart.tables.kinds.levels import level_text
from headstart.tables.kinds.numbers import is_missing
from headstart.tables.read.reading import ANY_READING, NA_VALUES, Reading
from headstart.tables.schema.columns import (
    NAMES_OF_TEXT,
    Column,
    apply_column,
    learn_column,
    nested_error,
)
from headstart.tables.schema.unseen import TypeChange, Unseen, type_words

__all__ = ["Schema"]

_FORMAT = 2
# A table without a usable column gets a column of zeros. It keeps its rows, so that
# learners fit the mean or the class shares.
_NOTHING = "(no usable column)"


@dataclass(frozen=True)
class Schema:
    """Kinds of the columns of a table, and the conversion to its canonical form.

    A canonical table has two types of columns: numbers as Float64, null where missing,
    and categories as Enum of the training levels, null where missing. The Enum has a
    last level `OTHER_LEVEL` for the values that are no training level. Dates and text
    are converted to numbers; identifiers and constants are left out.

    Parameters
    ----------
    columns : tuple of Column
        All columns of the training table, in its order.
    reading : Reading
        Options by which the training table's file was read; later files are read by the
        same.
    unread : tuple of str
        Used columns that no member of a model reads: a table to predict may lack them.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"age": [31, 45, 31], "town": ["Ulm", "Bonn", "Ulm"]})
    >>> schema = Schema.learn(table)
    >>> [str(column.kind) for column in schema.columns]
    ['numeric', 'categorical']
    >>> schema.apply(pl.DataFrame({"town": ["Bonn"], "age": ["29"]})).columns
    ['age', 'town']
    """

    columns: tuple[Column, ...]
    reading: Reading = ANY_READING
    unread: tuple[str, ...] = ()

    @classmethod
    def learn(
        cls,
        frame: pl.DataFrame,
        overrides: Mapping[str, ColumnKind | str] | None = None,
    ) -> Self:
        """Learn the schema of a training table.

        Parameters
        ----------
        frame : DataFrame
            The result of `to_frame`, without the target.
        overrides : mapping of str to ColumnKind or str
            Declared kinds by column name; the others are inferred. ``"datetime:dmy"``
            (``mdy``, ``ymd``) declares the order of day, month and year, too.

        Raises
        ------
        TableError
            If the table has no rows or no columns.
        ColumnError
            If an override names an unknown column or kind, a column's values are not
            of its declared kind, or polars would take a column's name for a pattern.
        """
        _check_not_empty(frame)
        _check_names(frame.columns)
        declared = _check_overrides(overrides or {}, frame.columns)
        columns = tuple(_learn(series, declared) for series in frame.iter_columns())
        if not any(c.kind.is_used for c in columns):
            columns = tuple(
                _rescue(series, column, declared)
                for series, column in zip(frame.iter_columns(), columns, strict=True)
            )
        _check_features(columns)
        return cls(columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns of the training table."""
        return tuple(c.name for c in self.columns)

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that become features."""
        return tuple(c for c in self.columns if c.kind.is_used)

    @property
    def needed(self) -> tuple[Column, ...]:
        """The used columns that a table to predict must have."""
        return tuple(c for c in self.used if c.name not in self.unread)

    @property
    def dropped(self) -> tuple[Column, ...]:
        """The columns that are left out; each has its `reason`."""
        return tuple(c for c in self.columns if not c.kind.is_used)

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Names of the columns of a canonical table, in order."""
        names = tuple(f for c in self.columns for f in c.features)
        return names or (_NOTHING,)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Names of the text columns, whose raw strings are passed to transforms only.

        A text column with the name of another column's feature is left out.
        """
        texts = (c.name for c in self.columns if c.kind is ColumnKind.TEXT)
        return tuple(name for name in texts if name not in self.features)

    @property
    def read_as_text(self) -> tuple[str, ...]:
        """Columns that were text or categories in training, where 007 is not 7."""
        return tuple(c.name for c in self.used if c.dtype in NAMES_OF_TEXT)

    @property
    def file_reading(self) -> Reading:
        """Options for a file of new rows, in which no level is a word for missing."""
        if self.reading.na_values is not None:
            return self.reading
        levels = {level for c in self.used for level in c.levels}
        words = tuple(w for w in NA_VALUES if w not in levels)
        if len(words) == len(NA_VALUES):
            return self.reading
        return replace(self.reading, na_values=words)

    def read_by(self, reading: Reading) -> Self:
        """Return the schema with the options by which the training file was read.

        A column of numbers comes as text if a later file has a word in it. Its numbers
        are then read by the marks of the training file.
        """
        mark = reading.decimal or "."
        if mark == "." and not reading.thousands:
            return replace(self, reading=reading)
        columns = tuple(
            replace(c, form=f"quantity{mark}")
            if c.kind is ColumnKind.NUMERIC
            and c.dtype not in NAMES_OF_TEXT
            and not c.formats
            else c
            for c in self.columns
        )
        return replace(self, columns=columns, reading=reading)

    @property
    def n_categorical(self) -> int:
        """Number of categorical columns of a canonical table."""
        return sum(c.n_categorical for c in self.columns)

    @property
    def n_numeric(self) -> int:
        """Number of numeric columns of a canonical table, with booleans and dates."""
        return len(self.features) - self.n_categorical

    def column(self, name: str) -> Column:
        """Return the column of a name.

        Raises
        ------
        ColumnError
            If there is no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise ColumnError(_unknown(name, self.names))

    def time_of(self, frame: pl.DataFrame, name: str) -> pl.Series:
        """Return a column as values that sort in the order of time.

        Text and integers that the schema reads as dates become times, in UTC if they
        have offsets. Numbers in text become numbers. The schema does not read columns
        that are left out; their text is converted if it has dates.
        """
        series = frame[name]
        column = self.column(name)
        if series.dtype.is_temporal():
            return series
        formats = column.formats
        if column.kind in (ColumnKind.IDENTIFIER, ColumnKind.CONSTANT) and (
            series.dtype == pl.String
        ):
            dates = find_formats(series)
            formats = () if dates is None else dates.formats
        if formats and not series.dtype.is_float():
            values, offsets = read_moments(series.cast(pl.String), formats)
            instants = values - offsets.fill_null(0).cast(pl.Int64) * 60_000_000
            return instants.cast(pl.Datetime("us")).alias(name)
        if column.kind is ColumnKind.NUMERIC:
            return apply_column(series, column)[0][0].alias(name)
        return series

    def apply(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the canonical form of a table.

        Columns are matched by name. Columns that are unknown, or that training left
        out, are ignored.

        Raises
        ------
        ColumnError
            If a column is missing, or has values that its kind does not allow.
        """
        return self.apply_and_count(frame)[0]

    def apply_and_count(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, Unseen]:
        """Return the canonical form, and the number of unseen values per column.

        Returns
        -------
        canonical : DataFrame
        unseen : Unseen
            Values with a level that no training row has, or that the column's kind
            cannot read. Also columns whose type has changed.

        Raises
        ------
        ColumnError
            If a column is missing, or has a type without values of its kind.
        """
        columns = {series.name: series for series in frame.iter_columns()}
        missing = [c.name for c in self.needed if c.name not in columns]
        if missing:
            raise ColumnError(_missing(missing, frame.columns))
        canonical: list[pl.Series] = []
        counts: dict[str, int] = {}
        changes: dict[str, TypeChange] = {}
        for column in self.used:
            series = columns.get(column.name)
            if series is None:  # No member reads it.
                series = pl.Series(column.name, [None] * frame.height, dtype=pl.Null)
            parts, n_unseen = apply_column(series, column)
            canonical.extend(parts)
            if n_unseen:
                counts[column.name] = n_unseen
            change = _type_change(column, series, n_unseen)
            if change is not None:
                changes[column.name] = change
        unseen = Unseen(counts, changes)
        if not canonical:
            return pl.DataFrame({_NOTHING: pl.zeros(frame.height, eager=True)}), unseen
        return _joined(canonical), unseen

    def without_rows(self) -> pl.DataFrame:
        """Return a canonical table without rows, with the raw strings of `texts`.

        It has the names and types of the tables that transforms and views receive.
        """
        if not self.used:
            return pl.DataFrame(schema={_NOTHING: pl.Float64()})
        types = {f: c.type_of(f) for c in self.used for f in c.features}
        words = dict.fromkeys(self.texts, pl.String())
        return pl.DataFrame(schema={**types, **words})

    def read_texts(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the raw strings of `texts`: trimmed, null where blank or missing.

        Raises
        ------
        ColumnError
            If a column is missing, or has values that are not text.
        """
        lacking = [name for name in self.texts if name not in frame.columns]
        missing = [name for name in lacking if name not in self.unread]
        if missing:
            raise ColumnError(_missing(missing, frame.columns))
        nothing = pl.lit(None, pl.String)
        frame = frame.with_columns(nothing.alias(name) for name in lacking)
        texts = []
        for name in self.texts:
            if frame[name].dtype.is_nested() or frame[name].dtype == pl.Binary:
                raise nested_error(frame[name])
            texts.append(level_text(frame[name]).cast(pl.String))
        return _joined(texts)

    def to_json(self) -> str:
        """Return the schema as JSON."""
        record = {
            "format": _FORMAT,
            "columns": [c.to_record() for c in self.columns],
            "reading": self.reading.to_record(),
            "unread": list(self.unread),
        }
        return json.dumps(record, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        ArtifactError
            If the text is not a schema, or one of a newer version.
        """
        try:
            record: Any = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ArtifactError(f"The stored schema is not JSON: {error}") from error
        if not isinstance(record, dict) or not isinstance(record.get("columns"), list):
            raise ArtifactError("The stored schema lacks its columns.")
        if record.get("format") != _FORMAT:
            raise ArtifactError(
                f"The stored schema has format {record.get('format')!r}. Expected "
                f"{_FORMAT}. hint: train the model again, or read it with the version "
                "that wrote it."
            )
        columns = tuple(Column.from_record(r) for r in record["columns"])
        if len({c.name for c in columns}) != len(columns):
            raise ArtifactError("The stored schema names a column twice.")
        features = [f for c in columns for f in c.features]
        if len(set(features)) != len(features):
            raise ArtifactError("The stored schema names a feature twice.")
        unread = record.get("unread", [])
        used = {c.name for c in columns if c.kind.is_used}
        if not isinstance(unread, list) or not all(
            isinstance(name, str) and name in used for name in unread
        ):
            raise ArtifactError("The stored schema names unread columns it lacks.")
        reading = Reading.from_record(record.get("reading", {}))
        return cls(columns, reading, tuple(unread))


def _learn(series: pl.Series, declared: Mapping[str, Inference]) -> Column:
    inference = declared.get(series.name)
    if inference is not None:
        return learn_column(series, inference)
    try:
        inference = infer_kind(series)
    except ValueError as error:
        raise nested_error(series) from error
    return learn_column(series, inference)


def _rescue(
    series: pl.Series, column: Column, declared: Mapping[str, Inference]
) -> Column:
    """Return an identifier as a usable column, since the table has no other."""
    if column.kind is not ColumnKind.IDENTIFIER or column.name in declared:
        return column
    kind = ColumnKind.NUMERIC if series.dtype.is_numeric() else ColumnKind.CATEGORICAL
    reason = f"{column.reason}; used because no other column is usable"
    return learn_column(series, Inference(kind, reason))


def _type_change(column: Column, series: pl.Series, n_unseen: int) -> TypeChange | None:
    """Return the change of a column's type, None where it does not matter.

    It does where values were lost, and where numbers or booleans are text now. Dates
    in text, or categories in numbers, are read as what they are.
    """
    trained, new = type_words(column.dtype), type_words(series.dtype)
    if trained == new or not trained or not new:
        return None
    is_number = column.kind in (ColumnKind.NUMERIC, ColumnKind.BOOLEAN)
    n_values = series.len() - series.null_count()
    if new == "text":
        n_values = int((~is_missing(series.cast(pl.String))).sum())
    if not n_values or not (n_unseen or (is_number and new == "text")):
        return None
    return TypeChange(trained, new, n_values)


def _joined(columns: Iterable[pl.Series]) -> pl.DataFrame:
    # Not a list: polars renames a column named "" there.
    return pl.DataFrame({series.name: series for series in columns})


def _check_names(names: Iterable[str]) -> None:
    # polars takes such names for patterns that select several columns.
    patterns = [n for n in names if n == "*" or (n.startswith("^") and n.endswith("$"))]
    if patterns:
        raise ColumnError(
            f"A column must not be named {patterns[0]!r}: '*', and what starts with "
            "'^' and ends with '$', stand for many columns. hint: rename it."
        )


def _check_not_empty(frame: pl.DataFrame) -> None:
    if frame.width == 0:
        raise TableError(
            f"The table has no columns: 0 feature(s) (shape=({frame.height}, 0)) while "
            "a minimum of 1 is required."
        )
    if frame.height == 0:
        raise TableError(
            f"The table has no rows: 0 sample(s) (shape=(0, {frame.width})) while a "
            "minimum of 1 is required."
        )


def _check_overrides(
    overrides: Mapping[str, ColumnKind | str], names: list[str]
) -> dict[str, Inference]:
    kinds = [str(kind) for kind in ColumnKind]
    kinds += [f"{ColumnKind.DATETIME}:{order}" for order in ORDERS]
    declared = {}
    for name, kind in overrides.items():
        if name not in names:
            raise ColumnError(
                f"The 'columns' parameter is invalid. {_unknown(name, names)}"
            )
        if kind not in kinds:
            near = difflib.get_close_matches(str(kind), kinds, 1)
            hint = f" hint: did you mean {near[0]!r}?" if near else ""
            raise ColumnError(
                f"The kind of column {name!r} must be one of {', '.join(kinds)}. "
                f"Got {kind!r} instead.{hint}"
            )
        plain, _, order = str(kind).partition(":")
        declared[name] = Inference(
            ColumnKind(plain), "declared by the user", order=order
        )
    return declared


def _check_features(columns: tuple[Column, ...]) -> None:
    column_of: dict[str, str] = {}
    for column in columns:
        for feature in column.features:
            if feature in column_of:
                raise ColumnError(
                    f"Columns {column_of[feature]!r} and {column.name!r} both become a "
                    f"feature named {feature!r}. hint: rename one of them."
                )
            column_of[feature] = column.name


def _missing(missing: list[str], names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in missing[:10])
    more = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
    near = [n for n in names if n.strip().casefold() == missing[0].strip().casefold()]
    near = near or difflib.get_close_matches(missing[0], names, 1)
    hint = f" hint: is {near[0]!r} meant for {missing[0]!r}?" if near else ""
    noun = "column" if len(missing) == 1 else "columns"
    return (
        f"The table lacks {noun} {shown}{more}, which the model was trained on. "
        f"It has {len(names)} columns.{hint}"
    )


def _unknown(name: str, names: list[str] | tuple[str, ...]) -> str:
    near = difflib.get_close_matches(str(name), names, 1)
    hint = f" hint: did you mean {near[0]!r}?" if near else ""
    more = ", ..." if len(names) > 10 else ""
    shown = ", ".join(repr(n) for n in names[:10]) + more
    return f"The table has no column {name!r}. It has {shown}.{hint}"
