"""Ctrl-C as a request that the search looks at, not an error in the middle of it.

A KeyboardInterrupt that comes while the lock of a future is held leaves the lock held,
and the pool's thread waits for it for ever (seen: a fit that never returned). So the
first Ctrl-C is only noted; the second raises.
"""

import signal
import threading
from types import FrameType, TracebackType
from typing import Self

__all__ = ["NotedInterrupt"]


class NotedInterrupt:
    """While this context is open, the first Ctrl-C sets `is_set` and raises nothing.

    Only where Python's own handler is in place, and in the main thread: a program that
    handles Ctrl-C itself goes on doing so.
    """

    def __init__(self) -> None:
        self.is_set = False
        self._active = False

    def __enter__(self) -> Self:
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            signal.signal(signal.SIGINT, self._note)
            self._active = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._active:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.is_set:
            signal.default_int_handler(number, frame)
        self.is_set = True
