"""The way into the compiled module: build, errors, Ctrl-C."""

import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from headstart import _core
from headstart.validation import plain_folds


def test_the_build_says_what_it_is():
    assert _core.build_info()["profile"] == "release"
    assert _core.build_info()["version"].count(".") == 2


@pytest.mark.parametrize("n_threads", [1, 2])
def test_ctrl_c_ends_a_long_kernel(n_threads):
    program = f"""
import os, signal, threading, time
from headstart import _core

# Where the tests run in the background, Ctrl-C is ignored and children inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)

def press():
    time.sleep(0.3)
    print("pressed", time.monotonic(), flush=True)
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=press).start()
try:
    _core.plain_folds(100_000, 5, 10_000, 0, {n_threads})
except KeyboardInterrupt:
    print("stopped", time.monotonic(), flush=True)
"""
    moments = dict(line.split() for line in run(program).splitlines())
    assert float(moments["stopped"]) - float(moments["pressed"]) < 1.0


def test_other_threads_run_while_a_kernel_does():
    ticks = []
    done = threading.Event()

    def tick():
        while not done.wait(0.001):
            ticks.append(time.monotonic())

    ticker = threading.Thread(target=tick)
    ticker.start()
    started = time.monotonic()
    plain_folds(200_000, 5, 100)
    ended = time.monotonic()
    done.set()
    ticker.join()
    assert sum(started < moment < ended for moment in ticks) > 5


def test_arrays_that_are_not_contiguous_are_refused_at_the_border():
    with pytest.raises(ValueError, match="y must be a contiguous array"):
        _core.score_values("mae", np.zeros(6)[::2], np.zeros(3), None, 1)


def test_kernels_run_in_a_forked_child_too():
    program = """
import os
from headstart.validation import plain_folds

plain_folds(200_000, 5, 4, n_threads=2)
child = os.fork()
if child == 0:
    os._exit(plain_folds(200_000, 5, 4, n_threads=2).n_folds)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
"""
    assert run(program).split() == ["5"]


def test_a_kernel_without_memory_raises():
    with pytest.raises(MemoryError, match="fold ids"):
        plain_folds(1_000, 5, 1 << 50)
    with pytest.raises(MemoryError, match="hashed text"):
        _core.hash_text(["a"], 1, 1 << 60, 1)


def test_arrays_that_are_not_aligned_are_refused():
    values = np.frombuffer(b"." + np.arange(4.0).tobytes(), offset=1)
    for call in (
        lambda: _core.score_values("mae", values, values, None, 1),
        lambda: _core.score_spearman([values], np.arange(4.0), 1),
        lambda: _core.score_spearman(values.reshape(4, 1), np.arange(4.0), 1),
    ):
        with pytest.raises(ValueError, match="aligned"):
            call()


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")
def test_the_threads_of_a_kernel_have_ended_when_it_returns():
    program = """
import os
import numpy as np
from headstart import _core

x = np.random.default_rng(0).normal(size=200_000)
threads = lambda: len(os.listdir("/proc/self/task"))
before = threads()
left = []
for _ in range(20):
    _core.score_spearman([x], x, 4)
    left.append(threads() - before)
print(sum(left) / 20)
"""
    # A thread that has ended may be listed a moment longer.
    assert float(run(program)) < 0.5


def run(program):
    """Run a program to its end; give what it printed."""
    return subprocess.run(
        # A warning of newer Pythons about forks beside other libraries' threads.
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
