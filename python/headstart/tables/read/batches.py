"""Tables from files larger than memory, some rows at a time."""

import codecs
import gzip
from collections.abc import Iterator, Sequence
from io import BufferedReader
from pathlib import Path

import polars as pl

from headstart.exceptions import TableError
from headstart.tables.read.delimited import Layout, read_block
from headstart.tables.read.files import check_is_file, kind_of_file, read_by_plugin
from headstart.tables.read.frames import to_frame

__all__ = ["BLOCK_BYTES", "read_batches"]

BLOCK_BYTES = 8 << 20
"""Text that is read at once; a table in memory is a few times as large."""

_FEWEST_ROWS, _MOST_ROWS = 1_000, 50_000
# Text takes some bytes a cell: as many cells of a binary file are read at once.
_TEXT_BYTES = 2
# A row longer than this is a quote that was never closed.
_LONGEST_ROW = 64 << 20


def read_batches(
    path: str | Path, texts: Sequence[str] = (), block_bytes: int = BLOCK_BYTES
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

    Raises
    ------
    TableError, ColumnError
        As `read_table`; lines are counted from the head of the file.
    """
    found = read_by_plugin(path)
    if found is not None:
        yield to_frame(found)
        return
    place = Path(path).expanduser()
    check_is_file(place)
    kind, is_gzip = kind_of_file(place)
    try:
        if kind == "text":
            with _opened(place, is_gzip=is_gzip) as source:
                yield from _text_batches(source, place.name, texts, block_bytes)
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
    for start in range(0, max(1, n_rows), step):
        yield scan.slice(start, step).collect()


def _opened(place: Path, *, is_gzip: bool) -> gzip.GzipFile | BufferedReader:
    with place.open("rb") as head:
        is_gzip = is_gzip or head.read(2) == b"\x1f\x8b"
    return gzip.open(place) if is_gzip else place.open("rb")


def _text_batches(
    source: gzip.GzipFile | BufferedReader,
    file: str,
    texts: Sequence[str],
    block_bytes: int,
) -> Iterator[pl.DataFrame]:
    layout: Layout | None = None
    kept = b""
    line = 1
    while True:
        data = source.read(block_bytes)
        is_last = len(data) < block_bytes
        block = kept + data
        if layout is None and block.startswith(
            (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        ):
            block, is_last = block + source.read(), True
        end = len(block) if is_last else _last_row_end(block)
        if end == 0 and not is_last:
            if len(block) > _LONGEST_ROW:
                raise TableError(
                    f"Line {line} of {file} does not end within {len(block) >> 20} MB. "
                    "hint: look for a quote that is not closed."
                )
            kept = block
            continue
        if block[:end].strip() or (is_last and layout is None):
            frame, layout = read_block(block[:end], file, layout, line, texts)
            # The header alone tells no types.
            if frame.height or is_last:
                yield frame
        line += block.count(b"\n", 0, end)
        kept = block[end:]
        if is_last:
            return


def _last_row_end(block: bytes) -> int:
    """Return the place behind the last line end that is not in quotes, 0 for none."""
    is_even = block.count(b'"') % 2 == 0
    end = len(block)
    while True:
        place = block.rfind(b"\n", 0, end)
        if place < 0:
            return 0
        is_even ^= block.count(b'"', place, end) % 2 == 1
        if is_even:
            return place + 1
        end = place
