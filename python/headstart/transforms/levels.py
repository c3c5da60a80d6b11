"""Categorical columns that are worth encoding."""

from headstart.base.table_columns import TableColumns

__all__ = ["leveled", "most_levels"]

_FEW = 3  # with fewer levels an encoding is equivalent to the column


def leveled(table: TableColumns) -> tuple[str, ...]:
    """Return the names of the user's categorical columns that are worth encoding.

    Examples
    --------
    >>> from headstart.base import TableColumn
    >>> town = TableColumn("town", "categorical", "town", "categorical", 12)
    >>> smokes = TableColumn("smokes", "categorical", "smokes", "boolean", 2)
    >>> leveled(TableColumns((town, smokes)))
    ('town',)
    """
    return tuple(
        column.name
        for column in table.columns
        if column.contents == "categorical"
        and column.kind != "made"
        and column.n_levels >= _FEW
    )


def most_levels(table: TableColumns) -> int:
    """Return the largest number of levels; 0 without categorical columns."""
    return max(
        (c.n_levels for c in table.columns if c.contents == "categorical"), default=0
    )
