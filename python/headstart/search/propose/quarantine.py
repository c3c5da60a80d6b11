"""Quarantine: learners and transforms that a run no longer proposes.

There are two reasons: all trials fail, or the hints (`cost`, `search_space`, ...) take
too many seconds of the user's process. Listeners that take too many seconds are put in
quarantine too: they receive only the event at the end of the run.

A learner or transform that is neither built in nor in a knowledge base is *unproven*
until its first fold fit succeeds. With a budget in trials, nothing else is proposed
before that fit has ended, and failures of an unproven learner do not affect later
proposals: a run with a learner that always fails gives the same bytes as a run without
it.

Learners and transforms are named by tokens here, see `transform_token`.
"""

import contextlib
import copy
import functools
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from headstart.base import Learner, Transform, Trial, TrialStatus
from headstart.base.events import Emitter, Event, Listener, Notice, RunFinished
from headstart.metrics import BuiltInMetric, Metric
from headstart.plugins import load_plugins

__all__ = [
    "QUARANTINED_AFTER",
    "PluginClock",
    "culprit_of",
    "describe",
    "failing",
    "failures_of_unproven",
    "find_unproven",
    "involved",
    "still_unproven",
    "transform_token",
    "transforms_in",
]

_log = logging.getLogger("headstart.search")

#: A learner that failed this often and never succeeded is put in quarantine.
QUARANTINED_AFTER = 2

#: Seconds of a run above which the hints of a plugin put it in quarantine, and of one
#: call after which it is named.
MOST_SECONDS = 1.0
LONGEST_CALL = 10.0
#: Share of a run above which a metric is named and a listener is put in quarantine.
MOST_OF_RUN = 0.1

_HINTS = ("columns", "cost", "n_outputs", "precedents", "promise", "search_space")

# A transform and a learner may have the same name, so tokens of transforms are marked.
_STEP = "transform "
# Prefixes of the tokens of metrics and listeners.
_METRIC = "metric "
_LISTENER = "listener "

_Item = TypeVar("_Item", Learner, Transform)
_Timed = TypeVar("_Timed")


def transform_token(name: str) -> str:
    """Return the token of a transform."""
    return f"{_STEP}{name}"


def transforms_in(tokens: Iterable[str]) -> set[str]:
    """Return the names of the transforms among the tokens."""
    return {t.removeprefix(_STEP) for t in tokens if t.startswith(_STEP)}


def describe(token: str) -> str:
    """Return the kind and name that a token stands for, for messages.

    Examples
    --------
    >>> describe("ridge"), describe(transform_token("pca"))
    ("learner 'ridge'", "transform 'pca'")
    """
    kind, _, name = token.partition(" ")
    return f"{kind} {name!r}" if name else f"learner {token!r}"


def involved(trial: Trial) -> set[str]:
    """Return the tokens of a trial's learner and transforms."""
    steps = {transform_token(s.name) for s in trial.configuration.transforms}
    return {trial.configuration.learner, *steps}


def culprit_of(trial: Trial) -> str:
    """Return the token of the learner or transform that made a trial fail."""
    culprits = (o.culprit for o in trial.outcomes.values() if o.culprit)
    culprit = next(culprits, "")
    return transform_token(culprit) if culprit else trial.configuration.learner


def failing(trials: Iterable[Trial]) -> set[str]:
    """Return the tokens of learners and transforms that failed and never succeeded."""
    failed: dict[str, int] = {}
    succeeded: set[str] = set()
    for trial in trials:
        # The baseline trial is fitted in the parent process, so its success does not
        # show that fits succeed in a worker.
        if trial.fold_losses and not trial.is_baseline:
            succeeded |= involved(trial)
        if trial.status is TrialStatus.FAILED:
            name = culprit_of(trial)
            failed[name] = failed.get(name, 0) + 1
    return {
        name
        for name, count in failed.items()
        if count >= QUARANTINED_AFTER and name not in succeeded
    }


def find_unproven(
    learners: Mapping[str, Learner],
    known_learners: Collection[str],
    transforms: Mapping[str, Transform] = MappingProxyType({}),
) -> frozenset[str]:
    """Return the learners and transforms that are neither built in nor in the base.

    Parameters
    ----------
    learners : mapping of str to Learner
    known_learners : collection of str
        Learners that the knowledge base knows.
    transforms : mapping of str to Transform
    """
    unknown = {
        name
        for name, learner in learners.items()
        if name not in known_learners and not _is_built_in(name, learner, "learners")
    }
    return frozenset(unknown).union(
        transform_token(name)
        for name, transform in transforms.items()
        if not _is_built_in(name, transform, "transforms")
    )


def failures_of_unproven(
    trials: Sequence[Trial], unproven: Collection[str]
) -> list[Trial]:
    """Return trials that failed because of a token in `unproven` without a success."""
    proven: set[str] = set()
    failures = []
    for trial in trials:
        if trial.fold_losses:
            proven |= involved(trial)
        elif trial.status is TrialStatus.FAILED:
            name = culprit_of(trial)
            if name in unproven and name not in proven:
                failures.append(trial)
    return failures


def still_unproven(trials: Iterable[Trial], unproven: Collection[str]) -> set[str]:
    """Return the tokens in `unproven` without a successful fold fit so far."""
    proven = {name for t in trials if t.fold_losses for name in involved(t)}
    return set(unproven) - proven


