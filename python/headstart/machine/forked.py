"""Forked processes that cannot use polars, because their parent has used it.

polars computes in a pool of threads that it starts once. A fork copies the process
without these threads, so that the copy would wait for them forever. Here it raises an
error instead.
"""

import os
import re
import sys
from pathlib import Path

from headstart.exceptions import ForkedProcessError

__all__ = ["refuse_if_forked"]

_POOL_THREAD = re.compile(r"polars-\d+\s*")


class _State:
    """The state of this process with respect to forks."""

    # Whether its parent had polars' threads when it forked.
    is_cut_off = False
    # Whether this process has used tables, which starts the threads.
    has_used_tables = False
    # Set before a fork, if the system lists the threads of a process.
    has_pool: bool | None = None


def refuse_if_forked() -> None:
    """Raise if this process was forked after its parent used polars.

    Raises
    ------
    ForkedProcessError
    """
    if _State.is_cut_off:
        raise ForkedProcessError(
            "This process was forked from one that had used tables, whose threads a "
            "fork does not copy: it would wait for them for ever. hint: start "
            "processes by the method 'spawn' or 'forkserver' (joblib: the backend "
            "'loky'), or fork before the first fit, predict or inspect; headstart.load "
            "may come before."
        )
    _State.has_used_tables = True


def _before_fork() -> None:
    _State.has_pool = _has_pool()


def _after_fork_in_parent() -> None:
    _State.has_pool = None


def _after_fork_in_child() -> None:
    # Servers that fork in C (uWSGI) run only this hook.
    has_pool = _State.has_pool
    if has_pool is None:
        has_pool = _State.has_used_tables
    _State.is_cut_off = _State.is_cut_off or has_pool
    _State.has_used_tables = False
    _State.has_pool = None


def _has_pool() -> bool | None:
    """Return whether this process has polars' threads; None if that is unknown."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        names = [p.read_text() for p in Path("/proc/self/task").glob("*/comm")]
    except OSError:  # the thread has just ended
        return None
    return any(_POOL_THREAD.fullmatch(name) for name in names)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
