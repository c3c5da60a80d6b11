"""What an analysis may spend: seconds where there is a time limit, else work."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from headstart.base import FoldStatus, Trial
from headstart.search.run.clock import Clock

__all__ = ["Effort", "effort_of"]

# What the analysis may take: of a time limit, and of what was kept back for it.
_SHARE = 0.03
_TIMES_KEPT = 1.5
# Kept for handing over.
_MARGIN_SECONDS = 0.1
# Without a time limit: predictions of a fold model for each fold fit of the search,
# more where there are more rows, for these fits took longer,
_ASKED_PER_FIT = 2.0
_ROWS_FOR_ONE = 250
_MOST_TIMES = 6.0
# and a bound on seconds for models that take very long to predict.
_LEAST_SECONDS = 60.0
_MOST_OF_SEARCH = 0.25


@dataclass
class Effort:
    """A budget that is spent by asking fold models.

    Parameters
    ----------
    units : float
        Predictions of one fold model that may be asked for; infinite where time counts.
    deadline : float
        Moment of `time.monotonic` after which nothing is begun.
    """

    units: float
    deadline: float

    @property
    def is_counted(self) -> bool:
        """True if work is limited in units, not in seconds."""
        return math.isfinite(self.units)

    @property
    def left(self) -> float:
        """Units, or seconds, that are left."""
        if self.is_counted:
            return max(0.0, self.units) if time.monotonic() < self.deadline else 0.0
        return max(0.0, self.deadline - time.monotonic())

    def spend(self, units: float) -> None:
        """Book predictions that were asked for."""
        self.units -= units

    def part(self, share: float) -> "Effort":
        """Return a part of what is left; what it spends is to be booked here too."""
        if self.is_counted:
            return Effort(self.units * share, self.deadline)
        now = time.monotonic()
        return Effort(self.units, now + share * max(0.0, self.deadline - now))


def effort_of(clock: Clock, trials: Sequence[Trial], n_rows: int) -> Effort:
    """Return what the analysis of a run may spend.

    Parameters
    ----------
    clock : Clock
    trials : sequence of Trial
        Of the run. Without a time limit they are the measure: one seed gives one
        analysis, on any machine.
    n_rows : int
        Of the table.
    """
    now = time.monotonic()
    if clock.limit is not None:
        end = clock.hand_over
        assert end is not None
        most = max(_SHARE * clock.limit, _TIMES_KEPT * clock.analysis_seconds)
        return Effort(math.inf, min(now + most, end - _MARGIN_SECONDS))
    n_fits = sum(
        outcome.status is FoldStatus.OK
        for trial in trials
        for outcome in trial.outcomes.values()
    )
    most = max(_LEAST_SECONDS, _MOST_OF_SEARCH * clock.elapsed())
    times = min(_MOST_TIMES, max(1.0, n_rows / _ROWS_FOR_ONE))
    return Effort(_ASKED_PER_FIT * times * n_fits, now + most)
