"""What a run did when: the best score over time, and what each stage took."""

from headstart.base import TrialStatus
from headstart.base.events import Event, TrialFinished
from headstart.search.clock import Clock

__all__ = ["History"]


class History:
    """A listener that notes the moments of a run.

    Parameters
    ----------
    clock : Clock
    greater_is_better : bool
        Of the scores it will hear.

    Attributes
    ----------
    best : list of (float, float)
        Second of the fit, and the best score of a single trial from then on.
    stages : list of (str, float)
        Name, and wall seconds, in order of time.
    """

    def __init__(self, clock: Clock, *, greater_is_better: bool) -> None:
        self._clock = clock
        self._greater_is_better = greater_is_better
        self._told = clock.spent_before
        self.best: list[tuple[float, float]] = []
        self.stages: list[tuple[str, float]] = []

    def __call__(self, event: Event) -> None:
        """Take note of a trial that is done."""
        # One that was raced out is scored on few folds: its score may look too good.
        if not isinstance(event, TrialFinished):
            return
        if event.trial.status is TrialStatus.PARTIAL and self.best:
            return
        if not self.best or self._is_better(event.score, self.best[-1][1]):
            self.best.append((self._clock.elapsed(), event.score))

    def end_stage(self, name: str) -> None:
        """Book the time since the last stage under a name."""
        now = self._clock.elapsed()
        self.stages.append((name, now - self._told))
        self._told = now

    def _is_better(self, score: float, than: float) -> bool:
        return score > than if self._greater_is_better else score < than
