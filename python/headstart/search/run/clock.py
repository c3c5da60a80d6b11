"""The time limit of a fit, as deadlines of its stages.

Times are those of `time.monotonic`, which stops while the machine is suspended (to
memory or disk). The limit counts wall seconds, so after a suspension all deadlines are
earlier by its length.
"""

import math
import time
from dataclasses import dataclass, field

__all__ = ["Clock", "clock_ahead"]

# Reserved in every limit for the last ensemble and for returning the model.
_RESERVE_SECONDS = 0.25
_RESERVE_SHARE = 0.01
# Reserved for an analysis: a share, and up to a second more for loading the models and
# predicting once, which is a larger share of a short limit.
_ANALYSIS_SHARE = 0.02
_ANALYSIS_SECONDS = 1.0
_ANALYSIS_MOST_MORE = 0.05
# Reserved for a knowledge base on a server, to connect and to add records: a share, and
# at most this many seconds.
_LEARNING_SHARE = 0.05
_LEARNING_SECONDS = 2.0
# Share of the time left after which a knowledge base that does not answer is left out.
_LOOKUP_SHARE = 0.2
_LEAST_SLEEP = 1.0


# The clock that also counts while the machine is suspended, on Linux and on macOS.
_COUNTS_ON: int | None = getattr(
    time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None)
)


def clock_ahead() -> float:
    """Return the seconds of suspension that `time.monotonic` has not counted so far."""
    if _COUNTS_ON is None:
        return 0.0
    return time.clock_gettime(_COUNTS_ON) - time.monotonic()


@dataclass(slots=True)
class Clock:
    """The time of one fit.

    Parameters
    ----------
    limit : float or None
        Wall seconds for the whole of `fit`; None for a budget in trials.
    spent_before : float
        Seconds that the run had spent before it was interrupted; 0 for a new run.
    started : float
        Time of `time.monotonic` at which `fit` was called.
    reserve_share : float
        Share of the limit that is reserved for a refit, at most; see `note_refit`.
    ahead_at_start : float
        `clock_ahead` at that time.
    keeps_for_analysis : bool
        Whether time is reserved for an analysis, after the refit.
    keeps_for_learning : bool
        Whether time is reserved for a knowledge base on a server, between the two.
    """

    limit: float | None
    spent_before: float = 0.0
    started: float = field(default_factory=time.monotonic)
    reserve_share: float = 0.0
    keeps_for_analysis: bool = False
    keeps_for_learning: bool = False
    ahead_at_start: float = field(default_factory=clock_ahead)
    # Seconds in which the last ensemble was chosen: an estimate for the final one.
    _choice_seconds: float = field(default=0.0, init=False)
    # Seconds that the refit of the last ensemble needs.
    _refit_seconds: float = field(default=math.inf, init=False)

    def note_choice(self, seconds: float) -> None:
        """Reserve the seconds in which an ensemble was chosen for the final one."""
        self._choice_seconds = seconds

    def note_refit(self, seconds: float) -> None:
        """Reserve these seconds for the refit, but at most `most_refit_seconds`."""
        self._refit_seconds = seconds

    @property
    def choice_seconds(self) -> float:
        """Seconds that are reserved for the final ensemble."""
        return self._choice_seconds

    def elapsed(self) -> float:
        """Return the seconds spent, including those before an interruption."""
        return self.spent_before + time.monotonic() - self._begun

    @property
    def _begun(self) -> float:
        """Time of the start, minus the seconds of suspension since then."""
        slept = clock_ahead() - self.ahead_at_start
        # The two clocks are read microseconds apart.
        return self.started - (slept if slept > _LEAST_SLEEP else 0.0)

    @property
    def most_refit_seconds(self) -> float:
        """Most seconds that may be reserved for the refit."""
        if self.limit is None:
            return math.inf
        return self.reserve_share * max(0.0, self.limit - self.spent_before)

    @property
    def analysis_seconds(self) -> float:
        """Seconds that are reserved for the analysis."""
        if self.limit is None or not self.keeps_for_analysis:
            return 0.0
        remaining = max(0.0, self.limit - self.spent_before)
        return _ANALYSIS_SHARE * remaining + min(
            _ANALYSIS_MOST_MORE * remaining, _ANALYSIS_SECONDS
        )

    @property
    def learning_seconds(self) -> float:
        """Seconds that are reserved for a knowledge base on a server."""
        if self.limit is None or not self.keeps_for_learning:
            return 0.0
        remaining = max(0.0, self.limit - self.spent_before)
        return min(_LEARNING_SHARE * remaining, _LEARNING_SECONDS)

    @property
    def lookup_end(self) -> float | None:
        """Deadline for the answer of the knowledge base, if it is queried now."""
        if self.limit is None:
            return None
        return time.monotonic() + _LOOKUP_SHARE * self.seconds_left()

    @property
    def stop(self) -> float | None:
        """Deadline of the last fold fit."""
        if self.limit is None:
            return None
        remaining = self.limit - self.spent_before
        kept = _RESERVE_SECONDS + self._choice_seconds
        kept += min(self._refit_seconds, self.most_refit_seconds)
        kept += self.analysis_seconds + self.learning_seconds
        return self._begun + max(0.0, remaining * (1 - _RESERVE_SHARE) - kept)

    @property
    def hand_over(self) -> float | None:
        """Deadline of the finished model; the rest is for closing the run."""
        if self.limit is None or self.end is None:
            return None
        remaining = self.limit - self.spent_before
        kept = 0.5 * (_RESERVE_SHARE * remaining + _RESERVE_SECONDS)
        return max(self._begun, self.end - kept)

    @property
    def refit_end(self) -> float | None:
        """Deadline of the refit."""
        if self.learning_end is None:
            return None
        return max(self._begun, self.learning_end - self.learning_seconds)

    @property
    def learning_end(self) -> float | None:
        """Deadline for adding the run to the knowledge base."""
        if self.limit is None or self.hand_over is None:
            return None
        return max(self._begun, self.hand_over - self.analysis_seconds)

    @property
    def end(self) -> float | None:
        """Time at which `fit` should return."""
        if self.limit is None:
            return None
        return self._begun + max(0.0, self.limit - self.spent_before)

    def seconds_left(self) -> float:
        """Return the seconds until `stop`; infinite without a limit."""
        stop = self.stop
        return float("inf") if stop is None else max(0.0, stop - time.monotonic())
