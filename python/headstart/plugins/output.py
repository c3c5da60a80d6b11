"""Capture of the output of a plugin while it is imported."""

import contextlib
import io
import sys
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["captured_output"]

# Two captures at a time could not restore the streams in order. Reentrant: a plugin may
# load plugins.
_one_at_a_time = threading.RLock()


@contextlib.contextmanager
def captured_output() -> Iterator[io.StringIO]:
    """Capture what this thread writes to ``sys.stdout`` and ``sys.stderr``.

    Output of other threads passes through. So does later output to a stream that was
    kept, such as that of a log handler.
    """
    collected = io.StringIO()
    with _one_at_a_time:
        before = sys.stdout, sys.stderr
        streams = [None if b is None else _OfThread(b, collected) for b in before]
        sys.stdout, sys.stderr = streams
        try:
            yield collected
        finally:
            for stream in streams:
                if stream is not None:
                    stream.release()
            # Unless other code has replaced them meanwhile.
            if sys.stdout is streams[0]:
                sys.stdout = before[0]
            if sys.stderr is streams[1]:
                sys.stderr = before[1]


class _OfThread:
    """A text stream that captures the output of one thread and passes on the rest."""

    def __init__(self, stream: Any, collected: io.StringIO) -> None:
        self._stream = stream
        self._collected = collected
        self._thread: int | None = threading.get_ident()

    def write(self, text: str) -> int:
        """Capture `text`, or pass it on."""
        if threading.get_ident() == self._thread:
            return self._collected.write(text)
        return int(self._stream.write(text) or 0)

    def writelines(self, lines: Any) -> None:
        """Capture or pass on each of `lines`."""
        for line in lines:
            self.write(line)

    def release(self) -> None:
        """Pass on everything from now on."""
        self._thread = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
