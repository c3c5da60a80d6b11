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

# Share of the time spent that may go to first folds of new configurations.
_EXPLORATION = 0.4
# Configurations that are tried on one fold before shares are looked at.
_FIRST_FEW = 3
# A learner with complete trials must promise this much more to be completed again.
_DIVERSITY = 0.03
# A fold fit is started if this many times its predicted seconds are left.
_SAFETY = 1.1
# A configuration is worth a first fold if all its folds fit into this share.
_COMPLETABLE = 0.5
# Best trials that a trial is compared with. (With all of them, a run of many small fits
# spent as much time here as in the fits.)
_N_RIVALS = 5
# Completing the first model is begun while this many times its cost is left.
_MARGIN = 1.25


@dataclass
class TimedSchedule:
    """The policy for a budget in seconds.

    Parameters
    ----------
    max_trials : int or None
        Trials to run at most; those that fail do not count, until they are so many that
        the search gives up.
    enough_trials : int
        From here on, more repeats of the best come before more configurations: with
        few rows, many of them would be chosen by luck.
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
        left = self.clock.seconds_left()
        if left <= 0:
            return None
        candidates = self._open_trials(left)
        if self._may_explore(candidates, left):
            # Whose folds could all be run in part of the time left.
            most = _COMPLETABLE * left * self.n_slots / self.state.n_folds
            trial = self._start(left if len(self.state.trials) < 2 else min(left, most))
            if trial is not None:
                return trial, self.state.units[0]
        if candidates:
            return candidates[0]
        if len(self.state.trials) >= self.enough_trials:
            again = self._repeat(left)
            if again is not None:
                return again
        trial = self._start(left)
        if trial is not None:
            return trial, self.state.units[0]
        return self._repeat(left)

    def settle(self) -> list[Trial]:
        """Close trials that are raced out or have every fold."""
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
        # What the last proposal took. (On a busy machine it was seconds, and several
        # proposals that nothing came of ended after the limit.)
        self._thinking = 0.0

    def _rivals(self) -> list[Trial]:
        """Return the few best trials: to be behind all of them is to be behind."""
        losses = self.state.comparable_losses(self.state.with_results())
        best = sorted(losses, key=lambda n: (losses[n], n))[:_N_RIVALS]
        return [self.state.trials[number] for number in best]

    def _open_trials(self, left: float) -> list[tuple[Trial, Unit]]:
        """Trials with folds to come that fit, the most promising first."""
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
            if self.cost.seconds(trial.configuration, trial) * _SAFETY > left:
                continue
            gap = relative_gap(trial, rivals, self.state.constant) or 0.0
            gap += _DIVERSITY * completed.get(trial.configuration.learner, 0)
            ranked.append((gap, trial.number, trial, unit))
        ranked.sort(key=lambda entry: entry[:2])
        return [(trial, unit) for _, _, trial, unit in ranked]

    def _may_explore(self, candidates: list[tuple[Trial, Unit]], left: float) -> bool:
        if not candidates:
            return len(self.state.trials) < self.enough_trials
        best = candidates[0][0]
        seconds = self.cost.seconds(best.configuration, best)
        needed = _MARGIN * seconds * (self.state.n_folds - len(best.outcomes))
        if not self.state.complete() and needed > left * self.n_slots - seconds:
            # What there is must become a whole model first.
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

    def _start(self, most: float) -> Trial | None:
        """Start the next configuration whose first fold takes `most` seconds."""
        trials = self.state.trials
        failed = sum(t.status is TrialStatus.FAILED or t.is_baseline for t in trials)
        if self.max_trials is not None:
            self.has_given_up = too_many_failed(trials, self.max_trials)
            if self.has_given_up or len(trials) >= self.max_trials + failed:
                return None
        if self.exhausted:
            return None
        if self._thinking > self.clock.seconds_left():
            return None
        began = time.monotonic()

        def fits(configuration: Configuration) -> bool:
            return self.cost.seconds(configuration) * _SAFETY <= most

        proposal = self.propose(len(trials), list(trials), fits)
        self._thinking = time.monotonic() - began
        if proposal is None:
            return None
        return self.state.add(
            proposal.configuration, proposal.origin, proposal.precedents
        )

    def _repeat(self, left: float) -> tuple[Trial, Unit] | None:
        """More repeats of the best, when there is nothing else to do."""
        losses = self.state.comparable_losses(self.state.complete())
        for number in sorted(losses, key=lambda n: (losses[n], n)):
            trial = self.state.trials[number]
            unit = self.state.next_unit(trial)
            seconds = self.cost.seconds(trial.configuration, trial)
            if unit is not None and seconds * _SAFETY <= left:
                return trial, unit
        return None
