"""A run's progress in a terminal."""

from typing import TYPE_CHECKING, Any

from headstart.display.state import RunProgress

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Terminal"]

_BAR_WIDTH = 32


class Terminal:
    """Lines of a terminal, redrawn in place with rich.

    It is drawn on events only and has no thread, so nothing is left running when a fit
    is interrupted.
    """

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._live: Any = None

    def draw(self, state: RunProgress) -> None:
        """Show the state of the run."""
        from rich.live import Live

        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(self._picture(state), refresh=True)

    def note(self, text: str) -> None:
        """Show a notice or finding permanently."""
        self._console.print(text, markup=False, highlight=False, style="yellow")

    def close(self, last: str) -> None:
        """Remove the state of the run; leave the line `last`, if it is not empty."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        if last:
            self._console.print(last, markup=False, highlight=False, soft_wrap=True)

    def _picture(self, state: RunProgress) -> Any:
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
            # A wrapped line would make the display jump.
            line.no_wrap = True
            line.overflow = "ellipsis"
        return Group(*lines)
