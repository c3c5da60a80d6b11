"""Ask the system for a signal when the parent process dies, and see that it has.

The kernel's own notice (Linux) arrives within microseconds, even where the parent was
killed with SIGKILL and where this process is deep in compiled code. Elsewhere a
process has to look at its parent's number now and then.
"""

import os
import sys

__all__ = ["adopt_orphans", "parent_is", "signal_at_parent_death"]

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def signal_at_parent_death(number: int) -> bool:
    """Have the kernel send signal `number` to this process when its parent dies.

    The "parent" is the thread that started this process: it must live as long as the
    process is wanted.

    Returns
    -------
    bool
        False where the system cannot do that.
    """
    return _prctl(_PR_SET_PDEATHSIG, number)


def adopt_orphans() -> bool:
    """Make this process the parent of descendants whose own parent has died."""
    return _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def parent_is(pid: int) -> bool:
    """Return whether the parent is still process `pid`."""
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
