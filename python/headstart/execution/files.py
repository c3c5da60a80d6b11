"""Files of a run folder: a reader sees all of one, or nothing."""

import secrets
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from headstart.base import Parts
from headstart.exceptions import TableError

__all__ = [
    "read_or_make",
    "read_parts",
    "temporary_beside",
    "write_atomically",
    "write_parts",
]

_T = TypeVar("_T")

_ATTEMPTS = 3


def temporary_beside(path: Path) -> Path:
    """Return a name beside `path` that no other process, thread or host uses."""
    return path.with_name(f".{secrets.token_hex(8)}.{path.name}")


def read_or_make(
    folder: Path, make: Callable[[], None], read: Callable[[Path], _T]
) -> _T:
    """Return what `read` returns for `folder`, which `make` makes if it is missing.

    The parent deletes folders when there are too many: one that goes while it is read
    is made again.
    """
    for attempt in range(_ATTEMPTS):
        if not folder.exists():
            make()
        try:
            return read(folder)
        except (OSError, TableError):
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("not reached")


def write_parts(path: Path, parts: Mapping[str, bytes]) -> int:
    """Write named bytes to one file, in place at once; return its size in bytes."""
    temporary = temporary_beside(path)
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    temporary.replace(path)
    return path.stat().st_size


def read_parts(path: Path) -> Parts:
    """Read what `write_parts` wrote."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    temporary = temporary_beside(path)
    temporary.write_bytes(content)
    temporary.replace(path)
