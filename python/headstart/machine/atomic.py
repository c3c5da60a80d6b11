"""Files and folders that appear whole or not at all.

New content is written under a hidden name next to its target, and renamed. A process
that is killed at any time leaves the old file or the new one, and at worst a hidden
file that ends in ``.tmp``.
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
    """Yield a free hidden path next to `target`; remove what is there at the end."""
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
    """Yield a hidden path for a new file, which is renamed to `target` at the end.

    Parameters
    ----------
    target : Path
    durable : bool
        Flush the file and its name to the disk, so that they survive a power cut.

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
    """Yield an empty folder, which is renamed to `target` at the end, if that is free.

    If another process has made `target` meanwhile, its folder is kept: use this for
    content that does not depend on the process that writes it.
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
    """Flush a file, or the names in a folder, to the disk where the system can."""
    if os.name != "posix" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network file systems cannot sync a folder.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(handle)
