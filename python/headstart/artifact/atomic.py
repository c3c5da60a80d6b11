"""Files and folders that appear whole or not at all.

What is new is written under a hidden name beside its target, brought to the disk, and
renamed. A process killed at any instant leaves the old file or the new one, and at
worst a hidden leftover that ends in ``.tmp``. A folder takes two renames: killed
between them, the old folder is such a leftover.
"""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from headstart.exceptions import ArtifactError

__all__ = ["replace_file", "replace_folder", "saving_explained"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextlib.contextmanager
def saving_explained(target: Path) -> Iterator[None]:
    """Say of an OSError what it means for saving `target`; its class stays."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            reason = (
                "the disk is full (or your quota of it). hint: free some space, or "
                "save to another disk"
            )
        elif error.errno in _FORBIDDEN:
            reason = (
                f"{target.parent} may not be written to. hint: save to a folder of "
                "your own, or change its permissions"
            )
        elif error.errno in {errno.ENOENT, errno.ENOTDIR}:
            reason = f"{target.parent} is not a folder. hint: make it first"
        else:
            reason = error.strerror or str(error)
        text = f"The model cannot be saved to {target}: {reason}."
        raise OSError(error.errno, text) from error


def replace_file(target: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file by `write`, in place of the one that may be there.

    Raises
    ------
    ArtifactError
        If `target` is neither a file nor free.
    OSError
        If it cannot be written; what was there is unchanged.
    """
    if target.exists() and not target.is_file():  # /dev/null must stay what it is
        raise ArtifactError(
            f"{target} is not a plain file: a model cannot be saved there."
        )
    with _aside(target) as new:
        with new.open("xb") as file:
            write(file)
            _sync(file)
        new.replace(target)
        _sync_folder(target.parent)


def replace_folder(target: Path, contents: Iterable[tuple[str, bytes]]) -> None:
    """Write a folder of files, in place of the one that may be there.

    A folder cannot be replaced in one step: for an instant between two renames the
    old one has a hidden name and the new one not yet its own.

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
        If it cannot be written; what was there is unchanged.
    """
    if target.exists() and not target.is_dir():
        raise ArtifactError(
            f"{target} is not a folder: a model cannot be saved as one there. hint: "
            "leave out the '/' at the end, or remove it first."
        )
    with _aside(target) as new:
        new.mkdir()
        folders = {new}
        for name, content in contents:
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            folders.update(p for p in path.parents if p.is_relative_to(new))
            with path.open("xb") as file:
                file.write(content)
                _sync(file)
        for folder in folders:
            _sync_folder(folder)
        if target.exists():
            with _aside(target) as old:
                target.rename(old)
                try:
                    new.rename(target)
                except OSError:
                    old.rename(target)
                    raise
        else:
            new.rename(target)
        _sync_folder(target.parent)


@contextlib.contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """Give a free hidden name beside `target`; what is there at the end is removed."""
    path = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
    try:
        yield path
    finally:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk, where the system can do that."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network file systems have nothing to sync of a folder.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(handle)
