"""Temporary folders of runs: removed by their process, or by a later one."""

import contextlib
import os
import shutil
import tempfile
import threading
import time
import weakref
from pathlib import Path

from headstart.search.run.lock import RunLock, is_abandoned

__all__ = ["make_temporary_folder", "remove_abandoned", "remove_temporary_folders"]

_PREFIX = "headstart-"
# Seconds for removing folders of killed processes, which may contain gigabytes: later
# processes remove the rest.
_LONGEST_REMOVAL = 2.0


class _Home:
    """The folder of all temporary runs of this process, locked until it ends."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self.lock = RunLock(self.path)
        self.owner = os.getpid()
        self.remove = weakref.finalize(self, _remove, self.path, self.owner)

    def is_usable(self) -> bool:
        return (
            self.owner == os.getpid()
            and self.path.parent == Path(tempfile.gettempdir())
            and self.path.is_dir()
        )


_homes: list[_Home] = []
_guard = threading.Lock()


def make_temporary_folder() -> Path:
    """Create a folder for a run, in this process's folder in the temporary folder.

    The first call in a process also removes the folders of killed processes.
    """
    with _guard:
        if not (_homes and _homes[-1].is_usable()):
            remove_abandoned(Path(tempfile.gettempdir()))
            _homes.append(_Home())
        return Path(tempfile.mkdtemp(prefix="run-", dir=_homes[-1].path))


def remove_temporary_folders() -> None:
    """Remove the temporary folders of this process, which is about to end."""
    for home in _homes:
        home.remove()


def remove_abandoned(parent: Path) -> None:
    """Remove folders of runs whose process has certainly ended."""
    give_up = time.monotonic() + _LONGEST_REMOVAL
    user = os.getuid() if hasattr(os, "getuid") else None
    for folder in sorted(parent.glob(f"{_PREFIX}*")):
        if time.monotonic() > give_up:
            return
        with contextlib.suppress(OSError):
            is_own = user is None or folder.lstat().st_uid == user
            if is_own and not folder.is_symlink() and is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _renew_guard() -> None:
    # Another thread of the parent may have held the lock.
    global _guard
    _guard = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_guard)


def _remove(path: Path, owner: int) -> None:
    # A forked child inherits this finalizer, and must not delete the folder.
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)
