"""The future of a call in a worker, and the pool's record of the call."""

import contextlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from typing import Any

from headstart.pool.death import cancelled, never_started

__all__ = ["Job", "WorkerFuture"]


class WorkerFuture(Future[Any]):
    """A future with the start time and peak memory of the call.

    Attributes
    ----------
    peak_memory : int
        Highest observed resident bytes of the worker and its children.
    started : float or None
        Time of `time.monotonic` at which a worker received the call.
    """

    def __init__(self) -> None:
        super().__init__()
        self.peak_memory = 0
        self.started: float | None = None


@dataclass(slots=True, eq=False)
class Job:
    """A call, its limits and its future."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    deadline: float | None = None
    memory_limit: int | None = None
    future: WorkerFuture = field(default_factory=WorkerFuture)
    packed: bytes = b""
    # A reference that keeps the pool from being collected before the answer.
    keeps: object = None
    begun: bool = False

    def start(self) -> bool:
        """Mark it as running; return False if it was cancelled or its time is over.

        Called once, by the code that takes it out of a queue.
        """
        self.begun = True
        if not self.future.set_running_or_notify_cancel():
            self.keeps = None
            return False
        self.future.started = time.monotonic()
        if self.is_late(self.future.started):
            self.fail(never_started())
            return False
        return True

    def is_late(self, now: float) -> bool:
        """Return whether its deadline has passed."""
        return self.deadline is not None and now >= self.deadline

    def seconds(self) -> float:
        """Return the seconds since it started."""
        return time.monotonic() - (self.future.started or time.monotonic())

    def succeed(self, result: Any) -> None:
        """Set the result, unless there is an answer already."""
        self.keeps = None
        with contextlib.suppress(InvalidStateError):
            self.future.set_result(result)

    def fail(self, error: BaseException) -> None:
        """Set the error, unless there is an answer already or it was cancelled."""
        self.keeps = None
        if not self.begun:
            self.begun = True
            if not self.future.set_running_or_notify_cancel():
                return
        with contextlib.suppress(InvalidStateError):
            self.future.set_exception(error)

    def cancel(self) -> None:
        """End it without a result: as cancelled, or with an error if it is running."""
        self.keeps = None
        if self.begun:
            self.fail(cancelled())
        else:
            self.begun = True
            self.future.cancel()
            self.future.set_running_or_notify_cancel()
