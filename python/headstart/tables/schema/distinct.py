"""How many different values columns have."""

import polars as pl

__all__ = ["count_distinct"]


def count_distinct(frame: pl.DataFrame) -> dict[str, int]:
    """Return the number of different values of each column, missing ones aside.

    Columns of lists and structs are left out. In one pass: of twenty thousand columns
    each call of their own takes seconds.

    Examples
    --------
    >>> count_distinct(pl.DataFrame({"a": [1, 1, None], "b": ["x", "y", "z"]}))
    {'a': 1, 'b': 3}
    """
    plain = frame.drop(n for n, dtype in frame.schema.items() if dtype.is_nested())
    if not plain.width:
        return {}
    found = plain.select(pl.all().n_unique()).row(0)
    nulls = plain.null_count().row(0)
    return {
        name: n - bool(n_null)
        for name, n, n_null in zip(plain.columns, found, nulls, strict=True)
    }
