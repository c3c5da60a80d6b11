import subprocess
from pathlib import Path

import psutil
import pytest

from headstart.machine.mounts import is_in_memory

SHARED_MEMORY = Path("/dev/shm")


def has_tmpfs():
    mounts = psutil.disk_partitions(all=True)
    return any(
        m.mountpoint == str(SHARED_MEMORY) and m.fstype == "tmpfs" for m in mounts
    )


@pytest.mark.skipif(not has_tmpfs(), reason="needs a tmpfs at /dev/shm")
def test_a_folder_of_a_tmpfs_is_in_memory():
    assert is_in_memory(SHARED_MEMORY / "some" / "folder")


def test_a_folder_of_the_system_is_on_a_disk():
    kind = subprocess.run(
        ["stat", "-f", "-c", "%T", "/usr"], capture_output=True, text=True, check=True
    ).stdout.strip()

    assert is_in_memory(Path("/usr")) == (kind in {"tmpfs", "ramfs"})
