"""Tracing of hook calls."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pluggy

__all__ = ["HookCall", "watch_calls", "write_call"]


@dataclass(frozen=True, slots=True)
class HookCall:
    """A call of one hook of one plugin.

    Parameters
    ----------
    plugin : str
        ``"distribution:name"``.
    hook : str
    arguments : tuple of str
        Names of its arguments.
    registered : tuple of str
        The names that it registered.
    seconds : float
    error : str
        Its exception; empty if it returned.
    """

    plugin: str
    hook: str
    arguments: tuple[str, ...]
    registered: tuple[str, ...]
    seconds: float
    error: str = ""

    def __str__(self) -> str:
        outcome = self.error or f"registered {', '.join(self.registered) or 'nothing'}"
        return (
            f"{self.plugin}: {self.hook}({', '.join(self.arguments)}) "
            f"{'raised ' if self.error else ''}{outcome}, {1000 * self.seconds:.1f} ms"
        )


def watch_calls(
    manager: pluggy.PluginManager, callback: Callable[[HookCall], None]
) -> None:
    """Call `callback` after each hook call."""
    started: list[float] = []

    def before(hook: str, implementations: Sequence[Any], arguments: Any) -> None:
        del hook, implementations, arguments
        started.append(time.perf_counter())

    def after(
        outcome: Any, hook: str, implementations: Sequence[Any], arguments: Any
    ) -> None:
        seconds = time.perf_counter() - started.pop()
        registered = getattr(arguments.get("register"), "__self__", ())
        names = tuple(str(getattr(item, "name", item)) for item in registered)
        error = outcome.exception
        for implementation in implementations:
            callback(
                HookCall(
                    implementation.plugin_name,
                    hook,
                    tuple(implementation.argnames),
                    names,
                    seconds,
                    "" if error is None else f"{type(error).__name__}: {error}",
                )
            )

    manager.add_hookcall_monitoring(before, after)


def write_call(call: HookCall) -> None:
    """Write a call to standard error."""
    sys.stderr.write(f"headstart: {call}\n")
