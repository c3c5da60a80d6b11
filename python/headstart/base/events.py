"""Events of a run, and the listeners that receive them.

The search never prints: the progress display, the log and trackers are listeners.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from headstart.base.trial import FoldOutcome, Trial

__all__ = [
    "BudgetSpent",
    "Emitter",
    "Event",
    "FoldFitFinished",
    "IncumbentChanged",
    "Listener",
    "Notice",
    "RunFinished",
    "RunStarted",
    "TableInspected",
    "TrialFailed",
    "TrialFinished",
    "TrialStarted",
]

_log = logging.getLogger("headstart")


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A fit begins, with this plan."""

    task: str
    n_rows: int
    n_features: int
    metric: str
    greater_is_better: bool
    validation: str
    time_limit: float | None
    max_trials: int | None
    n_jobs: int
    executor: str


@dataclass(frozen=True, slots=True)
class TrialStarted:
    """The first fold fit of a configuration begins."""

    trial: Trial


@dataclass(frozen=True, slots=True)
class FoldFitFinished:
    """A fold fit ended, with a result or an error."""

    trial: Trial
    repeat: int
    fold: int
    outcome: FoldOutcome


@dataclass(frozen=True, slots=True)
class TrialFinished:
    """A trial ended with a result; `score` is in the metric's own direction."""

    trial: Trial
    score: float


@dataclass(frozen=True, slots=True)
class TrialFailed:
    """A trial failed, for `trial.reason`."""

    trial: Trial


@dataclass(frozen=True, slots=True)
class IncumbentChanged:
    """There is a new best ensemble; `score` is its out-of-fold score."""

    score: float
    members: tuple[tuple[str, float], ...]
    elapsed: float


@dataclass(frozen=True, slots=True)
class BudgetSpent:
    """The state of the budget, sent a few times a second for displays."""

    elapsed: float
    n_trials: int
    running: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for the user, such as a fallback or a column that was left out."""

    message: str
    severity: str = "info"  # or "warning"


@dataclass(frozen=True, slots=True)
class TableInspected:
    """The findings on the table as JSON records, most severe first.

    Each has ``code``, ``severity`` (warning or note), ``columns``, ``message``,
    ``remedy`` and ``evidence``.
    """

    findings: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The fit ended, for `reason`."""

    elapsed: float
    n_trials: int
    n_failed: int
    score: float
    reason: str


Event = (
    RunStarted
    | TrialStarted
    | FoldFitFinished
    | TrialFinished
    | TrialFailed
    | IncumbentChanged
    | BudgetSpent
    | Notice
    | TableInspected
    | RunFinished
)


class Listener(Protocol):
    """Anything that can be called with an event."""

    def __call__(self, event: Event, /) -> None:
        """Handle `event`. Must be quick; exceptions are logged."""


class Emitter:
    """Sends events to listeners; one that raises is removed, with a log line."""

    def __init__(self, listeners: Iterable[Listener] = ()) -> None:
        self._listeners = list(listeners)

    def add(self, listener: Listener) -> None:
        """Send later events to `listener` too."""
        self._listeners.append(listener)

    def __call__(self, event: Event) -> None:
        """Send `event` to every listener."""
        for listener in list(self._listeners):
            try:
                listener(event)
            except Exception:
                _log.exception("Listener %r raised and is dropped.", listener)
                self._listeners.remove(listener)
