"""Read files larger than memory in batches of rows."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import polars as pl

from headstart import _core
from headstart.exceptions import TableError
from headstart.tables.read.files import (
    categories_of_parquet,
    check_is_file,
    is_address,
    kind_of_file,
    read_by_plugin,
    read_file,
    with_categories,
)
from headstart.tables.read.frames import to_frame
from headstart.tables.read.opening import opened, read_bytes
from headstart.tables.read.reading import ANY_READING, Reading
from headstart.tables.read.text.delimited import head_of, parse_rows
from headstart.tables.read.text.encodings import encoding_of, to_utf8
from headstart.tables.read.text.layout import HEAD_BYTES, Layout, find_layout

__all__ = ["BLOCK_BYTES", "read_batches"]

BLOCK_BYTES = 8 << 20
"""Bytes of text in one batch; the table in memory is a few times as large."""

_FEWEST_ROWS, _MOST_ROWS = 1_000, 50_000
# Bytes of text per cell: a batch of a binary file has as many cells as one of text.
_TEXT_BYTES = 2
_SCAN_BYTES = 1 << 24
# A longer row is taken for a quote that was never closed.
_LONGEST_ROW = 64 << 20


def read_batches(
    path: str | Path,
    texts: Sequence[str] = (),
    block_bytes: int = BLOCK_BYTES,
    reading: Reading = ANY_READING,
) -> Iterator[pl.DataFrame]:
    """Yield batches of a file's rows in order; memory does not grow with the file.

    The result is that of `read_table`, but header, separator and decimal mark are
    inferred from the first rows alone, and rows of totals are rows. Text in UTF-16,
    workbooks, files at addresses and tables that a plugin reads come as one batch.

    Parameters
    ----------
    path : str or Path
    texts : sequence of str
        Columns that are read as text even where a batch of their values looks like
        numbers: ``007`` stays ``007``.
    block_bytes : int
        Bytes of text per batch. A batch of a Parquet or Arrow file has half as many
        cells, and between 1,000 and 50,000 rows.
    reading : Reading
        Options that are declared rather than inferred.

    Raises
    ------
    TableError, ColumnError
        As `read_table`; line numbers count from the start of the file.
    """
    if block_bytes < 1:
        raise ValueError(f"block_bytes must be at least 1. Got {block_bytes} instead.")
    plugin_table = read_by_plugin(path)
    if plugin_table is not None:
        yield to_frame(plugin_table)
        return
    if is_address(path):
        yield read_file(path, texts, reading, has_totals=False)[0]
        return
    place = Path(path).expanduser()
    check_is_file(place)
    kind, packed = kind_of_file(place)
    try:
        if kind == "text":
            with opened(place, packed) as source:
                encoding = _encoding(source, place.name, reading)
            if encoding.startswith(("utf-16", "utf-32")):
                # A line feed is not a single byte there.
                data = read_bytes(place, packed)
                yield from _one_batch(data, place.name, texts, reading, encoding)
                return
            with opened(place, packed) as source:
                yield from _text_batches(
                    source, place.name, texts, block_bytes, reading, encoding
                )
        elif kind in ("json", "workbook"):
            yield read_file(place, texts, reading, has_totals=False)[0]
        else:
            yield from _frame_batches(place, kind, block_bytes // _TEXT_BYTES)
    except (OSError, EOFError) as error:
        raise TableError(f"The file {place} cannot be read: {error}") from error
    except pl.exceptions.PolarsError as error:
        raise TableError(
            f"The file {place} is not a whole {place.suffix[1:]} file: {error}"
        ) from error


def _frame_batches(place: Path, kind: str, n_cells: int) -> Iterator[pl.DataFrame]:
    scan = pl.scan_parquet(place) if kind == "parquet" else pl.scan_ipc(place)
    n_rows = scan.select(pl.len()).collect().item()
    width = max(1, len(scan.collect_schema()))
    step = min(max(n_cells // width, _FEWEST_ROWS), _MOST_ROWS)
    categories = categories_of_parquet(place) if kind == "parquet" else []
    for start in range(0, max(1, n_rows), step):
        yield with_categories(scan.slice(start, step).collect(), categories)


def _encoding(source: IO[bytes], file: str, reading: Reading) -> str:
    """Return the encoding of the whole file; one invalid byte anywhere decides it."""
    line, rest, encoding = 1, b"", ""
    while data := source.read(_SCAN_BYTES):
        block = rest + data
        # The block may end within a character of several bytes.
        end = block.rfind(b"\n") + 1 or len(block)
        encoding = encoding_of(block[:end], file, reading, line)
        if encoding != "utf-8" and not (encoding == "utf-8-sig" and line == 1):
            return encoding
        if line == 1:
            first = encoding
        line += block.count(b"\n", 0, end)
        rest = block[end:]
    encoding = encoding_of(rest, file, reading, line) if rest else encoding
    if line == 1:
        return encoding or "utf-8"
    return first if encoding == "utf-8" else encoding


def _one_batch(
    data: bytes, file: str, texts: Sequence[str], reading: Reading, encoding: str
) -> Iterator[pl.DataFrame]:
    data = to_utf8(data, file, encoding)
    layout = find_layout(head_of(data), file, reading, encoding=encoding)
    yield parse_rows(data, file, layout, texts=texts, is_first=True)[0]


def _text_batches(
    source: IO[bytes],
    file: str,
    texts: Sequence[str],
    block_bytes: int,
    reading: Reading,
    encoding: str,
) -> Iterator[pl.DataFrame]:
    layout: Layout | None = None
    is_first = True
    pending = source.read(max(block_bytes, HEAD_BYTES))
    head = to_utf8(pending, file, encoding)
    layout = find_layout(head_of(head), file, reading, encoding=encoding)
    line = 1
    is_last = len(pending) < max(block_bytes, HEAD_BYTES)
    n_wanted = block_bytes
    while True:
        block = pending[:n_wanted]
        at_end = is_last and len(block) == len(pending)
        end = len(block) if at_end else _core.last_record_end(block, layout.separator)
        if is_first and not at_end and _n_lines(block, end) < layout.n_lines:
            end = 0
        if end == 0 and not at_end:
            if n_wanted > _LONGEST_ROW:
                raise TableError(
                    f"Line {line} of {file} does not end within {len(block) >> 20} MB. "
                    "hint: look for a quote that is not closed."
                )
            n_wanted += block_bytes
        else:
            data = to_utf8(block[:end], file, encoding)
            if data.strip() or is_first:
                frame, layout = parse_rows(
                    data, file, layout, line=line, texts=texts, is_first=is_first
                )
                # The types cannot be inferred from the header alone.
                if frame.height or at_end:
                    yield frame
            is_first = False
            line += block.count(b"\n", 0, end)
            pending = pending[end:]
            n_wanted = block_bytes
            if at_end:
                return
        if not is_last and len(pending) < n_wanted:
            more = source.read(n_wanted - len(pending))
            is_last = len(more) < n_wanted - len(pending)
            pending += more


def _n_lines(block: bytes, end: int) -> int:
    return block.count(b"\n", 0, end)
