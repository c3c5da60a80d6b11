"""The schedule for a budget in trials."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from headstart.base import Trial, TrialStatus
from headstart.search.loop.racing import is_hopeless
from headstart.search.loop.schedule import (
    IDLE,
    RACED_OUT,
    Propose,
    is_idle,
    too_many_failed,
)
from headstart.search.propose.quarantine import (
    failures_of_unproven,
    involved,
    still_unproven,
)
from headstart.search.run.state import RunState, Unit

__all__ = ["CountedSchedule"]

# Folds after which a race is decided.
_STAGE = 2
# A proposal uses no results of this many trials before it, even if they have finished:
# proposals must not depend on the order in which fold fits end.
_LAG = 6


@dataclass
class CountedSchedule:
    """The policy for a budget in trials: the same seed gives the same results.

    Parameters
    ----------
    max_trials : int
        Trials to run. Failed trials do not count, but too many of them end the search.
    unproven : frozenset of str
        Learners and transforms without results so far; see `quarantine`.
    """

    state: RunState
    propose: Propose
    max_trials: int
    unproven: Collection[str] = frozenset()
    exhausted: bool = False
    has_given_up: bool = False

    def next(self) -> tuple[Trial, Unit] | None:
        """Return the first fold fit that may start, in the order of proposal."""
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
                idle = is_idle(trial, self.state.units[:_STAGE])
                trial.reason = IDLE if idle else RACED_OUT
            else:
                continue
            closed.append(trial)
        return closed

    def _allowed(self, trial: Trial) -> int:
        if involved(trial) & still_unproven(self.state.trials, self.unproven):
            return 1
        if not self._race_is_due(trial) or self._is_raced_out(trial):
            return _STAGE
        return len(self.state.units)

    def _race_is_due(self, trial: Trial) -> bool:
        """Return whether this trial and all earlier ones have the compared folds."""
        return all(
            earlier.status is TrialStatus.FAILED or self.state.has(earlier, _STAGE)
            for earlier in self.state.trials[: trial.number + 1]
        )

    def _is_raced_out(self, trial: Trial) -> bool:
        # Only the compared folds count: otherwise the decision would depend on timing.
        stage = self.state.units[:_STAGE]
        if is_idle(trial, stage):
            return True
        # A trial that failed on a later fold remains a rival for the same reason.
        earlier = [
            _first_folds(t, stage)
            for t in self.state.trials[: trial.number]
            if self.state.has(t, _STAGE)
        ]
        return is_hopeless(_first_folds(trial, stage), earlier, self.state.constant)

    def _start(self) -> Trial | None:
        trials = self.state.trials
        n_failed = sum(t.status is TrialStatus.FAILED for t in trials)
        # Failures of unproven learners and transforms must not affect later proposals.
        ignored = {t.number for t in failures_of_unproven(trials, self.unproven)}
        counted_trials = [t for t in trials if t.number not in ignored]
        number = len(counted_trials)
        usable_trials = counted_trials[: max(0, number - _LAG)]
        unproven = still_unproven(trials, self.unproven)
        # Only the known trials count: otherwise the decision would depend on timing.
        self.has_given_up = too_many_failed(usable_trials, self.max_trials)
        if (
            self.exhausted
            or self.has_given_up
            or len(trials) >= self.max_trials + n_failed
            or any(t.status is TrialStatus.RUNNING for t in usable_trials)
            or any(
                t.status is TrialStatus.RUNNING and involved(t) & unproven
                for t in counted_trials
            )
        ):
            return None
        proposal = self.propose(number, usable_trials, lambda _: True)
        if proposal is None:
            self.exhausted = True
            return None
        return self.state.add(
            proposal.configuration, proposal.origin, proposal.precedents
        )


def _first_folds(trial: Trial, stage: Sequence[Unit]) -> Trial:
    losses = {u: trial.fold_losses[u] for u in stage if u in trial.fold_losses}
    return Trial(trial.number, trial.configuration, fold_losses=losses)
