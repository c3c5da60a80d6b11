"""Bytes of plain and compressed files."""

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any

from headstart.exceptions import TableError
from headstart.machine.capacity import available_memory

__all__ = [
    "PACKED",
    "STANDARD_INPUT",
    "opened",
    "read_bytes",
    "unpacked",
]

PACKED = (".gz", ".zip", ".xz", ".bz2")
"""Endings of compressed files."""

STANDARD_INPUT = "-"
"""The path that stands for standard input."""

_PART = 1 << 24
_GZIP = b"\x1f\x8b"
_HIDDEN = re.compile(r"(^|/)(__MACOSX/|\.)|/$")

_DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


def opened(place: Path, packed: str) -> AbstractContextManager[Any]:
    """Open a file, and unpack it while it is read.

    Parameters
    ----------
    place : Path
    packed : str
        One of `PACKED`, or "" for a plain file. A file without such an ending is
        unpacked, too, if its content is gzip.

    Raises
    ------
    TableError
        If an archive has no file, or several.
    """
    packed = packed or _packed_by_content(place)
    if packed == ".gz":
        return gzip.open(place)
    if packed == ".xz":
        return lzma.open(place)
    if packed == ".bz2":
        return bz2.open(place)
    if packed == ".zip":
        return _member(place, str(place))
    return place.open("rb")


def read_bytes(place: Path, packed: str) -> bytes:
    """Return the unpacked content of a file.

    Raises
    ------
    TableError
        If it is damaged, or does not fit into memory.
    """
    packed = packed or _packed_by_content(place)
    if not packed:
        return place.read_bytes()
    most = _most_bytes()
    parts: list[bytes] = []
    n_read = 0
    try:
        with opened(place, packed) as source:
            while part := source.read(_PART):
                parts.append(part)
                n_read += len(part)
                if n_read > most:
                    raise TableError(
                        f"The file {place} ({place.stat().st_size:,} bytes) unpacks to "
                        f"more than {most:,} bytes, which do not fit in memory. "
                        "hint: predict reads such files in parts; train on a sample of "
                        "the rows."
                    )
    except _DAMAGE as error:
        kind = {".gz": "gzip"}.get(packed, packed[1:])
        raise TableError(
            f"The file {place} is not a whole {kind} file: {error}"
        ) from error
    return b"".join(parts)


def unpacked(data: bytes, packed: str, name: str) -> bytes:
    """Return compressed bytes unpacked.

    Parameters
    ----------
    data : bytes
    packed : str
        One of `PACKED`.
    name : str
        For messages.

    Raises
    ------
    TableError
        If they are damaged.
    """
    try:
        if packed == ".zip":
            with _member(io.BytesIO(data), name) as source:
                return source.read()
        unpack = {".gz": gzip, ".xz": lzma, ".bz2": bz2}[packed].decompress
        return bytes(unpack(data))
    except _DAMAGE as error:
        raise TableError(f"{name} is not a whole {packed[1:]} file: {error}") from error


def _packed_by_content(place: Path) -> str:
    with place.open("rb") as source:
        return ".gz" if source.read(len(_GZIP)) == _GZIP else ""


def _member(place: Path | IO[bytes], name: str) -> IO[bytes]:
    try:
        archive = zipfile.ZipFile(place)
    except zipfile.BadZipFile as error:
        raise TableError(f"The file {name} is not a whole zip file: {error}") from error
    names = [n for n in archive.namelist() if not _HIDDEN.search(n)]
    if len(names) != 1:
        shown = ", ".join(map(repr, names[:10])) or "none"
        raise TableError(
            f"The archive {name} must contain one file. Got {len(names)}: {shown}. "
            "hint: unpack it, and name the file."
        )
    if archive.getinfo(names[0]).flag_bits & 1:
        raise TableError(f"The archive {name} is encrypted. hint: unpack it first.")
    return archive.open(names[0])


def _most_bytes() -> int:
    """Return the limit of unpacked bytes; the table is a few times as large."""
    return available_memory() // 4
