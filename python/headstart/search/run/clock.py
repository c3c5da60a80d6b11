"""The promise of a time limit, as moments.

Moments are of `time.monotonic`, which stands still while the machine sleeps (suspend to
memory or disk). A limit is of wall seconds, so that they come earlier by what it slept.
"""

import time
from dataclasses import dataclass, field

__all__ = ["Clock", "clock_ahead"]

# Kept back for the last ensemble and for handing over, of any limit.
_RESERVE_SECONDS = 0.25
_RESERVE_SHARE = 0.01
# For an analysis: a share, and up to a second more, which is a larger share of little
# time, for to load models and ask them once takes a while.
_ANALYSIS_SHARE = 0.02
_ANALYSIS_SECONDS = 1.0
_ANALYSIS_MOST_MORE = 0.05
# For a knowledge base on a server, to connect and to add: a share, at most so much.
_LEARNING_SHARE = 0.05
_LEARNING_SECONDS = 2.0
# Of the time left, what a knowledge base that is busy or silent may take.
_LOOKUP_SHARE = 0.2
_LEAST_SLEEP = 1.0


# Counts on while the machine sleeps: of Linux, and of macOS.
_COUNTS_ON: int | None = getattr(
    time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None)
)


def clock_ahead() -> float:
    """Return the lead over `time.monotonic` of a clock that counts on in sleep."""
    if _COUNTS_ON is None:
        return 0.0
    return time.clock_gettime(_COUNTS_ON) - time.monotonic()


@dataclass(slots=True)
class Clock:
    """Time of one fit.

    Parameters
    ----------
    limit : float or None
        Wall seconds for the whole of `fit`; None where only work is counted.
    spent_before : float
        Seconds that an interrupted run had spent already.
    started : float
        Moment of `time.monotonic` at which `fit` was called.
    reserve_share : float
        Share of the limit that is kept back for a refit.
    ahead_at_start : float
        `clock_ahead` at that moment.
    keeps_for_analysis : bool
        Whether time is kept back for an analysis, after the refit.
    keeps_for_learning : bool
        Whether time is kept back for a knowledge base on a server, between the two.
    """

    limit: float | None
    spent_before: float = 0.0
    started: float = field(default_factory=time.monotonic)
    reserve_share: float = 0.0
    keeps_for_analysis: bool = False
    keeps_for_learning: bool = False
    ahead_at_start: float = field(default_factory=clock_ahead)
    # What the last ensemble took to choose: the final one is about to take as much.
    _choice_seconds: float = field(default=0.0, init=False)

    def note_choice(self, seconds: float) -> None:
        """Keep back the seconds that an ensemble took to choose, for the final one."""
        self._choice_seconds = seconds

    @property
    def choice_seconds(self) -> float:
        """Seconds that are kept back for the final ensemble."""
        return self._choice_seconds

    def elapsed(self) -> float:
        """Seconds spent, those before an interruption included."""
        return self.spent_before + time.monotonic() - self._begun

    @property
    def _begun(self) -> float:
        """Moment of the start, as if the machine had not slept since."""
        slept = clock_ahead() - self.ahead_at_start
        # Two readings of clocks are microseconds apart.
        return self.started - (slept if slept > _LEAST_SLEEP else 0.0)

    @property
    def analysis_seconds(self) -> float:
        """Seconds that are kept back for the analysis."""
        if self.limit is None or not self.keeps_for_analysis:
            return 0.0
        left = max(0.0, self.limit - self.spent_before)
        return _ANALYSIS_SHARE * left + min(
            _ANALYSIS_MOST_MORE * left, _ANALYSIS_SECONDS
        )

    @property
    def learning_seconds(self) -> float:
        """Seconds that are kept back for a knowledge base on a server."""
        if self.limit is None or not self.keeps_for_learning:
            return 0.0
        left = max(0.0, self.limit - self.spent_before)
        return min(_LEARNING_SHARE * left, _LEARNING_SECONDS)

    @property
    def lookup_end(self) -> float | None:
        """Moment by which the knowledge base must have answered, if asked now."""
        if self.limit is None:
            return None
        return time.monotonic() + _LOOKUP_SHARE * self.seconds_left()

    @property
    def stop(self) -> float | None:
        """Moment at which the last fold fit must have ended."""
        if self.limit is None:
            return None
        left = self.limit - self.spent_before
        share = _RESERVE_SHARE + self.reserve_share
        kept = _RESERVE_SECONDS + self._choice_seconds
        kept += self.analysis_seconds + self.learning_seconds
        return self._begun + max(0.0, left * (1 - share) - kept)

    @property
    def hand_over(self) -> float | None:
        """Moment at which the model must be whole: workers have yet to be closed."""
        if self.limit is None or self.end is None:
            return None
        left = self.limit - self.spent_before
        kept = 0.5 * (_RESERVE_SHARE * left + _RESERVE_SECONDS)
        return max(self._begun, self.end - kept)

    @property
    def refit_end(self) -> float | None:
        """Moment at which a refit must have ended."""
        if self.learning_end is None:
            return None
        return max(self._begun, self.learning_end - self.learning_seconds)

    @property
    def learning_end(self) -> float | None:
        """Moment at which the run must be in the knowledge base, or is left out."""
        if self.limit is None or self.hand_over is None:
            return None
        return max(self._begun, self.hand_over - self.analysis_seconds)

    @property
    def end(self) -> float | None:
        """Moment at which `fit` should return."""
        if self.limit is None:
            return None
        return self._begun + max(0.0, self.limit - self.spent_before)

    def seconds_left(self) -> float:
        """Seconds until `stop`; infinite without a limit."""
        stop = self.stop
        return float("inf") if stop is None else max(0.0, stop - time.monotonic())
