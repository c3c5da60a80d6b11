"""`read_table`: a table from a file, as `fit` reads it."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from headstart.tables.read.files import read_file
from headstart.tables.read.reading import Reading

__all__ = ["read_table"]


def read_table(
    path: str | Path,
    *,
    separator: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    header: bool | None = None,
    skip_rows: int | None = None,
    na_values: str | Sequence[str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> pl.DataFrame:
    """Return the table in a file, whose format is that of its extension.

    Formats are ``.csv``, ``.tsv``, ``.tab``, ``.txt``; ``.parquet``, ``.pq``;
    ``.arrow``, ``.feather``, ``.ipc``; ``.jsonl``, ``.ndjson``. Text may be compressed:
    ``.gz``, ``.zip`` (with one file), ``.xz``, ``.bz2``. ``"-"`` is standard input, as
    CSV. Addresses are read by HTTP or fsspec. Options of text that are not declared are
    inferred from the file. (`to_frame` also reads formats of plugins.)

    Parameters
    ----------
    path : str or Path
    separator : str, optional
        One character between fields; ``" "`` for any blanks.
    decimal : {".", ","}, optional
    thousands : str, optional
        Mark between groups of three digits; ``""`` for none.
    header : bool, optional
        Whether the first row has the names of the columns.
    skip_rows : int, optional
        Lines before the header.
    na_values : str or sequence of str, optional
        Fields that are missing values, besides empty ones and instead of ``NA``,
        ``NaN``, ``null``, ``?`` and similar words; ``""`` for empty fields only.
    encoding : str, optional
        By default UTF-8, or Windows-1252 with a warning.
    sheet : str, optional
        Name of a sheet, for readers of workbooks.

    Returns
    -------
    DataFrame of polars

    Raises
    ------
    TableError
        If the file does not exist, has another format, is empty or damaged. The message
        names the line if possible.
    """
    reading = Reading.of(
        separator=separator,
        decimal=decimal,
        thousands=thousands,
        header=header,
        skip_rows=skip_rows,
        na_values=na_values,
        encoding=encoding,
        sheet=sheet,
    )
    return read_file(path, reading=reading)[0]
