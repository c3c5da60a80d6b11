"""Tables from files: CSV and its kin, Parquet, Arrow, and what plugins read."""

import difflib
import gzip
import io
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from headstart.exceptions import TableError
from headstart.machine.capacity import available_memory
from headstart.plugins import TableReaderRecord, hookimpl, load_plugins
from headstart.plugins.hookspecs import RegisterTableReader
from headstart.tables.read.delimited import read_delimited

__all__ = [
    "check_is_file",
    "kind_of_file",
    "read_by_plugin",
    "read_table",
    "register_table_readers",
]

_TEXT = (".csv", ".tsv", ".tab", ".txt")
_PARQUET = (".parquet", ".pq")
_ARROW = (".arrow", ".feather", ".ipc")
_GZIP_PART = 1 << 24
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
                check_is_file(Path(path).expanduser())
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


def read_table(path: str | Path, read_as_text: Sequence[str] = ()) -> pl.DataFrame:
    """Read a table from a file, known by its ending.

    ``.csv``, ``.tsv``, ``.tab``, ``.txt`` (each also with ``.gz``): separator (comma,
    semicolon, tab or bar) and encoding (UTF-8, else Windows-1252, with a warning) are
    found out. ``.parquet``, ``.pq``; ``.arrow``, ``.feather``, ``.ipc``. (`to_frame`
    also reads what plugins have readers for.)

    Parameters
    ----------
    path : str or Path
    read_as_text : sequence of str
        Columns of a text file that are text even where they look like numbers.

    Raises
    ------
    TableError
        If there is no such file, it is of another type, empty or damaged; says the
        line where it can.
    """
    path = Path(path).expanduser()
    check_is_file(path)
    kind, is_gzip = kind_of_file(path)
    try:
        if kind == "text":
            data = _read_bytes(path, is_gzip=is_gzip)
            return read_delimited(data, path.name, read_as_text)
        return pl.read_parquet(path) if kind == "parquet" else pl.read_ipc(path)
    except OSError as error:
        raise TableError(f"The file {path} cannot be read: {error}") from error
    except pl.exceptions.PolarsError as error:
        raise TableError(
            f"The file {path} is not a whole {path.suffix[1:]} file: {error}"
        ) from error


def kind_of_file(path: Path) -> tuple[str, bool]:
    """Return ``"text"``, ``"parquet"`` or ``"arrow"``, and whether it is gzip's.

    Raises
    ------
    TableError
        If the ending is none that is read.
    """
    endings = [s.lower() for s in path.suffixes]
    last = endings[-1] if endings else ""
    inner = endings[-2] if last == ".gz" and len(endings) > 1 else last
    if inner in _TEXT:
        return "text", last == ".gz"
    if last in _PARQUET:
        return "parquet", False
    if last in _ARROW:
        return "arrow", False
    raise TableError(
        f"The file {path} ends in {last!r}. Expected one of "
        f"{', '.join((*_TEXT, *_PARQUET, *_ARROW))}, or text with .gz. "
        f"hint: {_other(last)}"
    )


def check_is_file(path: Path) -> None:
    """Raise a TableError, with the nearest name, if there is no such file."""
    try:
        if path.is_file():
            return
        is_folder = path.is_dir()
        is_other = path.exists() and not is_folder
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
    if is_other:
        raise TableError(
            f"{path} is no plain file (a pipe or a device). Expected one that can be "
            "read twice. hint: save it to a file first."
        )
    hint = f" hint: did you mean {near[0]!r}?" if near else ""
    raise TableError(f"There is no file {str(path)!r}.{hint}")


def _read_bytes(path: Path, *, is_gzip: bool) -> bytes:
    data = path.read_bytes()
    if not is_gzip and data[:2] != b"\x1f\x8b":
        return data
    most = _most_bytes()
    parts: list[bytes] = []
    n_read = 0
    try:
        with gzip.open(io.BytesIO(data)) as source:
            while part := source.read(_GZIP_PART):
                parts.append(part)
                n_read += len(part)
                if n_read > most:
                    raise TableError(
                        f"The file {path} ({len(data):,} bytes) unpacks to more than "
                        f"{most:,} bytes, which do not fit into memory. hint: predict "
                        "reads such files in parts; train on a sample of the rows."
                    )
    except (OSError, EOFError, zlib.error) as error:
        raise TableError(
            f"The file {path} is not a whole gzip file: {error}"
        ) from error
    return b"".join(parts)


def _most_bytes() -> int:
    """Text that may be unpacked: a table in memory is a few times as large."""
    return available_memory() // 4


def _other(ending: str) -> str:
    if ending in {".xls", ".xlsx", ".ods"}:
        return "save the sheet as CSV, or read it with pandas.read_excel."
    return "read it with pandas or polars, and pass the DataFrame."
