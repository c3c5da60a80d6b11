"""Displays of a run: listeners that show its events to a person.

In a terminal, a few lines that are redrawn in place and leave one summary line; in a
notebook, one output in HTML that is replaced; elsewhere nothing, or plain lines for
whoever asks for them.
"""

import os
import sys
import time
import weakref
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from headstart.base.events import (
    BudgetSpent,
    Event,
    IncumbentChanged,
    Listener,
    Notice,
    RunFinished,
    RunStarted,
    TableExamined,
    TrialFailed,
    TrialFinished,
)
from headstart.base.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["LogLines", "ProgressDisplay", "Shown", "log_lines", "progress_listener"]

_BAR_WIDTH = 32
# A notebook's front end stores every update: more than this only makes files large.
_NOTEBOOK_SECONDS = 0.5


# Findings that are shown; the model keeps all.
_MOST_FINDINGS = 8


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
    if stream is None and _in_notebook():
        return ProgressDisplay(_Notebook(), remedy)
    stream = sys.stderr if stream is None else stream
    if stream is None or not stream.isatty():
        return None
    if os.environ.get("TERM", "") in {"dumb", "unknown"}:
        return None
    from rich.console import Console

    return ProgressDisplay(_Terminal(Console(file=stream)), remedy)


def log_lines(
    stream: TextIO | None = None, *, remedy: Callable[[str], str] = str
) -> Listener:
    """Return a listener that writes plain lines to `stream` (standard error)."""
    return LogLines(sys.stderr if stream is None else stream, remedy)


class Shown:
    """The state of a run, and its description in words."""

    def __init__(self, plan: RunStarted | None = None) -> None:
        self.plan = plan
        self.elapsed = 0.0
        self.n_done = 0
        self.n_failed = 0
        self.score: float | None = None
        self.members: tuple[tuple[str, float], ...] = ()
        self.running: tuple[str, ...] = ()

    def update(self, event: Event) -> None:
        """Take an event of the run into account."""
        match event:
            case BudgetSpent():
                self.elapsed = event.elapsed
                self.running = event.running
            case TrialFinished():
                self.n_done += 1
            case TrialFailed():
                self.n_failed += 1
            case IncumbentChanged():
                self.score = event.score
                self.members = event.members
                self.elapsed = max(self.elapsed, event.elapsed)
            case RunFinished():
                self.elapsed = event.elapsed
                self.n_failed = event.n_failed
                self.n_done = event.n_trials - event.n_failed
                self.score = event.score

    def headline(self) -> str:
        """Say what is being solved, and how."""
        plan = self.plan
        if plan is None:
            return "headstart"
        return (
            f"{plan.task}: {plan.n_rows:,} rows, {plan.n_features:,} features · "
            f"{plan.metric} · {plan.validation} · {plan.n_jobs} at a time, "
            f"{plan.executor}"
        )

    def spent(self) -> tuple[float, str]:
        """Return the share of the budget that is spent, and its words."""
        plan = self.plan
        n_trials = self.n_done + self.n_failed
        if plan is not None and plan.time_limit is not None:
            share = self.elapsed / max(plan.time_limit, 1e-9)
            return min(share, 1.0), f"{self.elapsed:.0f} of {plan.time_limit:g} s"
        if plan is not None and plan.max_trials is not None:
            share = n_trials / max(plan.max_trials, 1)
            return min(share, 1.0), f"{n_trials} of {plan.max_trials} trials"
        return 0.0, f"{self.elapsed:.0f} s"

    def counted(self) -> str:
        """Say how many trials ended, and how many of them failed."""
        n_trials = self.n_done + self.n_failed
        failed = f" ({self.n_failed} failed)" if self.n_failed else ""
        return f"{n_trials} trial{'' if n_trials == 1 else 's'}{failed}"

    def best(self) -> str:
        """Say the incumbent's score and its heaviest members."""
        if self.score is None:
            return "no model yet"
        metric = self.plan.metric if self.plan else "score"
        return f"best {metric} {_number(self.score)}{_members(self.members)}"

    def summary(self, reason: str) -> str:
        """Say how the run ended, in one line."""
        metric = self.plan.metric if self.plan else "score"
        found = "no model" if self.score is None else f"{metric} {_number(self.score)}"
        return (
            f"headstart: {found} out of fold after {self.counted()} in "
            f"{self.elapsed:.1f} s ({reason})"
        )


