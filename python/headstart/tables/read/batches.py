"""Tables from files larger than memory, some rows at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import polars as pl

from headstart import _core
from headstart.exceptions import TableError
from headstart.tables.read.delimited import encoding_of, head_of, parse_rows, to_utf8
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
from headstart.tables.read.layout import HEAD_BYTES, Layout, find_layout
from headstart.tables.read.opening import opened, read_bytes
from headstart.tables.read.reading import ANY_READING, Reading

__all__ = ["BLOCK_BYTES", "read_batches"]

BLOCK_BYTES = 8 << 20
"""Text that is read at once; a table in memory is a few times as large."""

_FEWEST_ROWS, _MOST_ROWS = 1_000, 50_000
# Text takes some bytes a cell: as many cells of a binary file are read at once.
_TEXT_BYTES = 2
_SCAN_BYTES = 1 << 24
# A row longer than this is a quote that was never closed.
_LONGEST_ROW = 64 << 20


def read_batches(
    path: str | Path,
    texts: Sequence[str] = (),
    block_bytes: int = BLOCK_BYTES,
    told: Reading = ANY_READING,
) -> Iterator[pl.DataFrame]:
    """Read a file some rows at a time, in order; memory does not grow with the file.

    As `read_table` reads it: header, separator and decimal mark are found in the first
    rows and hold for all. What plugins read comes as one batch, and so does text in
    UTF-16.

    Parameters
    ----------
    path : str or Path
    texts : sequence of str
        Columns that are text wherever they stand, even where a batch of them looks
        like numbers: ``007`` stays ``007``.
    block_bytes : int
        Bytes of text to read at once. Of Parquet and Arrow files, rows with half as
        many cells, at least 1,000 and at most 50,000 rows.
    told : Reading
        What is known of the way the file is written.

    Raises
    ------
    TableError, ColumnError
        As `read_table`; lines are counted from the head of the file.
    """
    if block_bytes < 1:
        raise ValueError(f"block_bytes must be at least 1. Got {block_bytes} instead.")
    found = read_by_plugin(path)
    if found is not None:
        yield to_frame(found)
        return
    if is_address(path):
        yield read_file(path, texts, told)[0]
        return
    place = Path(path).expanduser()
    check_is_file(place)
    kind, packed = kind_of_file(place)
    try:
        if kind == "text":
            with opened(place, packed) as source:
                encoding = _encoding(source, place.name, told)
            if encoding.startswith(("utf-16", "utf-32")):
                # Their line feeds are not bytes of their own.
                data = read_bytes(place, packed)
                yield from _one_batch(data, place.name, texts, told, encoding)
                return
            with opened(place, packed) as source:
                yield from _text_batches(
                    source, place.name, texts, block_bytes, told, encoding
                )
        elif kind == "json":
            yield read_file(place, texts, told)[0]
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
    names = categories_of_parquet(place) if kind == "parquet" else []
    for start in range(0, max(1, n_rows), step):
        yield with_categories(scan.slice(start, step).collect(), names)


def _encoding(source: IO[bytes], file: str, told: Reading) -> str:
    """Return the encoding of the whole file: a bad byte far down tells of all rows."""
    line, kept, found = 1, b"", ""
    while data := source.read(_SCAN_BYTES):
        block = kept + data
        # A letter of several bytes may be cut in two.
        end = block.rfind(b"\n") + 1 or len(block)
        found = encoding_of(block[:end], file, told, line)
        if found != "utf-8" and not (found == "utf-8-sig" and line == 1):
            return found
        if line == 1:
            first = found
        line += block.count(b"\n", 0, end)
        kept = block[end:]
    found = encoding_of(kept, file, told, line) if kept else found
    if line == 1:
        return found or "utf-8"
    return first if found == "utf-8" else found


def _one_batch(
    data: bytes, file: str, texts: Sequence[str], told: Reading, encoding: str
) -> Iterator[pl.DataFrame]:
    data = to_utf8(data, file, encoding)
    layout = find_layout(head_of(data), file, told, encoding=encoding)
    yield parse_rows(data, file, layout, texts=texts, is_first=True)[0]


def _text_batches(
    source: IO[bytes],
    file: str,
    texts: Sequence[str],
    block_bytes: int,
    told: Reading,
    encoding: str,
) -> Iterator[pl.DataFrame]:
    layout: Layout | None = None
    is_first = True
    kept = source.read(max(block_bytes, HEAD_BYTES))
    head = to_utf8(kept, file, encoding)
    layout = find_layout(head_of(head), file, told, encoding=encoding)
    line = 1
    is_last = len(kept) < max(block_bytes, HEAD_BYTES)
    wanted = block_bytes
    while True:
        block = kept[:wanted]
        at_end = is_last and len(block) == len(kept)
        end = len(block) if at_end else _core.last_record_end(block, layout.separator)
        if is_first and not at_end and _n_lines(block, end) < layout.n_lines:
            end = 0
        if end == 0 and not at_end:
            if wanted > _LONGEST_ROW:
                raise TableError(
                    f"Line {line} of {file} does not end within {len(block) >> 20} MB. "
                    "hint: look for a quote that is not closed."
                )
            wanted += block_bytes
        else:
            data = to_utf8(block[:end], file, encoding)
            if data.strip() or is_first:
                frame, layout = parse_rows(
                    data, file, layout, line=line, texts=texts, is_first=is_first
                )
                # The header alone tells no types.
                if frame.height or at_end:
                    yield frame
            is_first = False
            line += block.count(b"\n", 0, end)
            kept = kept[end:]
            wanted = block_bytes
            if at_end:
                return
        if not is_last and len(kept) < wanted:
            more = source.read(wanted - len(kept))
            is_last = len(more) < wanted - len(kept)
            kept += more


def _n_lines(block: bytes, end: int) -> int:
    return block.count(b"\n", 0, end)
