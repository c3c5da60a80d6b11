"""Files and folders that appear whole or not at all.

What is new is written under a hidden name beside its target, and renamed. A process
killed at any instant leaves the old file or the new one, and at worst a hidden leftover
that ends in ``.tmp``.
"""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["aside", "replacing", "replacing_folder", "sync"]


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """Give a free hidden name beside `target`; what is there at the end is removed."""
    # A name that no other process, thread or host uses.
    path = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.tmp")
    try:
        yield path
    finally:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink(missing_ok=True)


@contextmanager
def replacing(target: Path, *, durable: bool = False) -> Iterator[Path]:
    """Give a hidden name to write a file by; it is renamed to `target` at the end.

    Parameters
    ----------
    target : Path
    durable : bool
        Bring the file and its name to the disk: a power cut spares them.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "numbers.txt"
    >>> with replacing(path) as new:
    ...     _ = new.write_text("1 2 3")
    >>> path.read_text()
    '1 2 3'
    """
    with aside(target) as new:
        yield new
        if durable:
            sync(new)
        new.replace(target)
        if durable:
            sync(target.parent)


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder that is renamed to `target` at the end, if that is free.

    Where another process was first, its folder stays: for what is the same whoever
    makes it.
    """
    with aside(target) as new:
        new.mkdir()
        try:
            yield new
            new.rename(target)
        except OSError:
            if not target.exists():
                raise


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk where the system can."""
    if os.name != "posix" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network file systems have nothing to sync of a folder.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(handle)
