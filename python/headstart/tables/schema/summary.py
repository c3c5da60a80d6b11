"""What transforms are told of a table: its canonical columns, and its raw texts."""

from headstart.base.table_columns import TableColumn, TableColumns
from headstart.tables.schema.schema import Schema

__all__ = ["summarize"]


def summarize(schema: Schema, *, texts: bool = True) -> TableColumns:
    """Return the columns that transforms may apply to: canonical ones, then texts.

    Parameters
    ----------
    schema : Schema
    texts : bool
        Whether the table has its raw text columns.

    Examples
    --------
    >>> import polars as pl
    >>> schema = Schema.learn(pl.DataFrame({"age": [31, 45], "town": ["Ulm", "Bonn"]}))
    >>> summarize(schema).categorical
    ('town',)
    """
    found = []
    for column in schema.used:
        found += [
            TableColumn(
                name,
                "categorical" if name in column.categorical else "numeric",
                column.name,
                str(column.kind),
                column.n_levels(name),
            )
            for name in column.features
        ]
    if texts:
        found += [TableColumn(name, "text", name, "text") for name in schema.texts]
    return TableColumns(tuple(found))
