"""Cores and memory that this process may use, which can be less than the machine's."""

import os
import platform
from pathlib import Path

from headstart.machine.cgroup import memory_left, processor_quota

__all__ = ["available_cores", "available_memory", "machine_class"]


def available_cores() -> int:
    """Return the number of usable cores, at least 1: affinity and control groups."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else (os.cpu_count() or 1)
    quota = processor_quota()
    return max(1, cores if quota is None else min(cores, int(quota + 0.5)))


def available_memory() -> int:
    """Return bytes that can still be allocated, within the limits of control groups."""
    import psutil

    free = int(psutil.virtual_memory().available)
    within_cgroup = memory_left()
    return free if within_cgroup is None else min(free, within_cgroup)


def machine_class() -> str:
    """Return a description of the machine, for comparing measured seconds.

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
