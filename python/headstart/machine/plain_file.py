"""The file that a path leads to, where another may take its place."""

import errno
import os
from pathlib import Path

__all__ = ["plain_file"]


def plain_file(path: str | Path, what: str) -> Path:
    """Return the file that a path leads to; links are followed and stay.

    Parameters
    ----------
    what : str
        What is to be written, for the message: ``"a report"``.

    Raises
    ------
    FileExistsError
        If there is something else: a folder, a pipe or a device, which a rename would
        replace.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise FileExistsError(
            errno.EEXIST,
            f"{path} is not a plain file: {what} cannot be written there. hint: name a "
            "file that is new or may be replaced.",
        )
    return target
