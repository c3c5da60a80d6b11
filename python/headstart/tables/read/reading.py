"""Options for reading a file, and their checks."""

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from headstart.exceptions import ArtifactError, TableError

__all__ = ["ANY_READING", "NA_VALUES", "Reading"]

NA_VALUES = (
    "", "NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NaN", "nan", "NULL", "null", "?",
)  # fmt: skip
"""Fields of a text file that are missing values, if no others are declared."""

_MARKS = (".", ",")
_MOST_VALUES = 1_000
_MOST_ROWS = 10**9


@dataclass(frozen=True, slots=True)
class Reading:
    """Options for reading a file; those that are None are inferred from the file.

    Parameters
    ----------
    separator : str or None
        One character between the fields of text, ``" "`` for any blanks.
    decimal : str or None
        ``"."`` or ``","``.
    thousands : str or None
        Mark between groups of three digits: one character, or ``""`` for none.
    header : bool or None
        Whether the first row has the names of the columns.
    skip_rows : int or None
        Lines, or rows of a sheet, before the header.
    na_values : tuple of str or None
        Fields that are missing values, instead of `NA_VALUES`; with ``("",)``, ``NA``
        is a value.
    encoding : str or None
        As Python names it.
    sheet : str or None
        Name of the sheet of a workbook; by default the first with data.
    """

    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    header: bool | None = None
    skip_rows: int | None = None
    na_values: tuple[str, ...] | None = None
    encoding: str | None = None
    sheet: str | None = None

    @classmethod
    def of(
        cls,
        *,
        separator: str | None = None,
        decimal: str | None = None,
        thousands: str | None = None,
        header: bool | None = None,
        skip_rows: int | None = None,
        na_values: str | Sequence[str] | None = None,
        encoding: str | None = None,
        sheet: str | None = None,
    ) -> Self:
        """Return the options, each checked.

        Parameters
        ----------
        separator, decimal, thousands, header, skip_rows, encoding, sheet
            See the class.
        na_values : str or sequence of str or None
            One string stands for one value.

        Raises
        ------
        TableError
            If an option has an invalid value.
        """
        separator = {"\\t": "\t", "tab": "\t"}.get(separator or "", separator)
        if na_values is not None:
            values = [na_values] if isinstance(na_values, str) else list(na_values)
            na_values = tuple(dict.fromkeys(["", *values]))
        reading = cls(
            separator,
            decimal,
            thousands,
            header,
            skip_rows,
            na_values,
            encoding,
            sheet,
        )
        problem = reading._problem()
        if problem:
            raise TableError(problem)
        return reading

    def over(self, other: "Reading | None") -> Self:
        """Return these options, and those of `other` where they are None."""
        if other is None:
            return self
        defaults = {
            f.name: getattr(other, f.name)
            for f in fields(self)
            if getattr(self, f.name) is None
        }
        return replace(self, **defaults)

    def to_record(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {k: v for k, v in asdict(self).items() if v is not None}

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """Read what `to_record` wrote.

        Raises
        ------
        ArtifactError
            If the record is not one of such options.
        """
        names = {f.name for f in fields(cls)}
        if not isinstance(record, Mapping) or not set(record) <= names:
            raise ArtifactError("The stored schema has unknown options for reading.")
        values = dict(record)
        if "na_values" in values:
            listed = values["na_values"]
            if not isinstance(listed, list | tuple):
                raise ArtifactError("The stored options for reading are damaged.")
            values["na_values"] = tuple(listed)
        reading = cls(**values)
        if reading._problem():
            raise ArtifactError("The stored options for reading are damaged.")
        return reading

    def _problem(self) -> str:
        is_character = _is_character(self.separator)
        if self.separator is not None and not is_character:
            return _wrong("separator", "one ASCII character", self.separator)
        if self.decimal is not None and self.decimal not in _MARKS:
            return _wrong("decimal", "'.' or ','", self.decimal)
        if self.thousands is not None and (
            len(self.thousands) > 1
            or self.thousands.isdigit()
            or (self.thousands and self.thousands == self.decimal)
        ):
            expected = "one character that is not the decimal mark, or ''"
            return _wrong("thousands", expected, self.thousands)
        if self.header is not None and type(self.header) is not bool:
            return _wrong("header", "True or False", self.header)
        if self.skip_rows is not None and not (
            type(self.skip_rows) is int and 0 <= self.skip_rows <= _MOST_ROWS
        ):
            return _wrong("skip_rows", "an int >= 0", self.skip_rows)
        if self.na_values is not None and not (
            len(self.na_values) <= _MOST_VALUES
            and all(isinstance(v, str) for v in self.na_values)
        ):
            return _wrong("na_values", "strings", self.na_values)
        if self.encoding is not None and not _is_encoding(self.encoding):
            return _wrong("encoding", "the name of an encoding", self.encoding)
        if self.sheet is not None and not isinstance(self.sheet, str):
            return _wrong("sheet", "the name of a sheet", self.sheet)
        return ""


ANY_READING = Reading()
"""No option is declared: all are inferred from the file."""


def _is_character(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 1 and value.isascii()


def _is_encoding(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        codecs.lookup(value)
    except (LookupError, ValueError):
        return False
    return True


def _wrong(name: str, expected: str, value: Any) -> str:
    return (
        f"The {name!r} parameter of read_table must be {expected}. "
        f"Got {value!r} instead."
    )
