"""Limits of the process's own control group, on trees as the kernel shows them."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headstart.machine.cgroup import memory_left, processor_quota

GIB = 2**30
V2 = "cgroup2 cgroup rw,nsdelegate"


def tree(root, *, cgroup, mounts, files):
    """Write a tree of /proc and /sys; return its root."""
    lines = [
        f"{30 + n} 23 0:{n} {shown} {point} rw - {system}"
        for n, (shown, point, system) in enumerate(mounts)
    ]
    contents = {
        "proc/self/cgroup": cgroup,
        "proc/self/mountinfo": "\n".join(["1 1 8:1 / / rw - ext4 /dev/sda rw", *lines]),
        **files,
    }
    for name, content in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n")
    return root


def version_2(folder, *, limit, used, cache=(0, 0), high="max", cpu="max 100000"):
    return {
        f"{folder}/memory.max": limit,
        f"{folder}/memory.high": high,
        f"{folder}/memory.current": used,
        f"{folder}/memory.stat": f"anon 7\ninactive_file {cache[0]}\n"
        f"active_file {cache[1]}\nslab 3",
        f"{folder}/cpu.max": cpu,
    }


def version_1(folder, *, limit, used, cache=0):
    return {
        f"{folder}/memory.limit_in_bytes": limit,
        f"{folder}/memory.usage_in_bytes": used,
        f"{folder}/memory.stat": f"cache 9\ninactive_file 1\n"
        f"total_inactive_file {cache}\ntotal_active_file 0",
    }


def test_a_systemd_service_is_bound_by_its_own_group_and_its_slice(tmp_path):
    top = "sys/fs/cgroup"
    root = tree(
        tmp_path,
        cgroup="0::/system.slice/fit.service",
        mounts=[("/", "/sys/fs/cgroup", V2)],
        files={
            **version_2(
                f"{top}/system.slice/fit.service",
                limit="max",
                high=3 * GIB,
                used=GIB,
                cpu="150000 100000",
            ),
            **version_2(
                f"{top}/system.slice", limit=8 * GIB, used=7 * GIB, cpu="400000 100000"
            ),
        },
    )

    assert memory_left(root) == GIB  # what the slice leaves, below the 2 of its own
    assert processor_quota(root) == 1.5


def test_a_container_whose_memory_is_page_cache_has_nearly_all_of_it_left(tmp_path):
    used, cache = 4 * GIB - 30 * 2**20, (2 * GIB, GIB)
    root = tree(
        tmp_path,
        cgroup="0::/",
        mounts=[("/", "/sys/fs/cgroup", V2)],
        files=version_2("sys/fs/cgroup", limit=4 * GIB, used=used, cache=cache),
    )

    assert memory_left(root) == 3 * GIB + 30 * 2**20
    assert processor_quota(root) is None


def test_a_slurm_job_is_bound_by_the_job_above_its_step(tmp_path):
    mount = "/sys/fs/cgroup/memory"
    job = "slurm/uid_7/job_42"
    root = tree(
        tmp_path,
        cgroup=f"4:memory:/{job}/step_0/task_0\n3:cpu,cpuacct:/{job}/step_0\n0::/",
        mounts=[
            ("/", mount, "cgroup cgroup rw,memory"),
            ("/", "/sys/fs/cgroup/cpu,cpuacct", "cgroup cgroup rw,cpu,cpuacct"),
        ],
        files={
            **version_1(
                f"sys/fs/cgroup/memory/{job}/step_0/task_0", limit=2**63 - 4096, used=5
            ),
            **version_1(
                f"sys/fs/cgroup/memory/{job}", limit=6 * GIB, used=3 * GIB, cache=GIB
            ),
            f"sys/fs/cgroup/cpu,cpuacct/{job}/step_0/cpu.cfs_quota_us": -1,
            f"sys/fs/cgroup/cpu,cpuacct/{job}/step_0/cpu.cfs_period_us": 100_000,
            f"sys/fs/cgroup/cpu,cpuacct/{job}/cpu.cfs_quota_us": 200_000,
            f"sys/fs/cgroup/cpu,cpuacct/{job}/cpu.cfs_period_us": 100_000,
        },
    )

    assert memory_left(root) == 4 * GIB
    assert processor_quota(root) == 2.0


def test_a_container_of_version_1_has_its_group_at_the_mounts_top(tmp_path):
    # Its path is that of the host, where the mount's root is too.
    root = tree(
        tmp_path,
        cgroup="4:memory:/docker/abc/inner",
        mounts=[("/docker/abc", "/sys/fs/cgroup/memory", "cgroup cgroup rw,memory")],
        files={
            **version_1("sys/fs/cgroup/memory", limit=4 * GIB, used=GIB),
            **version_1("sys/fs/cgroup/memory/inner", limit=2 * GIB, used=GIB),
        },
    )

    assert memory_left(root) == GIB


@pytest.mark.parametrize("path", ["/../other", "/gone/elsewhere", "/kubepods/pod7"])
def test_a_path_that_is_not_shown_here_stands_for_the_top(tmp_path, path):
    root = tree(
        tmp_path,
        cgroup=f"0::{path}",
        mounts=[("/", "/sys/fs/cgroup", V2)],
        files=version_2("sys/fs/cgroup", limit=2 * GIB, used=3 * GIB),
    )

    assert memory_left(root) == 0


def test_a_machine_without_groups_or_limits_says_none(tmp_path):
    assert memory_left(tmp_path) is None
    assert processor_quota(tmp_path) is None
    root = tree(
        tmp_path / "v2",
        cgroup="0::/",
        mounts=[("/", "/sys/fs/cgroup", V2)],
        files=version_2("sys/fs/cgroup", limit="max", used=5),
    )
    assert memory_left(root) is None


@pytest.fixture
def memory_group():
    """Make a real control group of 300 MiB below this process's own."""
    top = Path("/sys/fs/cgroup/memory")
    version = 1 if top.is_dir() else 2
    group = (top if version == 1 else top.parent) / f"headstart-test-{os.getpid()}"
    limit = "memory.limit_in_bytes" if version == 1 else "memory.max"
    try:
        group.mkdir()
        (group / limit).write_text(str(300 * 2**20))
    except OSError as error:
        with contextlib.suppress(OSError):
            group.rmdir()
        pytest.skip(f"needs control groups that can be made: {error}")
    yield group
    group.rmdir()


def test_a_real_group_bounds_what_a_process_in_it_may_take(memory_group):
    code = (
        f"import pathlib; pathlib.Path({str(memory_group / 'cgroup.procs')!r})"
        ".write_text('0'); from headstart.machine.cgroup import memory_left;"
        "print(memory_left())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert 150 * 2**20 < int(done.stdout) < 300 * 2**20
