"""Tables from files: CSV and its kin, Parquet, Arrow."""

import difflib
import gzip
import zlib
from pathlib import Path

import polars as pl

from headstart.exceptions import TableError
from headstart.tables.delimited import read_delimited

__all__ = ["read_table"]

_TEXT = (".csv", ".tsv", ".tab", ".txt")
_PARQUET = (".parquet", ".pq")
_ARROW = (".arrow", ".feather", ".ipc")


def read_table(path: str | Path) -> pl.DataFrame:
    """Read a table from a file, known by its ending.

    ``.csv``, ``.tsv``, ``.tab``, ``.txt`` (each also with ``.gz``): separator (comma,
    semicolon, tab or bar) and encoding (UTF-8, else Windows-1252, with a warning) are
    found out. ``.parquet``, ``.pq``; ``.arrow``, ``.feather``, ``.ipc``.

    Raises
    ------
    TableError
        If there is no such file, it is of another type, empty or damaged; says the
        line where it can.
    """
    path = Path(path).expanduser()
    _check_is_file(path)
    endings = [s.lower() for s in path.suffixes]
    last = endings[-1] if endings else ""
    inner = endings[-2] if last == ".gz" and len(endings) > 1 else last
    try:
        if inner in _TEXT:
            return read_delimited(_read_bytes(path, is_gzip=last == ".gz"), path.name)
        if last in _PARQUET:
            return pl.read_parquet(path)
        if last in _ARROW:
            return pl.read_ipc(path)
    except OSError as error:
        raise TableError(f"The file {path} cannot be read: {error}") from error
    except pl.exceptions.PolarsError as error:
        raise TableError(
            f"The file {path} is not a whole {last[1:]} file: {error}"
        ) from error
    raise TableError(
        f"The file {path} ends in {last!r}. Expected one of "
        f"{', '.join((*_TEXT, *_PARQUET, *_ARROW))}, or text with .gz. "
        f"hint: {_other(last)}"
    )


def _check_is_file(path: Path) -> None:
    try:
        if path.is_file():
            return
        is_folder = path.is_dir()
        near: list[str] = []
        if not is_folder and path.parent.is_dir():
            names = [p.name for p in path.parent.iterdir()]
            near = difflib.get_close_matches(path.name, names, 1)
    except (OSError, ValueError) as error:
        raise TableError(f"There is no file {str(path)[:200]!r}: {error}") from error
    if is_folder:
        raise TableError(
            f"{path} is a folder. Expected the path of one file, CSV or Parquet."
        )
    hint = f" hint: did you mean {near[0]!r}?" if near else ""
    raise TableError(f"There is no file {str(path)!r}.{hint}")


def _read_bytes(path: Path, *, is_gzip: bool) -> bytes:
    data = path.read_bytes()
    if not is_gzip and data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise TableError(
            f"The file {path} is not a whole gzip file: {error}"
        ) from error


def _other(ending: str) -> str:
    if ending in {".xls", ".xlsx", ".ods"}:
        return "save the sheet as CSV, or read it with pandas.read_excel."
    return "read it with pandas or polars, and pass the DataFrame."
