"""The resources of a call: time of each thread, memory and processes."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from headstart.pool.memory import children, resident_bytes

__all__ = ["Usage", "can_measure", "measure_usage", "seconds_waited"]

_SECONDS = 0.005
_THREADS = Path("/proc/self/task")
_WAITED = Path("/proc/thread-self/schedstat")


@dataclass(frozen=True, slots=True)
class Usage:
    """Time, threads, memory and processes of one call.

    Parameters
    ----------
    cpu_seconds : float
        Processor seconds of all threads of the process.
    busiest_seconds : float
        Processor seconds of the busiest thread.
    n_processes : int
        Largest number of simultaneous child processes of the call.
    peak_bytes : int
        Peak memory, without the memory before the call.
    """

    cpu_seconds: float
    busiest_seconds: float
    n_processes: int
    peak_bytes: int


def can_measure() -> bool:
    """Return whether the system reports the time of each thread."""
    return sys.platform.startswith("linux") and _seconds_of_threads() != {}


def measure_usage(function: Callable[[], object]) -> Usage:
    """Call `function`, and return its resources, sampled every few milliseconds."""
    over = threading.Event()
    pid, own_children = os.getpid(), set(children(os.getpid()))
    thread_seconds: dict[str, float] = _seconds_of_threads()
    before = dict(thread_seconds)
    peak = [resident_bytes(pid)]
    n_processes = [0]
    initial_bytes = peak[0]

    def sample() -> None:
        thread_seconds.update(_seconds_of_threads())
        peak[0] = max(peak[0], resident_bytes(pid))
        n_new = len(set(children(pid)) - own_children)
        n_processes[0] = max(n_processes[0], n_new)

    def watch() -> None:
        while not over.wait(_SECONDS):
            sample()

    watcher = threading.Thread(target=watch, name="headstart-usage")
    watcher.start()
    started = time.process_time()
    try:
        function()
    finally:
        total_seconds = time.process_time() - started
        sample()
        over.set()
        watcher.join()
    name = str(watcher.native_id)
    call_seconds = {
        t: s - before.get(t, 0.0) for t, s in thread_seconds.items() if t != name
    }
    total_seconds -= thread_seconds.get(name, 0.0)
    busiest = max(call_seconds.values(), default=0.0)
    return Usage(
        max(total_seconds, busiest), busiest, n_processes[0], peak[0] - initial_bytes
    )


def seconds_waited() -> float:
    """Return the seconds for which this thread waited for a processor.

    The result is 0 if the system does not report it.
    """
    try:
        return int(_WAITED.read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def _seconds_of_threads() -> dict[str, float]:
    """Return the processor seconds of each running thread."""
    seconds: dict[str, float] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir(_THREADS):  # noqa: PTH208 - every few milliseconds
            with contextlib.suppress(OSError, ValueError):
                text = (_THREADS / name / "schedstat").read_text()
                seconds[name] = int(text.split()[0]) / 1e9
    return seconds
