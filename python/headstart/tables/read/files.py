"""Tables from files: CSV and its kin, Parquet, Arrow, JSON lines, those of plugins."""

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
    """Return what a plugin's reader makes of a path, None where none is for it.

    What headstart reads itself does not get here, and no plugin is loaded for it.

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
    """Return whether a path has a scheme, or stands for standard input."""
    return str(path) == STANDARD_INPUT or _ADDRESS.match(str(path)) is not None


def _is_own(ending: str) -> bool:
    """Return whether headstart reads files of that ending itself."""
    for packed in PACKED:
        ending = ending.removesuffix(packed)
    return ending.endswith((*_TEXT, *_JSON, *_PARQUET, *_ARROW))


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
    text = tuple(e + p for e in _TEXT for p in ("", *PACKED))
    lines = tuple(e + p for e in _JSON for p in ("", *PACKED))
    register(TableReaderRecord("delimited", _read_undeclared, text))
    register(TableReaderRecord("json_lines", _read_undeclared, lines))
    register(TableReaderRecord("parquet", _read_undeclared, _PARQUET))
    register(TableReaderRecord("arrow", _read_undeclared, _ARROW))


def _read_undeclared(path: str | Path) -> pl.DataFrame:
    return read_file(path)[0]


def read_file(
    path: str | Path, texts: Sequence[str] = (), told: Reading = ANY_READING
) -> tuple[pl.DataFrame, Reading]:
    """Read a table as `read_table` does; return how it was written, too.

    Parameters
    ----------
    path : str or Path
    texts : sequence of str
        Columns of a text file that are text even where they look like numbers.
    told : Reading
        What the user says of the file, or a model knows of its training file.

    Raises
    ------
    TableError
        As `read_table`.
    """
    if is_address(path):
        return _read_address(str(path), texts, told)
    path = Path(path).expanduser()
    check_is_file(path)
    kind, packed = kind_of_file(path)
    try:
        if kind == "text":
            data = read_bytes(path, packed)
            return _read_text(data, path.name, texts, told)
        if kind == "json":
            return _read_json(read_bytes(path, packed), path.name), told
        if kind == "parquet":
            return read_parquet(path), told
        frame = pl.read_ipc(path)
    except OSError as error:
        raise TableError(f"The file {path} cannot be read: {error}") from error
    except pl.exceptions.PolarsError as error:
        raise TableError(
            f"The file {path} is not a whole {path.suffix[1:]} file: {error}"
        ) from error
    return frame, told


def read_parquet(path: Path) -> pl.DataFrame:
    """Read a Parquet file; what pandas wrote as categories is categories."""
    return with_categories(pl.read_parquet(path), categories_of_parquet(path))


def categories_of_parquet(path: Path) -> list[str]:
    """Return the columns that were categories where pandas wrote the file."""
    try:
        written = json.loads(pl.read_parquet_metadata(path).get("pandas", "{}"))
        columns = written.get("columns", [])
        return [c["name"] for c in columns if c.get("pandas_type") == "categorical"]
    except (ValueError, AttributeError, KeyError, TypeError):
        return []


def with_categories(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return a table whose columns of numbers and booleans are categories.

    Arrow has categories of whole numbers; polars has them as the numbers.

    Parameters
    ----------
    frame : DataFrame
    names : sequence of str
        Columns that are categories; text is left as it is.
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
    data: bytes, file: str, texts: Sequence[str], told: Reading
) -> tuple[pl.DataFrame, Reading]:
    frame, layout = read_delimited(data, file, texts, told)
    return frame, layout.reading(told)


def _read_address(
    address: str, texts: Sequence[str], told: Reading
) -> tuple[pl.DataFrame, Reading]:
    data = bytes_of_address(address)
    if address == STANDARD_INPUT:
        return _read_text(data, "standard input", texts, told)
    place = Path(_ADDRESS.sub("", address).partition("?")[0])
    kind, packed = kind_of_file(place)
    if packed:
        data = unpacked(data, packed, address)
    try:
        if kind == "text":
            return _read_text(data, place.name, texts, told)
        if kind == "json":
            return _read_json(data, place.name), told
        source = io.BytesIO(data)
        read = pl.read_parquet if kind == "parquet" else pl.read_ipc
        return read(source), told
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
        If the ending is none that is read.
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
            f"{path} is no plain file (a pipe or a device). Expected one that can be "
            "read twice. hint: save it to a file first."
        )
    hint = f" hint: did you mean {near[0]!r}?" if near else ""
    raise TableError(f"There is no file {str(path)!r}.{hint}")


def _other(ending: str) -> str:
    if ending in {".xls", ".xlsx", ".ods"}:
        return "save the sheet as CSV, or read it with pandas.read_excel."
    return "read it with pandas or polars, and pass the DataFrame."
