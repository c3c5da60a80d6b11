"""Detection of the death of the parent process.

On Linux the kernel sends a signal within microseconds, even if the parent was killed
with SIGKILL or this process runs compiled code. On other systems a process has to check
its parent's process id regularly.
"""

import os
import sys

__all__ = ["adopt_orphans", "parent_is", "signal_at_parent_death"]

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def signal_at_parent_death(number: int) -> bool:
    """Request signal `number` from the kernel for the death of the parent.

    The "parent" is the thread that started this process: it must live as long as this
    process is needed.

    Returns
    -------
    bool
        False if the system does not support it.
    """
    return _prctl(_PR_SET_PDEATHSIG, number)


def adopt_orphans() -> bool:
    """Make this process the parent of descendants whose own parent has died."""
    return _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def parent_is(pid: int) -> bool:
    """Return whether process `pid` is still the parent."""
    return os.getppid() == pid


def _prctl(option: int, value: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        libc = ctypes.CDLL(None, use_errno=True)
        return bool(libc.prctl(option, value, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
