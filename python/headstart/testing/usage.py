"""The resources of a call: time of each thread, memory, processes."""

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
        Of all threads of the process together.
    busiest_seconds : float
        Of the thread that used most.
    n_processes : int
        The most processes that ran beside it and were its own.
    peak_bytes : int
        The most memory it held at a time, beyond what was held before.
    """

    cpu_seconds: float
    busiest_seconds: float
    n_processes: int
    peak_bytes: int


def can_measure() -> bool:
    """Return whether the system reports the times of single threads."""
    return sys.platform.startswith("linux") and _seconds_of_threads() != {}


def measure_usage(function: Callable[[], object]) -> Usage:
    """Call `function`, and return its resources, sampled every few milliseconds."""
    over = threading.Event()
    pid, own_children = os.getpid(), set(children(os.getpid()))
    seen: dict[str, float] = _seconds_of_threads()
    before = dict(seen)
    peak = [resident_bytes(pid)]
    n_processes = [0]
    held = peak[0]

    def look() -> None:
        seen.update(_seconds_of_threads())
        peak[0] = max(peak[0], resident_bytes(pid))
        more = len(set(children(pid)) - own_children)
        n_processes[0] = max(n_processes[0], more)

    def watch() -> None:
        while not over.wait(_SECONDS):
            look()

    watcher = threading.Thread(target=watch, name="headstart-usage")
    watcher.start()
    started = time.process_time()
    try:
        function()
    finally:
        used = time.process_time() - started
        look()
        over.set()
        watcher.join()
    name = str(watcher.native_id)
    spent = {t: s - before.get(t, 0.0) for t, s in seen.items() if t != name}
    used -= seen.get(name, 0.0)
    busiest = max(spent.values(), default=0.0)
    return Usage(max(used, busiest), busiest, n_processes[0], peak[0] - held)


def seconds_waited() -> float:
    """Return the seconds for which this thread waited for a processor.

    0 where the system does not report it.
    """
    try:
        return int(_WAITED.read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def _seconds_of_threads() -> dict[str, float]:
    """Return the processor seconds of each running thread."""
    found: dict[str, float] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir(_THREADS):  # noqa: PTH208 - every few milliseconds
            with contextlib.suppress(OSError, ValueError):
                text = (_THREADS / name / "schedstat").read_text()
                found[name] = int(text.split()[0]) / 1e9
    return found
