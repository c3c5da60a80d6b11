"""The progress display: a listener that shows the events of a run."""

import os
import sys
import weakref
from collections.abc import Callable
from typing import Protocol, TextIO

from headstart.base.events import (
    BudgetSpent,
    Event,
    IncumbentChanged,
    Notice,
    RunFinished,
    RunStarted,
    TableInspected,
    TrialFailed,
)
from headstart.display.lines import finding_lines, notice_line
from headstart.display.notebook import Notebook, in_notebook
from headstart.display.state import RunProgress
from headstart.display.terminal import Terminal

__all__ = ["ProgressDisplay", "progress_listener"]


def progress_listener(
    stream: TextIO | None = None, *, remedy: Callable[[str], str] = str
) -> "ProgressDisplay | None":
    """Return a display for the terminal or notebook, or None.

    Parameters
    ----------
    stream : text stream or None, default=None
        The stream to draw on; standard error by default.
    remedy : callable of str -> str
        Translates the remedy of a finding, for users who do not work in Python.

    Returns
    -------
    ProgressDisplay or None
        To be closed when the fit ends, also after an error. None without a notebook or
        a terminal that can move its cursor (``TERM=dumb`` cannot).
    """
    if stream is None and in_notebook():
        return ProgressDisplay(Notebook(), remedy)
    stream = sys.stderr if stream is None else stream
    if stream is None or not stream.isatty():
        return None
    if os.environ.get("TERM", "") in {"dumb", "unknown"}:
        return None
    from rich.console import Console

    return ProgressDisplay(Terminal(Console(file=stream)), remedy)


class _Surface(Protocol):
    """A surface on which a display draws."""

    def draw(self, state: RunProgress) -> None: ...

    def note(self, text: str) -> None: ...

    def close(self, last: str) -> None: ...


class ProgressDisplay:
    """Shows a run in progress and leaves one line at the end.

    The caller of the fit should call `close` when it ends, also after an error, to
    restore the terminal's cursor. This is also done when the display is collected.
    """

    def __init__(self, surface: _Surface, remedy: Callable[[str], str] = str) -> None:
        self._surface = surface
        self._remedy = remedy
        self._state = RunProgress()
        self._open = False
        weakref.finalize(self, surface.close, "")

    def __call__(self, event: Event) -> None:
        """Redraw, show a note, or close, depending on the event."""
        self._state.update(event)
        match event:
            case RunStarted():
                self._state = RunProgress(event)
                self._open = True
                self._surface.draw(self._state)
            case Notice():
                self._surface.note(notice_line(event))
            case TableInspected():
                for line in finding_lines(event, self._remedy):
                    self._surface.note(line)
            case RunFinished():
                self._open = False
                self._surface.close(self._state.summary(event.reason))
            case BudgetSpent() | IncumbentChanged() | TrialFailed() if self._open:
                self._surface.draw(self._state)

    def close(self) -> None:
        """Stop drawing."""
        if self._open:
            self._open = False
            self._surface.close("")
