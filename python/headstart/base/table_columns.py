"""Descriptions of a table's columns, from which a transform selects its own."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["TableColumn", "TableColumns"]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of the table that transforms work on.

    Parameters
    ----------
    name : str
    contents : {"numeric", "categorical", "text"}
        Numeric: Float64, null where missing. Categorical: an Enum of the training
        levels, null where missing; a last level ``" other"`` of the Enum is for values
        that are no training level. Text: the user's strings, null where missing.
    source : str
        The user's column that it was made from, or the transform's name for a column
        that an earlier transform made.
    kind : str
        Kind of the user's column: ``"numeric"``, ``"categorical"``, ``"boolean"``,
        ``"datetime"`` or ``"text"``; ``"made"`` for a column that a transform made.
        Parts of a date and counts of a text (its length, words, digits, capitals) are
        numeric columns with the kind of their source.
    n_levels : int
        Number of training levels of a categorical column; 0 for others.
    """

    name: str
    contents: Literal["numeric", "categorical", "text"]
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
        """Names of the numeric columns."""
        return self._names("numeric")

    @property
    def categorical(self) -> tuple[str, ...]:
        """Names of the categorical columns."""
        return self._names("categorical")

    @property
    def text(self) -> tuple[str, ...]:
        """Names of the columns of raw text."""
        return self._names("text")

    def _names(self, contents: str) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns if c.contents == contents)
