"""Which fold fit runs next.

Two policies over one state. `CountedSchedule` serves a budget in trials: what it does
depends on results only, taken in the order of proposal, never on time. `TimedSchedule`
serves a budget in seconds: first folds of several configurations before last folds of
one, nothing started that does not fit.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from headstart.base import Configuration, Precedent, Trial, TrialStatus
from headstart.search.loop.cost import CostModel
from headstart.search.loop.racing import is_hopeless, relative_gap
from headstart.search.loop.state import RunState, Unit
from headstart.search.propose.quarantine import (
    BENCHED_AFTER,
    failed_on_probation,
    involved,
    untested,
)
from headstart.search.run.clock import Clock

__all__ = [
    "ENRICHED",
    "CountedSchedule",
    "Proposal",
    "Proposer",
    "Schedule",
    "TimedSchedule",
]

# Origin of a trial that adds a transform to another one's configuration.
ENRICHED = "transform"

# Folds after which a race is decided when work is counted.
_STAGE = 2
# A search for a number of trials ends when this many have failed, and this many times
# as many as it is to run; those that put a learner in quarantine do not count.
_FAILURES = 20
_FAILURES_PER_TRIAL = 2
# A proposal may know the trials up to this many before it, whatever has finished.
_LAG = 6

# Timed: share of the time spent that may go to first folds of new configurations.
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

_RACED_OUT = "raced out: it could not win any more"
_IDLE = "its last transform found nothing to change: as good as without it"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to try next, where it comes from, and what spoke for it."""

    configuration: Configuration
    origin: str
    precedents: tuple[Precedent, ...] = ()


class Proposer(Protocol):
    """Where configurations come from."""

    def __call__(
        self, number: int, known: list[Trial], fits: Callable[[Configuration], bool]
    ) -> Proposal | None:
        """Return what trial `number` tries, or None: nothing is left."""


class Schedule(Protocol):
    """A policy: the next fold fit, if there is one to start now.

    Attributes
    ----------
    has_given_up : bool
        Whether no more trials are started because too many have failed.
    """

    has_given_up: bool

    def next(self) -> tuple[Trial, Unit] | None:
        """Return the next fold fit; None to wait, or when all is done."""

    def settle(self) -> list[Trial]:
        """Return trials that have just got all the folds they will get."""


@dataclass
class CountedSchedule:
    """The policy for a budget in trials: one seed, one answer.

    Parameters
    ----------
    max_trials : int
        Trials to run; those that fail do not count, until they are so many that the
        search gives up.
    on_probation : frozenset of str
        Learners of which nothing is known; see `headstart.search.propose.quarantine`.
    """

    state: RunState
    propose: Proposer
    max_trials: int
    on_probation: frozenset[str] = frozenset()
    exhausted: bool = False
    has_given_up: bool = False

    def next(self) -> tuple[Trial, Unit] | None:
        """Return the first fold fit in the order of proposal that may start."""
        for trial in self.state.trials:
            unit = self.state.next_unit(trial, limit=self._allowed(trial))
            if unit is not None:
                return trial, unit
        started = self._start()
        return None if started is None else (started, self.state.units[0])

    def settle(self) -> list[Trial]:
        """Close trials that are raced out or have every fold, in order."""
        closed = []
        for trial in self.state.trials:
            if trial.status is not TrialStatus.RUNNING:
                continue
            if self.state.has(trial, len(self.state.units)):
                trial.status = TrialStatus.DONE
            elif self._race_is_due(trial) and self._is_raced_out(trial):
                trial.status = TrialStatus.PARTIAL
                is_idle = _is_idle(trial, self.state.units[:_STAGE])
                trial.reason = _IDLE if is_idle else _RACED_OUT
            else:
                continue
            closed.append(trial)
        return closed

    def _allowed(self, trial: Trial) -> int:
        if involved(trial) & untested(self.state.trials, self.on_probation):
            return 1
        if not self._race_is_due(trial) or self._is_raced_out(trial):
            return _STAGE
        return len(self.state.units)

    def _race_is_due(self, trial: Trial) -> bool:
        """Whether this and all earlier trials have the folds that are compared."""
        return all(
            earlier.status is TrialStatus.FAILED or self.state.has(earlier, _STAGE)
            for earlier in self.state.trials[: trial.number + 1]
        )

    def _is_raced_out(self, trial: Trial) -> bool:
        # Only the compared folds count, or the answer would depend on what else ran.
        stage = self.state.units[:_STAGE]
        if _is_idle(trial, stage):
            return True
        # One that failed on a later fold stays a rival: when it fails is a matter of
        # timing.
        earlier = [
            _first_folds(t, stage)
            for t in self.state.trials[: trial.number]
            if self.state.has(t, _STAGE)
        ]
        return is_hopeless(_first_folds(trial, stage), earlier, self.state.constant)

    def _start(self) -> Trial | None:
        trials = self.state.trials
        n_failed = sum(t.status is TrialStatus.FAILED for t in trials)
        # What failed on probation was never there.
        gone = {t.number for t in failed_on_probation(trials, self.on_probation)}
        there = [t for t in trials if t.number not in gone]
        number = len(there)
        known = there[: max(0, number - _LAG)]
        waits = untested(trials, self.on_probation)
        # Of the known ones only, or the answer would depend on what else ran.
        self.has_given_up = _too_many_failed(known, self.max_trials)
        if (
            self.exhausted
            or self.has_given_up
            or len(trials) >= self.max_trials + n_failed
            or any(t.status is TrialStatus.RUNNING for t in known)
            or any(
                t.status is TrialStatus.RUNNING and involved(t) & waits for t in there
            )
        ):
            return None
        proposal = self.propose(number, known, lambda _: True)
        if proposal is None:
            self.exhausted = True
            return None
        return self.state.add(
            proposal.configuration, proposal.origin, proposal.precedents
        )


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
    propose: Proposer
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
                is_idle := _is_idle(trial, list(trial.fold_losses))
            ) | is_hopeless(trial, rivals, self.state.constant):
                trial.status = TrialStatus.PARTIAL
                trial.reason = _IDLE if is_idle else _RACED_OUT
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
        failed = sum(
            t.status is TrialStatus.FAILED or t.origin == "floor" for t in trials
        )
        if self.max_trials is not None:
            self.has_given_up = _too_many_failed(trials, self.max_trials)
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


def _too_many_failed(trials: Sequence[Trial], max_trials: int) -> bool:
    failed = Counter(
        t.configuration.learner for t in trials if t.status is TrialStatus.FAILED
    )
    # The first ones of each learner do not count: after these it may be in quarantine.
    n_failed = sum(max(0, n - BENCHED_AFTER) for n in failed.values())
    return n_failed >= max(_FAILURES, _FAILURES_PER_TRIAL * max_trials)


def _is_idle(trial: Trial, units: Sequence[Unit]) -> bool:
    """Whether an enriched trial does what the one it was made of does, on these folds.

    Others are the first of their kind, whatever their steps do.
    """
    if trial.origin != ENRICHED:
        return False
    outcomes = [trial.outcomes.get(unit) for unit in units]
    return all(outcome is not None and outcome.is_idle for outcome in outcomes)


def _first_folds(trial: Trial, stage: Sequence[Unit]) -> Trial:
    losses = {u: trial.fold_losses[u] for u in stage if u in trial.fold_losses}
    return Trial(trial.number, trial.configuration, fold_losses=losses)
