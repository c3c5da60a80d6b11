"""Tables from files: CSV, Parquet, Arrow, JSON lines and the formats of plugins."""

import difflib
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from headstart.exceptions import TableError
from headstart.plugins import TableReaderRecord, hookimpl, load_plugins
from headstart.plugins.hookspecs import RegisterTableReader
from headstart.tables.kinds.levels import level_text
from headstart.tables.read.delimited import read_delimited
from headstart.tables.read.opening import (
    PACKED,
    STANDARD_INPUT,
    bytes_of_address,
    read_bytes,
    unpacked,
)
from headstart.tables.read.reading import ANY_READING, Reading

__all__ = [
    "categories_of_parquet",
    "check_is_file",
    "is_address",
    "kind_of_file",
    "read_by_plugin",
    "read_file",
    "register_table_readers",
    "with_categories",
]

_TEXT = (".csv", ".tsv", ".tab", ".txt")
_PARQUET = (".parquet", ".pq")
_ARROW = (".arrow", ".feather", ".ipc")
_JSON = (".jsonl", ".ndjson")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


def read_by_plugin(path: str | Path) -> Any:
    """Return the table that a plugin's reader makes of a path, None without a reader.

    No plugin is loaded for a format that headstart reads itself.

    Raises
    ------
    TableError
        If the reader raises.
    """
    text = str(path)
    address = _ADDRESS.match(text)
    scheme = address[1].lower() if address else None
    ending = text.lower()
    if scheme is None and (text == STANDARD_INPUT or _is_own(ending)):
        return None
    for reader in load_plugins().table_readers.values():
        if scheme in reader.schemes or (
            scheme is None and ending.endswith(reader.suffixes)
        ):
            if scheme is None:
                check_is_file(Path(path).expanduser())
                text = str(Path(path).expanduser())
            return _called(reader, text)
    return None


def is_address(path: str | Path) -> bool:
    """Return whether a path is an address with a scheme, or standard input."""
    return str(path) == STANDARD_INPUT or _ADDRESS.match(str(path)) is not None


def _is_own(ending: str) -> bool:
    """Return whether headstart reads files with this ending itself."""
    for packed in PACKED:
        ending = ending.removesuffix(packed)
    return ending.endswith((*_TEXT, *_JSON, *_PARQUET, *_ARROW))


def _called(reader: TableReaderRecord, path: str) -> Any:
    try:
        table = reader.function(path)
    except Exception as error:
        raise TableError(
            f"The table reader {reader.name!r} failed on {path}: "
            f"{type(error).__name__}: {error}"
        ) from error
    if table is None or isinstance(table, str | Path):
        raise TableError(
            f"The table reader {reader.name!r} must return a table. It returned "
            f"{table!r} for {path}."
        )
    return table


@hookimpl
def register_table_readers(register: RegisterTableReader) -> None:
    """Register the built-in readers, which reserves their endings."""
    text = tuple(e + p for e in _TEXT for p in ("", *PACKED))
    lines = tuple(e + p for e in _JSON for p in ("", *PACKED))
    register(TableReaderRecord("delimited", _read_undeclared, text))
    register(TableReaderRecord("json_lines", _read_undeclared, lines))
    register(TableReaderRecord("parquet", _read_undeclared, _PARQUET))
    register(TableReaderRecord("arrow", _read_undeclared, _ARROW))


def _read_undeclared(path: str | Path) -> pl.DataFrame:
    return read_file(path)[0]


def read_file(
    path: str | Path, texts: Sequence[str] = (), reading: Reading = ANY_READING
) -> tuple[pl.DataFrame, Reading]:
    """Return the table that `read_table` returns, and how its file is written.

    Parameters
    ----------
    path : str or Path
    texts : sequence of str
        Columns of a text file that are read as text even if they look like numbers.
    reading : Reading
        Options that the user declared, or those of the model's training file.

    Raises
    ------
    TableError
        As `read_table`.
    """
    if is_address(path):
        return _read_address(str(path), texts, reading)
    path = Path(path).expanduser()
    check_is_file(path)
    kind, packed = kind_of_file(path)
    try:
        if kind == "text":
            data = read_bytes(path, packed)
            return _read_text(data, path.name, texts, reading)
        if kind == "json":
            return _read_json(read_bytes(path, packed), path.name), reading
        if kind == "parquet":
            return read_parquet(path), reading
        frame = pl.read_ipc(path)
    except OSError as error:
        raise TableError(f"The file {path} cannot be read: {error}") from error
    except pl.exceptions.PolarsError as error:
        raise TableError(
            f"The file {path} is not a whole {path.suffix[1:]} file: {error}"
        ) from error
    return frame, reading


