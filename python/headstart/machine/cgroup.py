"""Memory and processor time that the control groups of this process leave it.

The limits of the process's own group (``/proc/self/cgroup``), below the mount point of
its hierarchy, and of each group above it count: SLURM limits the job, systemd the slice
or the service, a container everything in it. Versions 1 and 2 of control groups are
read, and both if a machine has both.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

__all__ = ["memory_left", "processor_quota"]

_ROOT = Path("/")
_Number = TypeVar("_Number", bound=float)


def memory_left(root: Path = _ROOT) -> int | None:
    """Return bytes that can be allocated within all limits; None without a limit.

    Pages of the file cache count as free, since the kernel can drop them.

    Parameters
    ----------
    root : Path
        Folder that has ``proc`` and the mounted hierarchies; another one in tests.
    """
    limits_left = [
        *_each_group("memory", root, _memory_of_version_1),
        *_each_group("", root, _memory_of_version_2),
    ]
    return max(0, min(limits_left)) if limits_left else None


def processor_quota(root: Path = _ROOT) -> float | None:
    """Return the number of processors within all limits; None without a limit.

    Parameters
    ----------
    root : Path
        As in `memory_left`.
    """
    quotas = [
        *_each_group("cpu", root, _quota_of_version_1),
        *_each_group("", root, _quota_of_version_2),
    ]
    return min(quotas, default=None)


def _each_group(
    controller: str, root: Path, read: Callable[[Path], _Number | None]
) -> Iterator[_Number]:
    """Yield the result of `read` for this process's group and each group above it."""
    for folder, top in _own_groups(controller, root):
        for group in (folder, *folder.parents):
            number = read(group)
            if number is not None:
                yield number
            if group == top:
                break


def _own_groups(controller: str, root: Path) -> Iterator[tuple[Path, Path]]:
    """Yield this process's group and the root of its hierarchy, as mounted here.

    Parameters
    ----------
    controller : str
        Of version 1; empty for version 2.
    """
    own_paths = {
        name: path
        for line in _lines(root / "proc/self/cgroup")
        for _, names, path in [line.split(":", 2)]
        for name in names.split(",")
    }
    if controller not in own_paths:
        return
    for line in _lines(root / "proc/self/mountinfo"):
        mount, _, system = line.partition(" - ")
        kind, _, options = system.split(" ", 2)
        is_mounted = (
            kind == "cgroup2"
            if not controller
            else kind == "cgroup" and controller in options.split(",")
        )
        if not is_mounted:
            continue
        shown, point = (_unescaped(field) for field in mount.split(" ")[3:5])
        top = root / point.lstrip("/")
        # In a container the mounted root is often the group itself, whose path refers
        # to the host's hierarchy.
        path = Path(own_paths[controller])
        inside = path.relative_to(shown) if path.is_relative_to(shown) else Path()
        folder = top / inside
        yield (folder if ".." not in inside.parts and folder.is_dir() else top), top


def _memory_of_version_2(group: Path) -> int | None:
    limits = [_number(group / f"memory.{name}") for name in ("max", "high")]
    finite = [limit for limit in limits if limit is not None]
    used = _number(group / "memory.current")
    if not finite or used is None:
        return None
    return min(finite) - _without_cache(used, group, "")


def _memory_of_version_1(group: Path) -> int | None:
    limit = _number(group / "memory.limit_in_bytes")
    used = _number(group / "memory.usage_in_bytes")
    if limit is None or used is None:
        return None
    return limit - _without_cache(used, group, "total_")


def _without_cache(used: int, group: Path, prefix: str) -> int:
    fields = dict(
        line.split(" ", 1) for line in _lines(group / "memory.stat") if " " in line
    )
    names = (f"{prefix}inactive_file", f"{prefix}active_file")
    return max(0, used - sum(int(fields.get(name, 0)) for name in names))


def _quota_of_version_2(group: Path) -> float | None:
    for line in _lines(group / "cpu.max"):
        quota, period = line.split()
        return None if quota == "max" else int(quota) / int(period)
    return None


def _quota_of_version_1(group: Path) -> float | None:
    quota = _number(group / "cpu.cfs_quota_us")
    period = _number(group / "cpu.cfs_period_us")
    return quota / period if quota and period else None


def _number(path: Path) -> int | None:
    """Return the number in a file; None if it has none (``max``, or -1)."""
    try:
        number = int(path.read_text())
    except (OSError, ValueError):
        return None
    return number if number >= 0 else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)