class LogLines:
    """Writes one plain line for each event a reader of a log wants."""

    def __init__(self, stream: TextIO, remedy: Callable[[str], str] = str) -> None:
        self._stream = stream
        self._remedy = remedy
        self._state = Shown()
        self._start = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Write a line, or nothing."""
        self._state.update(event)
        match event:
            case RunStarted():
                self._state = Shown(event)
                self._write(self._state.headline())
            case IncumbentChanged():
                self._write(f"{self._state.best()} · {self._state.counted()}")
            case TrialFailed():
                name = event.trial.configuration.label
                self._write(
                    f"trial {event.trial.number} ({name}) failed: "
                    f"{_one_line(event.trial.reason)}"
                )
            case Notice():
                self._write(_notice(event))
            case TableExamined():
                for line in _findings(event, self._remedy):
                    self._write(line)
            case RunFinished():
                self._write(self._state.summary(event.reason))
                self._start = time.monotonic()  # of the next run

    def _write(self, text: str) -> None:
        seconds = time.monotonic() - self._start
        self._stream.write(f"[{seconds:7.1f} s] {text}\n")
        self._stream.flush()


class _Surface(Protocol):
    """A place on which a display draws."""

    def draw(self, state: Shown) -> None: ...

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
        self._state = Shown()
        self._open = False
        weakref.finalize(self, surface.close, "")

    def __call__(self, event: Event) -> None:
        """Redraw, note or close."""
        self._state.update(event)
        match event:
            case RunStarted():
                self._state = Shown(event)
                self._open = True
                self._surface.draw(self._state)
            case Notice():
                self._surface.note(_notice(event))
            case TableExamined():
                for line in _findings(event, self._remedy):
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


class _Terminal:
    """Lines of a terminal, redrawn in place by rich.

    Drawn on events only: no thread of its own, so nothing is left running when a fit
    is interrupted.
    """

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._live: Any = None

    def draw(self, state: Shown) -> None:
        from rich.live import Live

        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(self._picture(state), refresh=True)

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, style="yellow")

    def close(self, last: str) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
        if last:
            self._console.print(last, markup=False, highlight=False, soft_wrap=True)

    def _picture(self, state: Shown) -> Any:
        from rich.console import Group
        from rich.text import Text

        share, words = state.spent()
        filled = round(share * _BAR_WIDTH)
        bar = Text.assemble(
            ("━" * filled, "green"),
            ("━" * (_BAR_WIDTH - filled), "bright_black"),
            f"  {words} · {state.counted()}",
        )
        running = ", ".join(dict.fromkeys(state.running)) or "waiting"
        lines = [
            Text(state.headline(), style="dim"),
            bar,
            Text(state.best(), style="bold"),
            Text(f"running: {running}", style="dim"),
        ]
        for line in lines:
            # A wrapped line would make the picture jump.
            line.no_wrap = True
            line.overflow = "ellipsis"
        return Group(*lines)


class _Notebook:
    """One output of a notebook cell, replaced as the run goes on.

    Each update holds HTML, and plain text for front ends that show none. Notes stand in
    the same output: front ends show standard error in red, as if the fit had failed.
    """

    def __init__(self) -> None:
        self._handle: Any = None
        self._drawn = 0.0
        self._notes: list[str] = []

    def draw(self, state: Shown) -> None:
        now = time.monotonic()
        if now - self._drawn < _NOTEBOOK_SECONDS:
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
        self._notes.append(text)
        self._show([], "")

    def close(self, last: str) -> None:
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


def _bar(share: float, words: str) -> str:
    """Return a progress bar as HTML, in the text colour of whatever theme there is."""
    return (
        f'<div role="progressbar" aria-label="budget spent" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{100 * share:.0f}" '
        'style="display:inline-block;vertical-align:middle;width:20em;height:.6em;'
        'border:1px solid currentColor;border-radius:.3em">'
        f'<div style="width:{share:.0%};height:100%;background:currentColor"></div>'
        f"</div> <span>{escape(words)}</span>"
    )


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


def _number(value: float) -> str:
    return f"{value:.5g}"


def _members(members: tuple[tuple[str, float], ...]) -> str:
    if not members:
        return ""
    heaviest = sorted(members, key=lambda member: -member[1])
    shown = ", ".join(f"{name} {weight:.2f}" for name, weight in heaviest[:3])
    more = f" and {len(members) - 3} more" if len(members) > 3 else ""
    return f" = {shown}{more}"


def _notice(event: Notice) -> str:
    return f"{event.severity}: {_one_line(event.message)}"


def _findings(event: TableExamined, remedy: Callable[[str], str]) -> list[str]:
    """Say the gravest findings, a line each, and how many more there are."""
    shown = event.findings[:_MOST_FINDINGS]
    lines = []
    for finding in shown:
        hint = f" hint: {remedy(finding['remedy'])}" if finding["remedy"] else ""
        lines.append(f"{finding['severity']}: {_one_line(finding['message'] + hint)}")
    n_more = len(event.findings) - len(shown)
    if n_more:
        lines.append(f"{n_more} more findings: info() of the model lists all")
    return lines


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))
