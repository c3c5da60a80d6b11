"""Detection of side effects of a call."""

import contextlib
import logging
import os
import random
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from headstart.pool.memory import children

__all__ = ["side_effects"]

_SIGNALS = ("SIGINT", "SIGTERM", "SIGCHLD", "SIGALRM", "SIGHUP")


@dataclass(eq=False)
class _State:
    """State of the process that a call should not change."""

    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: str = field(default_factory=os.getcwd)
    threads: set[int] = field(default_factory=lambda: _threads())
    processes: set[int] = field(default_factory=lambda: set(children(os.getpid())))
    handlers: dict[str, object] = field(default_factory=lambda: _handlers())
    loggers: list[logging.Handler] = field(
        default_factory=lambda: list(logging.getLogger().handlers)
    )
    hook: object = field(default_factory=lambda: sys.excepthook)
    errors: object = field(default_factory=np.geterr)


def side_effects(
    function: Callable[[], object], *, generators: bool = True
) -> list[str]:
    """Call `function` in an empty folder, and return its side effects, one line each.

    Parameters
    ----------
    generators : bool
        Whether the use of global random generators counts.

    Notes
    -----
    Output is captured at the file descriptors, and includes that of compiled code.
    Warnings do not count.
    """
    effects: list[str] = []
    with tempfile.TemporaryDirectory() as folder, _inside(folder):
        before = _State()
        generator_states = _generators()
        # An unusual state, to detect a call that sets a seed which is already set.
        random.seed("side effects")
        np.random.seed(2_718_281_828)  # noqa: NPY002
        seeded = str(_generators())
        with _captured() as printed, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function()
        if printed:
            effects.append(f"it printed {printed[0][:80]!r}")
        effects += _differences(before, _State())
        if generators and seeded != str(_generators()):
            effects.append("it used or seeded a global random generator")
        random.setstate(generator_states[0])
        np.random.set_state(generator_states[1])  # noqa: NPY002
        files = sorted(os.listdir(folder))  # noqa: PTH208
        if files:
            effects.append(f"it wrote {', '.join(files[:3])} into the working folder")
        _undo(before)
    return effects


def _differences(before: _State, after: _State) -> list[str]:
    changed = {
        name
        for name in {*before.environment, *after.environment}
        if before.environment.get(name) != after.environment.get(name)
    }
    effects = []
    if changed:
        effects.append(f"it changed the environment: {', '.join(sorted(changed)[:3])}")
    if after.folder != before.folder:
        effects.append("it changed the working folder")
    if n_left := len(after.threads - before.threads):
        effects.append(f"it left {n_left} thread{'s'[: n_left > 1]} running")
    if n_left := len(after.processes - before.processes):
        effects.append(f"it left {n_left} process{'es'[: 2 * (n_left > 1)]} running")
    for name, handler in after.handlers.items():
        if handler is not before.handlers[name]:
            effects.append(f"it set a handler of {name}")
    if after.loggers != before.loggers:
        effects.append("it set a handler of the root logger")
    if after.hook is not before.hook:
        effects.append("it set sys.excepthook")
    if after.errors != before.errors:
        effects.append("it changed numpy.seterr")
    return effects


def _undo(before: _State) -> None:
    """Restore the state that would affect the next check."""
    for name in set(os.environ) - set(before.environment):
        del os.environ[name]
    os.environ.update(before.environment)
    np.seterr(**before.errors)  # type: ignore[arg-type]
    sys.excepthook = before.hook  # type: ignore[assignment]
    logging.getLogger().handlers[:] = before.loggers


@contextlib.contextmanager
def _inside(folder: str) -> Iterator[None]:
    previous = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(previous)


@contextlib.contextmanager
def _captured() -> Iterator[list[str]]:
    """Capture standard output and error, whose lines are available at the end."""
    lines: list[str] = []
    with tempfile.TemporaryFile() as file:
        _flush()
        descriptors = [os.dup(1), os.dup(2)]
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield lines
        finally:
            _flush()
            for number, descriptor in enumerate(descriptors, start=1):
                os.dup2(descriptor, number)
                os.close(descriptor)
            file.seek(0)
            text = file.read().decode("utf-8", errors="replace")
            lines += [line for line in text.splitlines() if line.strip()]


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()


def _generators() -> tuple[Any, Any]:
    return random.getstate(), np.random.get_state()  # noqa: NPY002


def _threads() -> set[int]:
    return {thread.ident or 0 for thread in threading.enumerate()}


def _handlers() -> dict[str, object]:
    return {
        name: signal.getsignal(getattr(signal, name))
        for name in _SIGNALS
        if hasattr(signal, name)
    }
