"""Copies of its own process that a call forks, and must not leave behind.

A copy that returns from the call would go on as the worker: answer a second time, write
the same files. One that stays runs beyond every limit.
"""

import os
from pathlib import Path
from typing import Self

from headstart.pool.memory import children

__all__ = ["OwnProcess", "own_whole_process"]

_is_ours = False


def own_whole_process() -> None:
    """Note that this process runs calls and nothing else.

    In the user's program, what is forked while a call runs may be another thread's.
    """
    global _is_ours
    _is_ours = True


class OwnProcess:
    """The process that a call began in; copies of it end with its context.

    Programs that the call starts are no copies: helpers of joblib and multiprocessing
    stay on purpose, and end with the worker.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._before = frozenset(children(self._pid))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end_copies()

    def end_copies(self) -> None:
        """End this process, if it is a copy of the one that the call began in."""
        if os.getpid() != self._pid:
            os._exit(1)

    def check(self) -> None:
        """Refuse copies that still run, where no other thread can have forked them.

        Raises
        ------
        RuntimeError
            If there are any.
        """
        self.end_copies()
        if not _is_ours:
            return
        own = _command(self._pid)
        left = [
            pid
            for pid in children(self._pid)
            if pid not in self._before and own and _command(pid) == own
        ]
        if left:
            raise RuntimeError(
                f"left {len(left)} forked copies of its process running. hint: a "
                "process that is forked must be waited for, or end with os._exit()."
            )


def _command(pid: int) -> bytes:
    """Return the command line of a process, empty where it is gone or not told."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
