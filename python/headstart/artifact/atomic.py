"""Models as files or folders that are written completely or not at all.

New content is written beside its path, synced to disk, and renamed. A folder takes two
renames: if the process is killed between them, the old folder remains under a hidden
name that ends in ``.tmp``.
"""

import contextlib
import errno
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from headstart.exceptions import ArtifactError
from headstart.machine.atomic import aside, replacing, sync

__all__ = ["replace_file", "replace_folder", "saving_explained"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextlib.contextmanager
def saving_explained(target: Path) -> Iterator[None]:
    """Replace the message of an OSError by one about saving `target`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            reason = (
                "the disk is full, or your quota is used up. hint: free some space, or "
                "save to another disk"
            )
        elif error.errno in _FORBIDDEN:
            reason = (
                f"{target.parent} is not writable. hint: save to a folder of "
                "your own, or change its permissions"
            )
        elif error.errno in {errno.ENOENT, errno.ENOTDIR}:
            reason = f"{target.parent} is not a folder. hint: make it first"
        else:
            reason = error.strerror or str(error)
        text = f"The model cannot be saved to {target}: {reason}."
        raise OSError(error.errno, text) from error


def replace_file(target: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file by `write`; an existing file is replaced.

    Raises
    ------
    ArtifactError
        If `target` exists and is not a file.
    OSError
        If it cannot be written; an existing file is unchanged then.
    """
    if target.exists() and not target.is_file():  # /dev/null must not be replaced
        raise ArtifactError(
            f"{target} is not a plain file: a model cannot be saved there."
        )
    with replacing(target, durable=True) as new, new.open("xb") as file:
        write(file)


def replace_folder(target: Path, contents: Iterable[tuple[str, bytes]]) -> None:
    """Write a folder of files; an existing folder is replaced.

    A folder cannot be replaced in one step: between two renames, both the old and the
    new one have hidden names.

    Parameters
    ----------
    target : Path
    contents : iterable of (name, content)
        Names are relative paths with ``/``.

    Raises
    ------
    ArtifactError
        If `target` is a file.
    OSError
        If it cannot be written; an existing folder is unchanged then.
    """
    if target.exists() and not target.is_dir():
        raise ArtifactError(
            f"{target} is not a folder: a model cannot be saved as one there. hint: "
            "leave out the '/' at the end, or remove it first."
        )
    with aside(target) as new:
        new.mkdir()
        folders = {new}
        for name, content in contents:
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            folders.update(p for p in path.parents if p.is_relative_to(new))
            with path.open("xb") as file:
                file.write(content)
            sync(path)
        for folder in folders:
            sync(folder)
        if target.exists():
            with aside(target) as old:
                target.rename(old)
                try:
                    new.rename(target)
                except OSError:
                    old.rename(target)
                    raise
        else:
            new.rename(target)
        sync(target.parent)
