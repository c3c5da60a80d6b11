import os
import subprocess
import sys

from headstart.pool import memory
from headstart.pool.memory import children, resident_bytes

HOLD = "x = bytearray(b'x' * {}); print(flush=True); input()"


def start(n_bytes):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(n_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    process.stdout.readline()
    return process


def test_bytes_that_are_touched_count():
    with start(50_000_000) as process:
        used = resident_bytes(process.pid)
        process.communicate(b"\n")

    assert 50_000_000 < used < 90_000_000


def test_bytes_of_children_count():
    with start(50_000_000) as process:
        used = resident_bytes(os.getpid())
        process.communicate(b"\n")

    assert used > resident_bytes(os.getpid()) + 50_000_000


def test_children_are_found_without_the_kernels_list(monkeypatch):
    monkeypatch.setattr(memory, "_HAS_CHILDREN", False)
    with start(1) as process:
        pids = children(os.getpid())
        process.communicate(b"\n")

    assert process.pid in pids


def test_a_process_that_is_gone_holds_nothing():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()

    assert resident_bytes(process.pid) == 0
    assert children(process.pid) == []
