"""The worker processes of checks.

All checks of a program share one pool. It is the pool of fits, which stops and reports
crashes, hangs and excessive memory.
"""

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

from headstart.execution import PRELOAD
from headstart.pool import WorkerPool

__all__ = ["MEMORY_LIMIT", "call", "call_afresh", "end_worker"]

MEMORY_LIMIT = 4 * 2**30


def call(function: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
    """Return ``function(*arguments)`` from a worker, which later calls reuse.

    Raises
    ------
    WorkerDiedError
        If the worker crashed, or exceeded `seconds` or the memory limit.
    TypeError
        If the call cannot be sent to another process.
    """
    return _submit(function, arguments, seconds).result()


def call_afresh(function: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
    """Return ``function(*arguments)`` from a new worker."""
    end_worker()
    return call(function, *arguments, seconds=seconds)


def end_worker() -> None:
    """End the worker, so that the next call starts a new one."""
    asleep = _pool().submit(time.sleep, 60.0)
    _wait_until_started(asleep)
    _pool().kill(asleep)


def _submit(
    function: Callable[..., Any], arguments: Sequence[Any], seconds: float
) -> Any:
    # The start of the interpreter does not count as the plugin's time.
    _pool().wait_until_ready()
    return _pool().submit_limited(
        function,
        arguments,
        deadline=time.monotonic() + seconds,
        memory_limit=MEMORY_LIMIT,
    )


def _wait_until_started(future: Any) -> None:
    while not (future.running() or future.done()):
        time.sleep(0.001)


@functools.cache
def _pool() -> WorkerPool:
    return WorkerPool(1, preload=(*PRELOAD, "headstart.testing.running"))
