"""Tables from files, read as a fit reads them."""

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
    """Read a table from a file, known by its ending.

    ``.csv``, ``.tsv``, ``.tab``, ``.txt``: what is not declared is found in the file.
    ``.parquet``, ``.pq``; ``.arrow``, ``.feather``, ``.ipc``; ``.jsonl``, ``.ndjson``.
    Text may be packed: ``.gz``, ``.zip`` (of one file), ``.xz``, ``.bz2``. ``"-"`` is
    standard input, as CSV. Addresses are read by HTTP or by fsspec. (`to_frame` also
    reads what plugins have readers for.)

    Parameters
    ----------
    path : str or Path
    separator : str, optional
        One character between fields; ``" "`` for any blanks.
    decimal : {".", ","}, optional
    thousands : str, optional
        Mark between groups of three digits, ``""`` for none.
    header : bool, optional
        Whether the first row has the names of the columns.
    skip_rows : int, optional
        Lines before the header.
    na_values : str or sequence of str, optional
        Fields that are missing beside empty ones, in place of ``NA``, ``NaN``,
        ``null``, ``?`` and the like; ``""`` for no others.
    encoding : str, optional
        UTF-8, else Windows-1252 with a warning, if not declared.
    sheet : str, optional
        Name of a sheet, for files of a reader that has some.

    Returns
    -------
    DataFrame of polars

    Raises
    ------
    TableError
        If there is no such file, it is of another type, empty or damaged; says the
        line where it can.
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
