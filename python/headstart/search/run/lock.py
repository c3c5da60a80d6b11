"""The lock of a run folder: one process writes it, and errors name that process.

It is a lock of the operating system, on a file in the run folder, so it is released
whenever its process ends. The content of the file (host, process, start) is used in
messages only. Where the file system has no locks, a file that is created exclusively
takes the lock's place; it remains if its process is killed.
"""

import contextlib
import errno
import json
import os
import socket
import weakref
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headstart.exceptions import RunFolderError

__all__ = ["LOCK_NAME", "OWNER_NAME", "RunLock", "is_abandoned"]

LOCK_NAME = "run.lock"
# The file that is used instead where the file system has no locks.
OWNER_NAME = "run.owner"


class RunLock:
    """Locks a run folder for this process until `release`, or until the process ends.

    Parameters
    ----------
    folder : Path

    Attributes
    ----------
    is_native : bool
        Whether the file system has locks.

    Raises
    ------
    RunFolderError
        If another running process has locked the folder, or may have.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_NAME
        self._handle: int | None = None
        self.is_native = True
        # The file is not truncated here: the owner is written after it is locked.
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            is_free = _lock(handle)
        except OSError as error:
            os.close(handle)
            self.is_native = False
            self._path = folder / OWNER_NAME
            self._claim(error)
            return
        if not is_free:
            os.close(handle)
            raise _in_use_error(folder, _read_owner(self._path))
        os.ftruncate(handle, 0)
        os.write(handle, _owner())
        self._handle = handle
        _locks.add(self)

    def release(self) -> None:
        """Release the folder; a second call does nothing."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, 0)
            self.forget()
        elif not self.is_native:
            self._path.unlink(missing_ok=True)
            self.is_native = True

    def forget(self) -> None:
        """Close this process's handle: in a forked child, whose parent has the lock."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _claim(self, reason: OSError) -> None:
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            raise RunFolderError(
                f"The run folder {self._path.parent} may be in use by "
                f"{_describe(_read_owner(self._path))}. Its file system has no locks "
                f"({reason.strerror or reason}), so it cannot be checked whether that "
                f"process still runs. hint: if it does not, delete {self._path}; or "
                "use another run_dir."
            ) from None
        os.write(handle, _owner())
        os.close(handle)


def is_abandoned(folder: Path) -> bool:
    """Return whether the process that locked `folder` has certainly ended.

    False where this is unknown: the folder has no lock, or one of another host.
    """
    try:
        handle = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        owner = _read_owner(folder / LOCK_NAME)
        return owner.get("host") == socket.gethostname() and _lock(handle)
    except OSError:
        return False
    finally:
        os.close(handle)


# A forked child inherits the lock's handle, and would keep the folder locked after its
# parent has ended.
_locks: "weakref.WeakSet[RunLock]" = weakref.WeakSet()


def _forget_all() -> None:
    for lock in list(_locks):
        lock.forget()
    _locks.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def _lock(handle: int) -> bool:
    """Lock a file without waiting; return False if another process has locked it.

    Raises
    ------
    OSError
        If the file system has no locks.
    """
    try:
        import fcntl
    except ImportError:
        raise OSError(errno.ENOLCK, f"none that work on {os.name}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner() -> bytes:
    record = {
        "host": socket.gethostname(),
        "process": os.getpid(),
        "since": datetime.now(tz=UTC).isoformat(timespec="seconds"),
    }
    return json.dumps(record).encode()


def _read_owner(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _describe(owner: dict[str, Any]) -> str:
    host, process, since = (owner.get(n) for n in ("host", "process", "since"))
    if process is None:
        return "another process"
    return f"process {process} on {host}, since {since}"


def _in_use_error(folder: Path, owner: dict[str, Any]) -> RunFolderError:
    return RunFolderError(
        f"The run folder {folder} is in use by {_describe(owner)}. Only one run "
        "may use a folder at a time. hint: wait until that run has ended, or use "
        "another run_dir."
    )
