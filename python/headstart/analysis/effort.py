"""The budget of an analysis: seconds where there is a time limit, else predictions."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from headstart.base import FoldStatus, Trial
from headstart.search.run.clock import Clock

__all__ = ["Effort", "effort_of"]

# Limits of the analysis: share of the time limit, multiple of the reserved seconds.
_SHARE = 0.03
_TIMES_KEPT = 1.5
# Reserved for the end of the fit.
_MARGIN_SECONDS = 0.1
# Without a time limit: predictions of a fold model per fold fit of the search, more for
# more rows, since these fits took longer,
_PREDICTIONS_PER_FIT = 2.0
_ROWS_FOR_ONE = 250
_MOST_TIMES = 6.0
# and a bound on seconds for models that take very long to predict.
_LEAST_SECONDS = 60.0
_MOST_OF_SEARCH = 0.25


@dataclass
class Effort:
    """A budget of predictions by fold models.

    Parameters
    ----------
    units : float
        Predictions by one fold model; infinite where the budget is in seconds.
    deadline : float
        Value of `time.monotonic` after which no prediction begins.
    """

    units: float
    deadline: float

    @property
    def is_counted(self) -> bool:
        """True if work is limited in units, not in seconds."""
        return math.isfinite(self.units)

    @property
    def remaining(self) -> float:
        """The units, or seconds, that remain."""
        if self.is_counted:
            return max(0.0, self.units) if time.monotonic() < self.deadline else 0.0
        return max(0.0, self.deadline - time.monotonic())

    def spend(self, units: float) -> None:
        """Subtract units from the budget."""
        self.units -= units

    def part(self, share: float) -> "Effort":
        """Return a share of the remaining budget, whose spending counts here too."""
        if self.is_counted:
            return Effort(self.units * share, self.deadline)
        now = time.monotonic()
        return Effort(self.units, now + share * max(0.0, self.deadline - now))


def effort_of(clock: Clock, trials: Sequence[Trial], n_rows: int) -> Effort:
    """Return the budget of the analysis of a run.

    Parameters
    ----------
    clock : Clock
    trials : sequence of Trial
        Trials of the run. Without a time limit they determine the budget, so that one
        seed gives the same analysis on any machine.
    n_rows : int
        Rows of the table.
    """
    now = time.monotonic()
    if clock.limit is not None:
        end = clock.hand_over
        assert end is not None
        max_seconds = max(_SHARE * clock.limit, _TIMES_KEPT * clock.analysis_seconds)
        return Effort(math.inf, min(now + max_seconds, end - _MARGIN_SECONDS))
    n_fits = sum(
        outcome.status is FoldStatus.OK
        for trial in trials
        for outcome in trial.outcomes.values()
    )
    max_seconds = max(_LEAST_SECONDS, _MOST_OF_SEARCH * clock.elapsed())
    times = min(_MOST_TIMES, max(1.0, n_rows / _ROWS_FOR_ONE))
    return Effort(_PREDICTIONS_PER_FIT * times * n_fits, now + max_seconds)
