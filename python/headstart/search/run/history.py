"""The history of a run: the score over time, and the seconds of each stage."""

from headstart.base.events import Event, IncumbentChanged
from headstart.search.run.clock import Clock

__all__ = ["History"]


class History:
    """A listener that records the scores and the stages of a run.

    Parameters
    ----------
    clock : Clock

    Attributes
    ----------
    scores : list of (float, float)
        Seconds since the start of the fit, and the out-of-fold score of the ensemble
        from then on, on the rows that had a prediction at that time.
    stages : list of (str, float)
        Name and wall seconds of each stage, in order of time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stage_end = clock.spent_before
        self.scores: list[tuple[float, float]] = []
        self.stages: list[tuple[str, float]] = []

    def __call__(self, event: Event) -> None:
        """Record the score of a new ensemble."""
        if isinstance(event, IncumbentChanged):
            self.scores.append((event.elapsed, event.score))

    def end_stage(self, name: str) -> None:
        """Record the time since the last stage under a name."""
        now = self._clock.elapsed()
        self.stages.append((name, now - self._stage_end))
        self._stage_end = now
