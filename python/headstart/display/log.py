"""Plain lines of a run's events, for logs."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

from headstart.base.events import (
    Event,
    IncumbentChanged,
    Listener,
    Notice,
    RunFinished,
    RunStarted,
    TableInspected,
    TrialFailed,
)
from headstart.display.lines import finding_lines, notice_line, one_line
from headstart.display.state import RunProgress

__all__ = ["LogLines", "log_lines"]


def log_lines(
    stream: TextIO | None = None, *, remedy: Callable[[str], str] = str
) -> Listener:
    """Return a listener that writes plain lines to `stream` (standard error)."""
    return LogLines(sys.stderr if stream is None else stream, remedy)


class LogLines:
    """Writes one plain line per event that is useful in a log."""

    def __init__(self, stream: TextIO, remedy: Callable[[str], str] = str) -> None:
        self._stream = stream
        self._remedy = remedy
        self._state = RunProgress()
        self._start = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Write a line for the event, if it is useful in a log."""
        self._state.update(event)
        match event:
            case RunStarted():
                self._state = RunProgress(event)
                self._write(self._state.headline())
            case IncumbentChanged():
                self._write(f"{self._state.best()} · {self._state.counted()}")
            case TrialFailed():
                name = event.trial.configuration.label
                self._write(
                    f"trial {event.trial.number} ({name}) failed: "
                    f"{one_line(event.trial.reason)}"
                )
            case Notice():
                self._write(notice_line(event))
            case TableInspected():
                for line in finding_lines(event, self._remedy):
                    self._write(line)
            case RunFinished():
                self._write(self._state.summary(event.reason))
                self._start = time.monotonic()  # of the next run

    def _write(self, text: str) -> None:
        seconds = time.monotonic() - self._start
        self._stream.write(f"[{seconds:7.1f} s] {text}\n")
        self._stream.flush()
