"""The memory of a process and its descendants.

Anonymous and shared pages count. Mapped files do not, since the kernel can drop their
pages when memory is short. Address space is no measure, since libraries reserve far
more than they use.
"""

import os
import sys
from pathlib import Path

__all__ = ["children", "resident_bytes"]

_PROC = Path("/proc")
# Kernels may be built without lists of children; then psutil inspects all processes.
_HAS_CHILDREN = sys.platform.startswith("linux") and any(
    (_PROC / "self" / "task" / name / "children").exists()
    for name in (os.listdir("/proc/self/task") if _PROC.exists() else ())  # noqa: PTH208 - a tenth of iterdir's time
)


def resident_bytes(pid: int) -> int:
    """Return resident bytes of `pid` and all its descendants; 0 if it has ended.

    Pages that a forked worker still shares with its forkserver count in full.
    """
    total = _own_bytes(pid)
    for child in children(pid):
        total += resident_bytes(child)
    return total


def children(pid: int) -> list[int]:
    """Return the direct children of `pid`; empty if it has ended."""
    if not _HAS_CHILDREN:
        return _children_by_psutil(pid)
    pids: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
            text = _read(f"/proc/{pid}/task/{thread}/children")
            pids.extend(int(number) for number in text.split())
    except OSError:
        pass
    return pids


def _own_bytes(pid: int) -> int:
    if not sys.platform.startswith("linux"):
        return _own_bytes_by_psutil(pid)
    try:
        lines = _read(f"/proc/{pid}/status").splitlines()
    except OSError:
        return 0
    return sum(
        int(line.split()[1]) * 1024
        for line in lines
        if line.startswith(("RssAnon:", "RssShmem:"))
    )


def _read(path: str) -> str:
    # Ten times a second for every worker: Path.read_text costs twice as much.
    with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123
        return file.read()


def _own_bytes_by_psutil(pid: int) -> int:
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _children_by_psutil(pid: int) -> list[int]:
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []
