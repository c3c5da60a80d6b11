"""Files of a run folder: a reader sees all of one, or nothing."""

import errno
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from headstart.exceptions import RunFolderError, TableError
from headstart.machine import atomic

__all__ = [
    "read_or_make",
    "replacing",
    "sync",
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


def sync(path: Path) -> None:
    """Bring a file or the names in a folder to the disk: a power cut spares them."""
    with writing_explained(path):
        atomic.sync(path)
