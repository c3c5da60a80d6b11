"""The description of a table for transforms: canonical columns and raw texts."""

from headstart.base.table_columns import TableColumn, TableColumns
from headstart.tables.schema.schema import Schema

__all__ = ["summarize"]


def summarize(schema: Schema, *, texts: bool = True) -> TableColumns:
    """Return the columns that transforms may use: canonical columns, then raw texts.

    Parameters
    ----------
    schema : Schema
    texts : bool
        Whether to include the raw text columns.

    Examples
    --------
    >>> import polars as pl
    >>> schema = Schema.learn(pl.DataFrame({"age": [31, 45], "town": ["Ulm", "Bonn"]}))
    >>> summarize(schema).categorical
    ('town',)
    """
    columns = []
    for column in schema.used:
        columns += [
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
        columns += [TableColumn(name, "text", name, "text") for name in schema.texts]
    return TableColumns(tuple(columns))
