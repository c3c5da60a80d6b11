"""Ctrl-C and SIGTERM as requests that the search checks, not as exceptions.

A KeyboardInterrupt that is raised while the lock of a future is held leaves the lock
held, and the pool's thread waits for it for ever (observed: a fit that never returned).
So the first Ctrl-C is only recorded; the second raises.

SIGTERM (`kill`, a scheduler, a container that is stopped) ends a Python program at once
by default, and would leave a temporary folder and an open journal behind. A fit closes
them first and then lets the signal end the process. The command line treats it as
Ctrl-C instead.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

from headstart.search.run.temporary import remove_temporary_folders

__all__ = [
    "NotedInterrupt",
    "OrderlyTermination",
    "Terminated",
    "termination_as_interrupt",
]


class Terminated(BaseException):
    """SIGTERM was received: the fit closes its resources, then the process ends."""


class OrderlyTermination:
    """While this context is open, SIGTERM closes the fit before it ends the process.

    Only in the main thread, and only where SIGTERM has its default action: a program's
    own handler stays in effect.
    """

    def __init__(self) -> None:
        self.was_received = False
        self._is_active = False
        self._process = os.getpid()

    def __enter__(self) -> Self:
        if _is_default(signal.SIGTERM):
            signal.signal(signal.SIGTERM, self.handle)
            self._is_active = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._is_active:
            return
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if self.was_received:
            remove_temporary_folders()
            os.kill(os.getpid(), signal.SIGTERM)

    def handle(self, *_: object) -> None:
        """Raise `Terminated`."""
        self.note()
        raise Terminated

    def note(self) -> None:
        """Record that the signal was received; in a forked child, end it at once."""
        if os.getpid() != self._process:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
        self.was_received = True


class NotedInterrupt:
    """While this context is open, the first Ctrl-C sets `is_set` and raises nothing.

    Only in the main thread, and only where Python's own handler is in place: a
    program's own handler of Ctrl-C stays in effect. The same holds for SIGTERM where it
    is treated as Ctrl-C; within an `OrderlyTermination` it sets `is_set` too, and
    `Terminated` is raised when this context is left.
    """

    def __init__(self) -> None:
        self.is_set = False
        self._before: dict[signal.Signals, Any] = {}
        self._termination: OrderlyTermination | None = None

    def __enter__(self) -> Self:
        if threading.current_thread() is not threading.main_thread():
            return self
        for number in (signal.SIGINT, signal.SIGTERM):
            handler: Any = signal.getsignal(number)
            owner = getattr(handler, "__self__", None)
            if isinstance(owner, OrderlyTermination):
                self._termination = owner
                self.is_set = owner.was_received
                signal.signal(number, self._note_termination)
            elif handler is signal.default_int_handler:
                signal.signal(number, self._note)
            else:
                continue
            self._before[number] = handler
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()
        if self._termination is not None and self._termination.was_received:
            raise Terminated

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.is_set:
            signal.default_int_handler(number, frame)
        self.is_set = True

    def _note_termination(self, *_: object) -> None:
        assert self._termination is not None
        if self._termination.was_received:
            raise Terminated
        self._termination.note()
        self.is_set = True


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C, in the main thread, where it has its default action."""
    if not _is_default(signal.SIGTERM):
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _is_default(number: signal.Signals) -> bool:
    """Return whether this thread may set a signal's handler and none is set yet."""
    return (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(number) is signal.SIG_DFL
    )
