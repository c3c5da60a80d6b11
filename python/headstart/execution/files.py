"""Files of a run folder: a reader sees all of one, or nothing."""

import errno
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from headstart.base import Parts
from headstart.exceptions import RunFolderError, TableError
from headstart.machine import atomic

__all__ = [
    "read_or_make",
    "read_parts",
    "replacing",
    "sync",
    "write_atomically",
    "write_parts",
    "writing_explained",
]

_T = TypeVar("_T")

_ATTEMPTS = 3
_FULL = {errno.ENOSPC, errno.EDQUOT}
# How polars and NumPy say it, whose errors have no number.
_FULL_IN_WORDS = re.compile(r"os error (28|122)\b|^\d+ requested and \d+ written")


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


@contextmanager
def writing_explained(path: Path) -> Iterator[None]:
    """Raise what goes wrong while `path` is written as an error of the run folder.

    Raises
    ------
    RunFolderError
        It says whether the disk is full: that is no fault of the learner at work.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL or _FULL_IN_WORDS.search(str(error)):
            raise RunFolderError(
                f"{path} cannot be written: the disk is full, or your quota of it is "
                "used up. hint: free some space there, and go on with resume=True if "
                "the run has a run_dir; or keep runs on another disk, by run_dir=... "
                "or the environment variable TMPDIR."
            ) from error
        raise RunFolderError(
            f"{path} cannot be written: {error.strerror or error}. Expected a run "
            "folder that stays in place and writable until the fit ends."
        ) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a hidden name beside `path`; the file there is renamed into place.

    Raises
    ------
    RunFolderError
        If it cannot be written; nothing is left of it then.
    """
    with writing_explained(path), atomic.replacing(path) as temporary:
        yield temporary


def write_parts(path: Path, parts: Mapping[str, bytes]) -> int:
    """Write named bytes to one file, in place at once; return its size in bytes."""
    with replacing(path) as temporary:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        return temporary.stat().st_size


def read_parts(path: Path) -> Parts:
    """Read what `write_parts` wrote."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def sync(path: Path) -> None:
    """Bring a file or the names in a folder to the disk: a power cut spares them."""
    with writing_explained(path):
        atomic.sync(path)
