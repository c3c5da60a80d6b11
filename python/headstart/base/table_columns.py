"""What a transform may know of a table before it sees its rows: the columns."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["TableColumn", "TableColumns"]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of the table that transforms work on.

    Parameters
    ----------
    name : str
    holds : {"numeric", "categorical", "text"}
        Float64, null where missing; an Enum of the training levels, null where
        missing or unseen; or strings as the user has them, null where missing.
    source : str
        The user's column it was made of; the transform's name for a column that an
        earlier transform made.
    kind : str
        Kind of the user's column: ``"numeric"``, ``"categorical"``, ``"boolean"``,
        ``"datetime"`` or ``"text"``; ``"made"`` for a column that a transform made.
        Parts of a date, and counts of a text (its length, words, digits, capitals),
        hold numbers under the kind of what they were made of.
    n_levels : int
        Levels of a column of levels; 0 for others.
    """

    name: str
    holds: Literal["numeric", "categorical", "text"]
    source: str
    kind: str
    n_levels: int = 0


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The columns of a table, in order.

    Examples
    --------
    >>> table = TableColumns(
    ...     (
    ...         TableColumn("age", "numeric", "age", "numeric"),
    ...         TableColumn("town", "categorical", "town", "categorical", 12),
    ...     )
    ... )
    >>> table.numeric, table.categorical, table.text
    (('age',), ('town',), ())
    """

    columns: tuple[TableColumn, ...]

    @property
    def numeric(self) -> tuple[str, ...]:
        """Names of the columns of numbers."""
        return self._names("numeric")

    @property
    def categorical(self) -> tuple[str, ...]:
        """Names of the columns of levels."""
        return self._names("categorical")

    @property
    def text(self) -> tuple[str, ...]:
        """Names of the columns of raw text."""
        return self._names("text")

    def _names(self, holds: str) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns if c.holds == holds)
