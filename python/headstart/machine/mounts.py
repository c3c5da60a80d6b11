"""Detection of file systems in memory, whose files take memory from programs."""

from pathlib import Path

__all__ = ["is_in_memory"]

_IN_MEMORY = {"tmpfs", "ramfs"}


def is_in_memory(path: Path) -> bool:
    """Return whether files under `path` are kept in memory; False if unknown."""
    import psutil

    try:
        partitions = psutil.disk_partitions(all=True)
    except (OSError, psutil.Error):
        return False
    resolved = path.resolve()
    mounts = {Path(each.mountpoint): each.fstype for each in partitions}
    nearest = next(
        (mounts[p] for p in (resolved, *resolved.parents) if p in mounts), ""
    )
    return nearest in _IN_MEMORY
