"""Tables from files: text, Parquet, Arrow, JSON lines, workbooks, those of plugins."""

import difflib
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from headstart.exceptions import TableError
from headstart.plugins import TableReaderRecord, hookimpl, load_plugins
from headstart.plugins.hookspecs import RegisterTableReader
from headstart.tables.kinds.levels import level_text
from headstart.tables.read.addresses import (
    bytes_of_address,
    frame_of_address,
    shown_address,
)
from headstart.tables.read.opening import (
    PACKED,
    STANDARD_INPUT,
    read_bytes,
)
from headstart.tables.read.reading import ANY_READING, Reading
from headstart.tables.read.text.delimited import read_delimited
from headstart.tables.read.text.encodings import encoding_of, to_utf8
from headstart.tables.read.workbooks import WORKBOOKS, read_workbook

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
    return ending.endswith((*_TEXT, *_JSON, *_PARQUET, *_ARROW, *WORKBOOKS))


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
    register(TableReaderRecord("workbook", _read_undeclared, WORKBOOKS))


def _read_undeclared(path: str | Path) -> pl.DataFrame:
    return read_file(path)[0]


def read_file(
    path: str | Path,
    texts: Sequence[str] = (),
    reading: Reading = ANY_READING,
    *,
    has_totals: bool = True,
) -> tuple[pl.DataFrame, Reading]:
    """Return the table that `read_table` returns, and how its file is written.

    Parameters
    ----------
    path : str or Path
    texts : sequence of str
        Columns of a text file that are read as text even if they look like numbers.
    reading : Reading
        Options that the user declared, or those of the model's training file.
    has_totals : bool
        Whether rows of totals at the end are left out, with a warning.

    Raises
    ------
    TableError
        As `read_table`.
    """
    options = _Options(tuple(texts), reading, has_totals)
    if is_address(path):
        return _read_address(str(path), options)
    path = Path(path).expanduser()
    check_is_file(path)
    kind, packed = kind_of_file(path)
    try:
        if kind == "parquet":
            return read_parquet(path), reading
        if kind == "arrow":
            return pl.read_ipc(path), reading
        return _read_data(read_bytes(path, packed), path.name, kind, options)
    except OSError as error:
        raise TableError(f"The file {path} cannot be read: {error}") from error
    except pl.exceptions.PolarsError as error:
        raise TableError(
            f"The file {path} is not a whole {path.suffix[1:]} file: {error}"
        ) from error


@dataclass(frozen=True, slots=True)
class _Options:
    texts: tuple[str, ...]
    reading: Reading
    has_totals: bool


def _read_address(address: str, options: _Options) -> tuple[pl.DataFrame, Reading]:
    if address == STANDARD_INPUT:
        data = bytes_of_address(address)
        return _read_data(data, "standard input", "text", options)
    shown = shown_address(address)
    place = Path(_ADDRESS.sub("", shown))
    kind, packed = kind_of_file(place, shown)
    if kind in ("parquet", "arrow"):
        return frame_of_address(address, kind), options.reading
    is_text = kind != "workbook"
    data = bytes_of_address(address, packed, is_text=is_text)
    return _read_data(data, place.name, kind, options)


def _read_data(
    data: bytes, file: str, kind: str, options: _Options
) -> tuple[pl.DataFrame, Reading]:
    """Read what a file of text, of JSON lines or a workbook holds."""
    reading, has_totals = options.reading, options.has_totals
    if kind == "json":
        return _read_json(data, file), reading
    if kind == "workbook":
        return read_workbook(data, file, reading, has_totals=has_totals), reading
    encoding = encoding_of(data, file, reading)
    # The name is bound anew: the original would take memory beside its copy.
    data = to_utf8(data, file, encoding)
    frame, layout = read_delimited(
        data, file, options.texts, reading, encoding=encoding, has_totals=has_totals
    )
    return frame, layout.reading(reading)


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


def _read_json(data: bytes, file: str) -> pl.DataFrame:
    if not data.strip():
        raise TableError(f"The file {file} is empty. Expected an object on each line.")
    try:
        return pl.read_ndjson(io.BytesIO(data), infer_schema_length=None)
    except pl.exceptions.PolarsError as error:
        raise TableError(
            f"The file {file} does not have one JSON object on each line: {error}"
        ) from error


def kind_of_file(path: Path, shown: str | None = None) -> tuple[str, str]:
    """Return the kind of a file, and how it is packed, by its ending.

    Kinds are ``text``, ``json``, ``parquet``, ``arrow`` and ``workbook``.

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
    if last in WORKBOOKS:
        return "workbook", ""
    ending = f"ends in {last!r}" if last else "has no ending"
    raise TableError(
        f"The file {shown or path} {ending}. Expected one of "
        f"{', '.join((*_TEXT, *_JSON, *_PARQUET, *_ARROW, *WORKBOOKS))}, or text with "
        f"{', '.join(PACKED)}. hint: read it with pandas or polars, and pass the "
        "DataFrame."
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