class PluginClock:
    """Measures the seconds of plugins in this process, and reports calls that hang.

    Parameters
    ----------
    events : Emitter
    quarantines : bool
        Whether what takes too long is put in quarantine. Off in runs without a time
        limit, whose results must not depend on the machine: they only report it.

    Attributes
    ----------
    quarantined : set of str
        Tokens of learners, transforms and listeners.
    """

    def __init__(self, events: Emitter, *, quarantines: bool) -> None:
        self._events = events
        self._quarantines = quarantines
        self.quarantined: set[str] = set()
        self._began = time.monotonic()
        self._noticed: set[str] = set()
        self._seconds: dict[str, float] = {}
        # The running call: token, method, time of its start.
        self._call: tuple[str, str, float] | None = None
        self._closed = threading.Event()
        self._watchdog: threading.Thread | None = None

    def seconds(self, token: str) -> float:
        """Return the seconds that a plugin's code has taken so far."""
        return self._seconds.get(token, 0.0)

    def close(self) -> None:
        """Stop the watchdog."""
        self._closed.set()

    def timed(self, items: Mapping[str, _Item], kind: str) -> dict[str, _Item]:
        """Return learners or transforms whose hints are timed.

        Built-in ones are returned as they are.

        Parameters
        ----------
        items : mapping of str to Learner or Transform
        kind : {"learners", "transforms"}
        """
        return {
            name: item
            if _is_built_in(name, item, kind)
            else self._timed(
                item, name if kind == "learners" else transform_token(name)
            )
            for name, item in items.items()
        }

    def timed_metric(self, metric: Metric) -> Metric:
        """Return a metric whose calls are timed; a built-in one as it is."""
        if isinstance(metric, BuiltInMetric):
            return metric
        return self._timed(metric, f"{_METRIC}{metric.name}", ("loss", "score"))

    def timed_listener(self, name: str, listener: Listener) -> Listener:
        """Return a plugin's listener whose calls are timed.

        In quarantine it receives only the event at the end of the run, so that it can
        release its resources.
        """
        token = f"{_LISTENER}{name}"

        def listen(event: Event) -> None:
            if token not in self.quarantined or isinstance(event, RunFinished):
                with self.call(token, "call"):
                    listener(event)

        listen.__qualname__ = token  # a log line may name it
        return listen

    def _timed(
        self, item: _Timed, token: str, methods: tuple[str, ...] = _HINTS
    ) -> _Timed:
        try:
            timed = copy.copy(item)
            for method in methods:
                if hasattr(item, method):
                    wrapped = self._wrapped(token, method, getattr(item, method))
                    object.__setattr__(timed, method, wrapped)
        except Exception:
            _log.debug("The %s cannot be timed.", describe(token), exc_info=True)
            return item
        return timed

    def _wrapped(
        self, token: str, method: str, function: Callable[..., Any]
    ) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*arguments: Any, **keywords: Any) -> Any:
            with self.call(token, method):
                return function(*arguments, **keywords)

        return call

    @contextlib.contextmanager
    def call(self, token: str, method: str) -> Iterator[None]:
        """Add the seconds of the body to those of a plugin."""
        if threading.current_thread() is self._watchdog:
            # The watchdog sends notices to listeners while another call is running.
            yield
            return
        if self._watchdog is None:
            self._watchdog = threading.Thread(
                target=self._watch, name="headstart-plugin-watchdog", daemon=True
            )
            self._watchdog.start()
        started = time.monotonic()
        outer, self._call = self._call, (token, method, started)
        try:
            yield
        finally:
            self._call = outer
            total_seconds = self.seconds(token) + time.monotonic() - started
            self._seconds[token] = total_seconds
            if total_seconds > self._most_seconds(token) and token not in self._noticed:
                self._noticed.add(token)
                self._report(token, method, total_seconds)

    def _most_seconds(self, token: str) -> float:
        if not token.startswith((_METRIC, _LISTENER)):
            return MOST_SECONDS
        # Metrics and listeners are called throughout the run, so their limit grows with
        # it.
        return max(MOST_SECONDS, MOST_OF_RUN * (time.monotonic() - self._began))

    def _report(self, token: str, method: str, total_seconds: float) -> None:
        text = f"The {describe(token)} has taken {total_seconds:.1f} s of this process"
        if token.startswith((_METRIC, _LISTENER)):
            share = total_seconds / max(total_seconds, time.monotonic() - self._began)
            text += f", {share:.0%} of the run so far."
        else:
            text += f" in its hints, last in {method}()."
        if self._quarantines and not token.startswith(_METRIC):
            self.quarantined.add(token)
            is_listener = token.startswith(_LISTENER)
            text += (
                " It receives only the event at the end of this run."
                if is_listener
                else " It is no longer proposed in this run."
            )
        self._events(Notice(text, "warning"))

    def _watch(self) -> None:
        reported: tuple[str, str, float] | None = None
        while not self._closed.wait(LONGEST_CALL / 10):
            call = self._call
            if call is None or call == reported:
                continue
            token, method, started = call
            seconds = time.monotonic() - started
            if seconds >= LONGEST_CALL:
                reported = call
                text = (
                    f"The {describe(token)} has not returned from {method}() after "
                    f"{seconds:.0f} s. The fit waits for it."
                )
                _log.warning("%s", text)
                self._events(Notice(text, "warning"))


def _is_built_in(name: str, item: Learner | Transform, kind: str) -> bool:
    registry = load_plugins()
    plugin = registry.plugin_of(name, kind)
    return (
        plugin is not None
        and plugin.source == "built-in"
        and getattr(registry, kind)[name] is item
    )
