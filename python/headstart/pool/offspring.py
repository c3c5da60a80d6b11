"""Detection of forked copies of its own process that a call leaves behind.

A copy that returns from the call would continue as the worker: it would answer a second
time and write the same files. One that keeps running is beyond all limits.
"""

import os
from pathlib import Path
from typing import Self

from headstart.pool.memory import children

__all__ = ["OwnProcess", "own_whole_process"]

_is_ours = False


def own_whole_process() -> None:
    """Record that this process only runs calls.

    In the user's program, a process forked during a call may be another thread's.
    """
    global _is_ours
    _is_ours = True


class OwnProcess:
    """The process in which a call started; its copies end with this context.

    Programs that the call starts are no copies: helper processes of joblib and
    multiprocessing remain on purpose and end with the worker.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._before = frozenset(children(self._pid))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end_copies()

    def end_copies(self) -> None:
        """End this process if it is a copy of the one in which the call started."""
        if os.getpid() != self._pid:
            os._exit(1)

    def check(self) -> None:
        """Raise if copies still run and no other thread can have forked them.

        Raises
        ------
        RuntimeError
            If there are any.
        """
        self.end_copies()
        if not _is_ours:
            return
        command = _command(self._pid)
        copies = [
            pid
            for pid in children(self._pid)
            if pid not in self._before and command and _command(pid) == command
        ]
        if copies:
            raise RuntimeError(
                f"left {len(copies)} forked copies of its process running. hint: a "
                "process that is forked must be waited for, or end with os._exit()."
            )


def _command(pid: int) -> bytes:
    """Return the command line of a process; empty if it has ended or is unknown."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
