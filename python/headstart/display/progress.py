"""The progress display: a listener that shows the events of a run to a person."""

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
    TableExamined,
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
    """Return a display for the place where output goes, or None.

    Parameters
    ----------
    stream : text stream or None, default=None
        Where to draw; standard error by default.
    remedy : callable of str -> str
        Puts what can be done about a finding into the words of the caller's users,
        where they are not Python's.

    Returns
    -------
    ProgressDisplay or None
        To be closed when the fit is over, well or not. None where nobody looks: not
        a terminal, a terminal that cannot move its cursor (``TERM=dumb``), and not a
        notebook.
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
    """A place on which a display draws."""

    def draw(self, state: RunProgress) -> None: ...

    def note(self, text: str) -> None: ...

    def close(self, last: str) -> None: ...


class ProgressDisplay:
    """Shows a run while it lasts; leaves one line.

    Whoever runs the fit should call `close` when it ends, well or not: that gives the
    terminal its cursor back. It is also done when the display is collected.
    """

    def __init__(self, surface: _Surface, remedy: Callable[[str], str] = str) -> None:
        self._surface = surface
        self._remedy = remedy
        self._state = RunProgress()
        self._open = False
        weakref.finalize(self, surface.close, "")

    def __call__(self, event: Event) -> None:
        """Redraw, note or close."""
        self._state.update(event)
        match event:
            case RunStarted():
                self._state = RunProgress(event)
                self._open = True
                self._surface.draw(self._state)
            case Notice():
                self._surface.note(notice_line(event))
            case TableExamined():
                for line in finding_lines(event, self._remedy):
                    self._surface.note(line)
            case RunFinished():
                self._open = False
                self._surface.close(self._state.summary(event.reason))
            case BudgetSpent() | IncumbentChanged() | TrialFailed() if self._open:
                self._surface.draw(self._state)

    def close(self) -> None:
        """Stop drawing, wherever the run stands."""
        if self._open:
            self._open = False
            self._surface.close("")
