"""A run's progress in a notebook."""

import sys
import time
from collections.abc import Sequence
from html import escape
from typing import Any

from headstart.display.state import RunProgress

__all__ = ["Notebook", "in_notebook"]

_BAR_WIDTH = 32
# Seconds between updates: a notebook's front end stores each of them in the file.
_SECONDS_BETWEEN = 0.5


class Notebook:
    """One output of a notebook cell, replaced as the run goes on.

    Each update has HTML, and plain text for front ends without HTML. Notes are part of
    the same output, because front ends show standard error in red, like a failure.
    """

    def __init__(self) -> None:
        self._handle: Any = None
        self._drawn = 0.0
        self._notes: list[str] = []

    def draw(self, state: RunProgress) -> None:
        """Show the state of the run."""
        now = time.monotonic()
        if now - self._drawn < _SECONDS_BETWEEN:
            return
        self._drawn = now
        share, words = state.spent()
        filled = round(share * _BAR_WIDTH)
        bar = "█" * filled + "░" * (_BAR_WIDTH - filled)
        running = ", ".join(dict.fromkeys(state.running)) or "waiting"
        spent = f"{words} · {state.counted()}"
        self._show(
            [state.headline(), f"{bar}  {spent}", state.best(), f"running: {running}"],
            f"<div>{escape(state.headline())}</div>"
            f"{_bar(share, spent)}"
            f"<div><b>{escape(state.best())}</b></div>"
            f"<div>running: {escape(running)}</div>",
        )

    def note(self, text: str) -> None:
        """Show a notice or finding permanently."""
        self._notes.append(text)
        self._show([], "")

    def close(self, last: str) -> None:
        """Remove the state of the run; leave the line `last`, if it is not empty."""
        if self._handle is not None:
            self._show([last] if last else [], f"<div>{escape(last)}</div>")
            self._handle = None
            self._notes = []
            self._drawn = 0.0  # the next run is drawn at once

    def _show(self, lines: Sequence[str], html: str) -> None:
        """Show the notes so far, and below them the state of the run."""
        display: Any = sys.modules["IPython"].display.display
        notes = "".join(f"<li>{escape(note)}</li>" for note in self._notes)
        content = {
            "text/plain": "\n".join([*self._notes, *lines]),
            "text/html": (f"<ul>{notes}</ul>" if notes else "") + html,
        }
        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


def _bar(share: float, words: str) -> str:
    """Return a progress bar as HTML, in the text colour of the theme."""
    return (
        f'<div role="progressbar" aria-label="budget spent" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{100 * share:.0f}" '
        'style="display:inline-block;vertical-align:middle;width:20em;height:.6em;'
        'border:1px solid currentColor;border-radius:.3em">'
        f'<div style="width:{share:.0%};height:100%;background:currentColor"></div>'
        f"</div> <span>{escape(words)}</span>"
    )