def read_parquet(path: Path) -> pl.DataFrame:
    """Return the table in a Parquet file; categories of pandas stay categories."""
    return with_categories(pl.read_parquet(path), categories_of_parquet(path))


def categories_of_parquet(path: Path) -> list[str]:
    """Return the columns that were categories in the pandas table that was written."""
    try:
        written = json.loads(pl.read_parquet_metadata(path).get("pandas", "{}"))
        columns = written.get("columns", [])
        return [c["name"] for c in columns if c.get("pandas_type") == "categorical"]
    except (ValueError, AttributeError, KeyError, TypeError):
        return []


def with_categories(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return a table with the named columns of numbers and booleans as categories.

    Arrow has categories of whole numbers; polars reads them as plain numbers.

    Parameters
    ----------
    frame : DataFrame
    names : sequence of str
        Columns that are categories; those of text are not changed.
    """
    for name in names:
        series = frame.get_column(name, default=None)
        if series is None or not (
            series.dtype.is_numeric() or series.dtype == pl.Boolean
        ):
            continue
        text = level_text(series)
        levels = pl.Enum(text.drop_nulls().unique().sort())
        frame = frame.with_columns(text.cast(levels).alias(name))
    return frame


def _read_text(
    data: bytes, file: str, texts: Sequence[str], reading: Reading
) -> tuple[pl.DataFrame, Reading]:
    frame, layout = read_delimited(data, file, texts, reading)
    return frame, layout.reading(reading)


def _read_address(
    address: str, texts: Sequence[str], reading: Reading
) -> tuple[pl.DataFrame, Reading]:
    data = bytes_of_address(address)
    if address == STANDARD_INPUT:
        return _read_text(data, "standard input", texts, reading)
    place = Path(_ADDRESS.sub("", address).partition("?")[0])
    kind, packed = kind_of_file(place)
    if packed:
        data = unpacked(data, packed, address)
    try:
        if kind == "text":
            return _read_text(data, place.name, texts, reading)
        if kind == "json":
            return _read_json(data, place.name), reading
        source = io.BytesIO(data)
        read = pl.read_parquet if kind == "parquet" else pl.read_ipc
        return read(source), reading
    except pl.exceptions.PolarsError as error:
        raise TableError(f"{address} is not a whole {kind} file: {error}") from error


def _read_json(data: bytes, file: str) -> pl.DataFrame:
    if not data.strip():
        raise TableError(f"The file {file} is empty. Expected an object on each line.")
    try:
        return pl.read_ndjson(io.BytesIO(data), infer_schema_length=None)
    except pl.exceptions.PolarsError as error:
        raise TableError(
            f"The file {file} does not have one JSON object on each line: {error}"
        ) from error


def kind_of_file(path: Path) -> tuple[str, str]:
    """Return the kind, ``text``, ``json``, ``parquet`` or ``arrow``, and the packing.

    Raises
    ------
    TableError
        If no format has this ending.
    """
    endings = [s.lower() for s in path.suffixes]
    last = endings[-1] if endings else ""
    packed = last if last in PACKED else ""
    inner = endings[-2] if packed and len(endings) > 1 else last
    if inner in _TEXT or (packed == ".zip" and inner == packed):
        return "text", packed
    if inner in _JSON:
        return "json", packed
    if last in _PARQUET:
        return "parquet", ""
    if last in _ARROW:
        return "arrow", ""
    raise TableError(
        f"The file {path} ends in {last!r}. Expected one of "
        f"{', '.join((*_TEXT, *_JSON, *_PARQUET, *_ARROW))}, or text with "
        f"{', '.join(PACKED)}. hint: {_other(last)}"
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
            f"{path} is a pipe or a device, not a plain file. Expected a file that can "
            "be read twice. hint: save it to a file first."
        )
    hint = f" hint: did you mean {near[0]!r}?" if near else ""
    raise TableError(f"There is no file {str(path)!r}.{hint}")


def _other(ending: str) -> str:
    if ending in {".xls", ".xlsx", ".ods"}:
        return "save the sheet as CSV, or read it with pandas.read_excel."
    return "read it with pandas or polars, and pass the DataFrame."
