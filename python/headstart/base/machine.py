"""Cores and memory that this process may really use, not what the machine has."""

import os
import platform
from pathlib import Path

__all__ = ["available_cores", "available_memory", "machine_class"]

_CGROUP = Path("/sys/fs/cgroup")


def available_cores() -> int:
    """Return usable cores: affinity, bounded by the cgroup's quota; at least 1."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else (os.cpu_count() or 1)
    quota = _cpu_quota()
    return max(1, cores if quota is None else min(cores, int(quota + 0.5)))


def available_memory() -> int:
    """Return bytes that can still be taken, bounded by the cgroup's limit."""
    import psutil

    free = int(psutil.virtual_memory().available)
    limit = _read_number(_CGROUP / "memory.max")
    used = _read_number(_CGROUP / "memory.current")
    if limit is None:
        limit = _read_number(_CGROUP / "memory" / "memory.limit_in_bytes")
        used = _read_number(_CGROUP / "memory" / "memory.usage_in_bytes")
    if limit is not None and used is not None:
        free = min(free, max(0, limit - used))
    return free


def machine_class() -> str:
    """Return what kind of machine this is, in words, for comparing seconds.

    Examples
    --------
    >>> machine_class()
    '...'
    """
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if "model name" in line)
    return next(models, "") or platform.processor() or platform.machine()


def _cpu_quota() -> float | None:
    try:
        quota, period = (_CGROUP / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        pass
    quota_us = _read_number(_CGROUP / "cpu" / "cpu.cfs_quota_us")
    period_us = _read_number(_CGROUP / "cpu" / "cpu.cfs_period_us")
    return quota_us / period_us if quota_us and period_us else None


def _read_number(path: Path) -> int | None:
    try:
        number = int(path.read_text())
    except (OSError, ValueError):
        return None
    return number if number >= 0 else None
