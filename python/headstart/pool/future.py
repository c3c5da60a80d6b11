"""The future of a call in a worker, and the call as the pool keeps it."""

import contextlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from typing import Any

from headstart.pool.death import cancelled, never_started

__all__ = ["Job", "WorkerFuture"]


class WorkerFuture(Future[Any]):
    """A future that also knows what the call has cost so far.

    Attributes
    ----------
    peak_memory : int
        Highest resident bytes of the worker and its children that were seen.
    started : float or None
        Moment of `time.monotonic` at which a worker was given the call.
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
    # The pool, so that it is not collected, and its work ended, before the answer.
    keeps: object = None
    begun: bool = False

    def start(self) -> bool:
        """Mark it as running; False where it was cancelled or its time is over.

        Called once, by whoever takes it out of a queue.
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
        """Seconds since it started."""
        return time.monotonic() - (self.future.started or time.monotonic())

    def succeed(self, result: Any) -> None:
        """Give the answer, unless there is one already."""
        self.keeps = None
        with contextlib.suppress(InvalidStateError):
            self.future.set_result(result)

    def fail(self, error: BaseException) -> None:
        """Give the error, unless there is an answer already or it was cancelled."""
        self.keeps = None
        if not self.begun:
            self.begun = True
            if not self.future.set_running_or_notify_cancel():
                return
        with contextlib.suppress(InvalidStateError):
            self.future.set_exception(error)

    def cancel(self) -> None:
        """End it without an answer: as cancelled, or if it runs, with an error."""
        self.keeps = None
        if self.begun:
            self.fail(cancelled())
        else:
            self.begun = True
            self.future.cancel()
            self.future.set_running_or_notify_cancel()
