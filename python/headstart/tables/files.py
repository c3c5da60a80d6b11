"""Tables from files: CSV and its kin, Parquet, Arrow, and what plugins read."""

import difflib
import gzip
import re
import zlib
from pathlib import Path
from typing import Any

import polars as pl

from headstart.exceptions import TableError
from headstart.plugins import TableReaderRecord, hookimpl, load_plugins
from headstart.plugins.hookspecs import RegisterTableReader
from headstart.tables.delimited import read_delimited

__all__ = ["read_by_plugin", "read_table", "register_table_readers"]

_TEXT = (".csv", ".tsv", ".tab", ".txt")
_PARQUET = (".parquet", ".pq")
_ARROW = (".arrow", ".feather", ".ipc")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


def read_by_plugin(path: str | Path) -> Any:
    """Return what a plugin's reader makes of a path, None where none is for it.

    What headstart reads itself does not get here, and no plugin is loaded for it.

    Raises
    ------
    TableError
        If the reader raises, or nothing reads addresses of that scheme.
    """
    text = str(path)
    address = _ADDRESS.match(text)
    scheme = address[1].lower() if address else None
    ending = text.lower()
    if scheme is None and ending.removesuffix(".gz").endswith(_TEXT):
        return None
    if scheme is None and ending.endswith((*_PARQUET, *_ARROW)):
        return None
    for reader in load_plugins().table_readers.values():
        if scheme in reader.schemes or (
            scheme is None and ending.endswith(reader.suffixes)
        ):
            if scheme is None:
                _check_is_file(Path(path).expanduser())
                text = str(Path(path).expanduser())
            return _called(reader, text)
    if scheme is not None:
        raise TableError(
            f"No plugin reads {scheme}:// addresses such as {text[:200]!r}. hint: "
            "save the table to a file, or pass it as a DataFrame."
        )
    return None


def _called(reader: TableReaderRecord, path: str) -> Any:
    try:
        found = reader.function(path)
    except Exception as error:
        raise TableError(
            f"The table reader {reader.name!r} failed on {path}: "
            f"{type(error).__name__}: {error}"
        ) from error
    if found is None or isinstance(found, str | Path):
        raise TableError(
            f"The table reader {reader.name!r} must return a table. It returned "
            f"{found!r} for {path}."
        )
    return found


@hookimpl
def register_table_readers(register: RegisterTableReader) -> None:
    """Register the built-in readers, so that no plugin takes their endings."""
    text = (*_TEXT, *(f"{ending}.gz" for ending in _TEXT))
    register(TableReaderRecord("delimited", read_table, text))
    register(TableReaderRecord("parquet", read_table, _PARQUET))
    register(TableReaderRecord("arrow", read_table, _ARROW))


def read_table(path: str | Path) -> pl.DataFrame:
    """Read a table from a file, known by its ending.

    ``.csv``, ``.tsv``, ``.tab``, ``.txt`` (each also with ``.gz``): separator (comma,
    semicolon, tab or bar) and encoding (UTF-8, else Windows-1252, with a warning) are
    found out. ``.parquet``, ``.pq``; ``.arrow``, ``.feather``, ``.ipc``. (`to_frame`
    also reads what plugins have readers for.)

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
