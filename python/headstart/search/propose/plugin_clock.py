"""Seconds that code of plugins takes in the user's process while a fit searches.

Fits and predictions run in workers, which have limits. What learners and transforms say
of themselves (`cost`, `search_space`, ...) is asked here, thousands of times in a run.
"""

import contextlib
import copy
import functools
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from headstart.base import Learner, Transform
from headstart.base.events import Emitter, Notice
from headstart.plugins import load_plugins
from headstart.search.propose.quarantine import described, transform_token

__all__ = ["PluginClock"]

_log = logging.getLogger("headstart.search")

#: Seconds of a run above which a plugin is proposed no more, and of one call after
#: which it is named.
MOST_SECONDS = 1.0
LONGEST_CALL = 10.0

_METHODS = ("columns", "cost", "n_outputs", "precedents", "promise", "search_space")

_Item = TypeVar("_Item", Learner, Transform)


class PluginClock:
    """Counts the seconds of plugins in this process, and names calls that hang.

    Parameters
    ----------
    emit : Emitter
    quarantines : bool
        Whether what takes too long is put in quarantine. Off in runs without a time
        limit, whose results may not depend on the machine: they are only told.

    Attributes
    ----------
    slow : set of str
        Tokens of learners and transforms in quarantine; see
        `headstart.search.propose.quarantine`.
    """

    def __init__(self, emit: Emitter, *, quarantines: bool) -> None:
        self._emit = emit
        self._quarantines = quarantines
        self.slow: set[str] = set()
        self._told: set[str] = set()
        self._seconds: dict[str, float] = {}
        # The call under way: token, method, since when, whether it was named.
        self._call: tuple[str, str, float] | None = None
        self._closed = threading.Event()
        self._watchdog: threading.Thread | None = None

    def seconds(self, token: str) -> float:
        """Return the seconds that a plugin's code has taken so far."""
        return self._seconds.get(token, 0.0)

    def close(self) -> None:
        """Watch no longer."""
        self._closed.set()

    def timed(self, items: Mapping[str, _Item], kind: str) -> dict[str, _Item]:
        """Return learners or transforms whose hints are counted.

        Built-in ones are returned as they are.

        Parameters
        ----------
        items : mapping of str to Learner or Transform
        kind : {"learners", "transforms"}
        """
        registry = load_plugins()

        def is_built_in(name: str, item: _Item) -> bool:
            plugin = registry.plugin_of(name, kind)
            if plugin is None or plugin.source != "built-in":
                return False
            return getattr(registry, kind)[name] is item

        return {
            name: item
            if is_built_in(name, item)
            else self._timed(
                item, name if kind == "learners" else transform_token(name)
            )
            for name, item in items.items()
        }

    def _timed(self, item: _Item, token: str) -> _Item:
        try:
            timed = copy.copy(item)
            for method in _METHODS:
                if hasattr(item, method):
                    ask = self._wrapped(token, method, getattr(item, method))
                    object.__setattr__(timed, method, ask)
        except Exception:
            _log.debug("The %s cannot be timed.", described(token), exc_info=True)
            return item
        return timed

    def _wrapped(
        self, token: str, method: str, function: Callable[..., Any]
    ) -> Callable[..., Any]:
        @functools.wraps(function)
        def ask(*arguments: Any, **keywords: Any) -> Any:
            with self.call(token, method):
                return function(*arguments, **keywords)

        return ask

    @contextlib.contextmanager
    def call(self, token: str, method: str) -> Iterator[None]:
        """Count the body as code of a plugin."""
        if self._watchdog is None:
            self._watchdog = threading.Thread(
                target=self._watch, name="headstart-plugin-watchdog", daemon=True
            )
            self._watchdog.start()
        began = time.monotonic()
        outer, self._call = self._call, (token, method, began)
        try:
            yield
        finally:
            self._call = outer
            spent = self.seconds(token) + time.monotonic() - began
            self._seconds[token] = spent
            if spent > MOST_SECONDS and token not in self._told:
                self._told.add(token)
                self._tell(token, method, spent)

    def _tell(self, token: str, method: str, spent: float) -> None:
        text = (
            f"The {described(token)} has taken {spent:.1f} s of this process with what "
            f"it says of itself, last in {method}()."
        )
        if self._quarantines:
            self.slow.add(token)
            text += " It is not proposed any more in this run."
        self._emit(Notice(text, "warning"))

    def _watch(self) -> None:
        named: tuple[str, str, float] | None = None
        while not self._closed.wait(LONGEST_CALL / 10):
            call = self._call
            if call is None or call == named:
                continue
            token, method, began = call
            seconds = time.monotonic() - began
            if seconds >= LONGEST_CALL:
                named = call
                text = (
                    f"The {described(token)} has not returned from {method}() after "
                    f"{seconds:.0f} s. The fit waits for it."
                )
                _log.warning("%s", text)
                self._emit(Notice(text, "warning"))
