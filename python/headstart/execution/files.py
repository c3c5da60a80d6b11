"""Atomic files of a run folder: a reader sees a complete file, or none."""

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
# Messages of polars and NumPy, whose errors have no error number.
_FULL_MESSAGE = re.compile(r"os error (28|122)\b|^\d+ requested and \d+ written")


def read_or_make(
    folder: Path, make: Callable[[], None], read: Callable[[Path], _T]
) -> _T:
    """Return the result of `read` for `folder`, which `make` creates if it is missing.

    The parent process deletes folders when there are too many. A folder that is deleted
    during the read is created again.

    Parameters
    ----------
    folder : Path
    make : callable of () -> None
    read : callable of Path -> object
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
    """Raise errors in writing `path` as errors of the run folder.

    Raises
    ------
    RunFolderError
        Its message distinguishes a full disk, which is not the learner's fault.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL or _FULL_MESSAGE.search(str(error)):
            raise RunFolderError(
                f"{path} cannot be written: the disk is full, or your quota is used "
                "up. hint: free some space, and continue with resume=True if the run "
                "has a run_dir; or write runs to another disk by run_dir=... or the "
                "environment variable TMPDIR."
            ) from error
        raise RunFolderError(
            f"{path} cannot be written: {error.strerror or error}. The run folder must "
            "exist and be writable until the fit ends."
        ) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a hidden path beside `path`, and rename the file there to `path`.

    Raises
    ------
    RunFolderError
        If the file cannot be written. No part of it remains.
    """
    with writing_explained(path), atomic.replacing(path) as temporary:
        yield temporary


def sync(path: Path) -> None:
    """Flush a file, or the entries of a folder, to the disk."""
    with writing_explained(path):
        atomic.sync(path)
