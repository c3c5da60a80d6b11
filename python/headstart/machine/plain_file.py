"""Resolution of a path to a regular file that may be replaced."""

import errno
import os
from pathlib import Path

__all__ = ["plain_file"]


def plain_file(path: str | Path, what: str) -> Path:
    """Return the file that a path refers to; symbolic links are followed and kept.

    Parameters
    ----------
    what : str
        The thing to write, for the message: ``"a report"``.

    Raises
    ------
    FileExistsError
        If the path is a folder, a pipe or a device, which a rename would replace.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise FileExistsError(
            errno.EEXIST,
            f"{path} is not a plain file: {what} cannot be written there. hint: name a "
            "file that is new or may be replaced.",
        )
    return target
