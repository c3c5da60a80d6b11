"""Seconds that code of plugins takes in the user's process while a fit searches.

Fits and predictions run in workers, which have limits. What learners and transforms say
of themselves (`cost`, `search_space`, ...) is asked here, thousands of times in a run;
metrics that are not built in score every fold here, and listeners hear every event.
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
from headstart.base.events import Emitter, Event, Listener, Notice, RunFinished
from headstart.metrics import BuiltInMetric, Metric
from headstart.plugins import load_plugins
from headstart.search.propose.quarantine import described, transform_token

__all__ = ["PluginClock"]

_log = logging.getLogger("headstart.search")

#: Seconds of a run above which a plugin is proposed no more, and of one call after
#: which it is named.
MOST_SECONDS = 1.0
LONGEST_CALL = 10.0
#: Share of a run above which a metric is named, and a listener put in quarantine.
MOST_OF_RUN = 0.1

_METHODS = ("columns", "cost", "n_outputs", "precedents", "promise", "search_space")

# Tokens of metrics and listeners begin so.
_METRIC = "metric "
_LISTENER = "listener "

_Item = TypeVar("_Item", Learner, Transform)
_Timed = TypeVar("_Timed")


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
        Tokens of what is in quarantine; see `headstart.search.propose.quarantine`.
    """

    def __init__(self, emit: Emitter, *, quarantines: bool) -> None:
        self._emit = emit
        self._quarantines = quarantines
        self.slow: set[str] = set()
        self._began = time.monotonic()
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

    def timed_metric(self, metric: Metric) -> Metric:
        """Return a metric whose seconds are counted; a built-in one as it is."""
        if isinstance(metric, BuiltInMetric):
            return metric
        return self._timed(metric, f"{_METRIC}{metric.name}", ("loss", "score"))

    def timed_listener(self, name: str, listener: Listener) -> Listener:
        """Return a plugin's listener whose seconds are counted.

        In quarantine it hears of nothing but the end of the run, so that it can close
        what it has opened.
        """
        token = f"{_LISTENER}{name}"

        def hear(event: Event) -> None:
            if token not in self.slow or isinstance(event, RunFinished):
                with self.call(token, "call"):
                    listener(event)

        hear.__qualname__ = token  # a log line may name it
        return hear

    def _timed(
        self, item: _Timed, token: str, methods: tuple[str, ...] = _METHODS
    ) -> _Timed:
        try:
            timed = copy.copy(item)
            for method in methods:
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
        if threading.current_thread() is self._watchdog:
            # A listener hears what the watchdog says: the call under way is another.
            yield
            return
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
            if spent > self._most_seconds(token) and token not in self._told:
                self._told.add(token)
                self._tell(token, method, spent)

    def _most_seconds(self, token: str) -> float:
        if not token.startswith((_METRIC, _LISTENER)):
            return MOST_SECONDS
        # These work for the run: more of them is fair in a longer one.
        return max(MOST_SECONDS, MOST_OF_RUN * (time.monotonic() - self._began))

    def _tell(self, token: str, method: str, spent: float) -> None:
        text = f"The {described(token)} has taken {spent:.1f} s of this process"
        if token.startswith((_METRIC, _LISTENER)):
            share = spent / max(spent, time.monotonic() - self._began)
            text += f", {share:.0%} of the run so far."
        else:
            text += f" with what it says of itself, last in {method}()."
        if self._quarantines and not token.startswith(_METRIC):
            self.slow.add(token)
            is_heard = token.startswith(_LISTENER)
            text += (
                " It is told of nothing more in this run but its end."
                if is_heard
                else " It is not proposed any more in this run."
            )
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
