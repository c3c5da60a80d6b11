"""The schedule for a budget in seconds."""

import time
from dataclasses import dataclass

from headstart.base import Configuration, Trial, TrialStatus
from headstart.search.loop.cost import CostModel
from headstart.search.loop.racing import is_hopeless, relative_gap
from headstart.search.loop.schedule import (
    IDLE,
    RACED_OUT,
    Propose,
    is_idle,
    too_many_failed,
)
from headstart.search.run.clock import Clock
from headstart.search.run.state import RunState, Unit

__all__ = ["TimedSchedule"]

# Share of the elapsed time that may be spent on first folds of new configurations.
_EXPLORATION = 0.4
# Number of configurations that are tried on one fold regardless of that share.
_FIRST_FEW = 3
# Added to the gap of a trial per complete trial of its learner, for diversity.
_DIVERSITY = 0.03
# A fold fit is started if this many times its predicted seconds are left.
_SAFETY = 1.1
# A first fold is run only if all folds of the configuration fit into this share.
_COMPLETABLE = 0.5
# Number of best trials that a trial is compared to. (With all of them, a run of many
# small fits spent as much time here as in the fits.)
_N_RIVALS = 5
# The first model is completed while at least this many times its cost is left.
_MARGIN = 1.25


@dataclass
class TimedSchedule:
    """The policy for a budget in seconds.

    Parameters
    ----------
    max_trials : int or None
        Trials to run at most. Failed trials do not count, but too many of them end the
        search.
    enough_trials : int
        From this number on, more repeats of the best trials come before more
        configurations: on few rows, the best of many would be chosen by chance.
    """

    state: RunState
    propose: Propose
    clock: Clock
    cost: CostModel
    n_slots: int
    max_trials: int | None = None
    enough_trials: int = 40
    exhausted: bool = False
    has_given_up: bool = False

    def next(self) -> tuple[Trial, Unit] | None:
        """Return the fold fit with the best use of the time left."""
        seconds_left = self.clock.seconds_left()
        if seconds_left <= 0:
            return None
        candidates = self._open_trials(seconds_left)
        if self._may_explore(candidates, seconds_left):
            # Only configurations whose folds all fit into part of the time left.
            most_seconds = (
                _COMPLETABLE * seconds_left * self.n_slots / self.state.n_folds
            )
            trial = self._start(
                seconds_left
                if len(self.state.trials) < 2
                else min(seconds_left, most_seconds)
            )
            if trial is not None:
                return trial, self.state.units[0]
        if candidates:
            return candidates[0]
        if len(self.state.trials) >= self.enough_trials:
            repeat = self._repeat(seconds_left)
            if repeat is not None:
                return repeat
        trial = self._start(seconds_left)
        if trial is not None:
            return trial, self.state.units[0]
        return self._repeat(seconds_left)

    def settle(self) -> list[Trial]:
        """Return the trials that are newly raced out or complete."""
        closed = []
        rivals = self._rivals()
        for trial in self.state.trials:
            if trial.status is not TrialStatus.RUNNING or self.state.running.get(
                trial.number
            ):
                continue
            if self.state.has(trial, len(self.state.units)):
                trial.status = TrialStatus.DONE
                closed.append(trial)
            elif self.state.is_complete(trial):
                if trial.number not in self._announced:
                    self._announced.add(trial.number)
                    closed.append(trial)
            elif trial.fold_losses and (
                idle := is_idle(trial, list(trial.fold_losses))
            ) | is_hopeless(trial, rivals, self.state.constant):
                trial.status = TrialStatus.PARTIAL
                trial.reason = IDLE if idle else RACED_OUT
                closed.append(trial)
        return closed

    def __post_init__(self) -> None:
        self._announced: set[int] = set()
        # Seconds of the last proposal. (On a busy machine these were so many that
        # proposals without a result ended after the limit.)
        self._proposal_seconds = 0.0

    def _rivals(self) -> list[Trial]:
        """Return the few best trials, which all others are compared to."""
        losses = self.state.comparable_losses(self.state.with_results())
        best = sorted(losses, key=lambda n: (losses[n], n))[:_N_RIVALS]
        return [self.state.trials[number] for number in best]

    def _open_trials(self, seconds_left: float) -> list[tuple[Trial, Unit]]:
        """Return trials with remaining folds that fit, the most promising first."""
        rivals = self._rivals()
        completed: dict[str, int] = {}
        for trial in self.state.complete():
            name = trial.configuration.learner
            completed[name] = completed.get(name, 0) + 1
        ranked = []
        for trial in self.state.trials:
            unit = self.state.next_unit(trial, limit=self.state.n_folds)
            if unit is None or not trial.fold_losses:
                continue
            if self.cost.seconds(trial.configuration, trial) * _SAFETY > seconds_left:
                continue
            gap = relative_gap(trial, rivals, self.state.constant) or 0.0
            gap += _DIVERSITY * completed.get(trial.configuration.learner, 0)
            ranked.append((gap, trial.number, trial, unit))
        ranked.sort(key=lambda entry: entry[:2])
        return [(trial, unit) for _, _, trial, unit in ranked]

    def _may_explore(
        self, candidates: list[tuple[Trial, Unit]], seconds_left: float
    ) -> bool:
        if not candidates:
            return len(self.state.trials) < self.enough_trials
        best = candidates[0][0]
        seconds = self.cost.seconds(best.configuration, best)
        needed = _MARGIN * seconds * (self.state.n_folds - len(best.outcomes))
        if not self.state.complete() and needed > seconds_left * self.n_slots - seconds:
            # A trial must become a complete model first.
            return False
        if len(self.state.trials) <= _FIRST_FEW:
            return True
        first = spent = 0.0
        for trial in self.state.trials:
            for unit, outcome in trial.outcomes.items():
                spent += outcome.total_seconds
                if unit == self.state.units[0]:
                    first += outcome.total_seconds
            waiting = self.state.running.get(trial.number, set())
            seconds = self.cost.seconds(trial.configuration, trial)
            spent += seconds * len(waiting)
            first += seconds * (self.state.units[0] in waiting)
        return first <= _EXPLORATION * spent

    def _start(self, most_seconds: float) -> Trial | None:
        """Add the next configuration whose first fold takes at most `most` seconds."""
        trials = self.state.trials
        failed = sum(t.status is TrialStatus.FAILED or t.is_baseline for t in trials)
        if self.max_trials is not None:
            self.has_given_up = too_many_failed(trials, self.max_trials)
            if self.has_given_up or len(trials) >= self.max_trials + failed:
                return None
        if self.exhausted:
            return None
        if self._proposal_seconds > self.clock.seconds_left():
            return None
        started = time.monotonic()

        def fits(configuration: Configuration) -> bool:
            return self.cost.seconds(configuration) * _SAFETY <= most_seconds

        proposal = self.propose(len(trials), list(trials), fits)
        self._proposal_seconds = time.monotonic() - started
        if proposal is None:
            return None
        return self.state.add(
            proposal.configuration, proposal.origin, proposal.precedents
        )

    def _repeat(self, seconds_left: float) -> tuple[Trial, Unit] | None:
        """Return a fold fit of one more repeat, of the best trial for which it fits."""
        losses = self.state.comparable_losses(self.state.complete())
        for number in sorted(losses, key=lambda n: (losses[n], n)):
            trial = self.state.trials[number]
            unit = self.state.next_unit(trial)
            seconds = self.cost.seconds(trial.configuration, trial)
            if unit is not None and seconds * _SAFETY <= seconds_left:
                return trial, unit
        return None
