"""The ledger: records the results of a run, in one order.

Fold fits have already written their results to the store. The ledger adds them to the
out-of-fold predictions, the trial and the journal, and sends events to listeners.
"""

import logging
import time
from dataclasses import replace
from typing import Any

import numpy as np

from headstart.base import (
    FloatArray,
    FoldOutcome,
    FoldStatus,
    IntArray,
    Trial,
    TrialStatus,
)
from headstart.base.events import (
    FoldFitFinished,
    IncumbentChanged,
    Notice,
    TrialFailed,
    TrialFinished,
    TrialStarted,
)
from headstart.ensemble.selection import Choice, MemberSelector
from headstart.metrics.constant import Part, best_constant
from headstart.metrics.metric import one_column
from headstart.search.loop.cost import CostModel
from headstart.search.propose.quarantine import (
    QUARANTINED_AFTER,
    culprit_of,
    describe,
    failing,
)
from headstart.search.refit import refit_seconds, seconds_to_reserve
from headstart.search.run.run import Run
from headstart.search.run.state import RunState, Unit
from headstart.validation import OutOfFoldStore

__all__ = ["Ledger"]

_log = logging.getLogger("headstart.search")

# Share of the elapsed time that may be spent on choosing ensembles while trials run.
_ENSEMBLE_SHARE = 0.03


class Ledger:
    """Records the trials, fold fits and ensembles of one run.

    Parameters
    ----------
    run : Run

    Attributes
    ----------
    state : RunState
    cost : CostModel
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._metric = run.metric
        data, folds = run.data, run.data.folds
        self.state = RunState(
            units=folds.units,
            n_folds=folds.n_complete,
            constant=self._constant_losses(),
        )
        self.cost = CostModel(
            data.task,
            run.timed_learners,
            folds.train(*folds.units[0]).size,
            learns=run.is_timed,
            transforms=run.transforms,
        )
        self._store = OutOfFoldStore(folds, data.task.n_outputs)
        self._selector = MemberSelector(
            store=self._store,
            folds=folds,
            y=data.y,
            weight=data.weight,
            metric=self._metric,
            learners=run.timed_learners,
            constant=self.state.constant,
            dependence=data.dependence,
        )
        self._ensemble_seconds = 0.0
        self._incumbent: float | None = None
        self._quarantined: set[str] = set()

    def restore(self) -> None:
        """Load the results that an interrupted run left in the folder."""
        for trial in self._run.folder.journal.trials():
            self.state.trials.append(trial)
            journalled = dict(trial.outcomes)
            for unit in self.state.units:
                outcome = self._run.folder.finished(trial.fold_key(*unit).name)
                if outcome is not None:
                    if journalled.get(unit, outcome).status is FoldStatus.OK:
                        self.record(trial, unit, outcome)
                elif trial.fold_losses.pop(unit, None) is not None:
                    # Its files are incomplete, so the journal's entry is ignored.
                    del trial.outcomes[unit]
                    if trial.status is TrialStatus.DONE:
                        trial.status = TrialStatus.RUNNING
            if trial.status is TrialStatus.PARTIAL and not trial.is_baseline:
                trial.status, trial.reason = TrialStatus.RUNNING, ""
        if self.state.trials:
            n_fits = sum(len(t.fold_losses) for t in self.state.trials)
            self._run.events(
                Notice(
                    f"Resumed: {len(self.state.trials)} trials with {n_fits} "
                    f"finished fold fits, {self._run.clock.spent_before:.0f} s spent."
                )
            )

    def open(self, trial: Trial) -> None:
        """Record that a trial's first fold fit is about to start."""
        self._run.folder.journal.record_trial(trial)
        self._run.events(TrialStarted(trial))

    def record(self, trial: Trial, unit: Unit, outcome: FoldOutcome) -> None:
        """Record a fold fit: store, trial, journal, listeners, in this order."""
        if outcome.status is FoldStatus.CANCELLED or (
            outcome.status is FoldStatus.TIMEOUT
            and self._run.clock.seconds_left() <= 0
            and "did not stop" not in outcome.reason
        ):
            return  # The run ended, not the trial.
        loss = None
        if outcome.status is FoldStatus.OK:
            loss, outcome = self._score(trial, unit, outcome)
        is_new = unit not in trial.outcomes
        trial.outcomes[unit] = outcome
        if loss is None:
            self._fail(trial, unit, outcome)
        else:
            trial.fold_losses[unit] = loss
            if not trial.is_baseline:
                self.cost.observe(trial.configuration, outcome.total_seconds)
            if is_new:
                self._run.folder.sync(trial.fold_key(*unit).name, outcome)
        self._run.folder.journal.record_fit(
            trial, *unit, outcome, loss, spent=self._run.clock.elapsed()
        )
        self._run.events(FoldFitFinished(trial, *unit, outcome))

    def close(self, trial: Trial) -> None:
        """Record the loss of a trial that ended, or that has a result on every fold."""
        trial.loss = trial.mean_loss
        self._run.folder.journal.record_trial(trial)
        if trial.loss is not None:
            self._run.events(TrialFinished(trial, self._as_score(trial.loss)))

    def close_open_trials(self) -> None:
        """Close all open trials: no more fold fits will run."""
        for trial in self.state.trials:
            if trial.status is not TrialStatus.RUNNING:
                continue
            trial.status = (
                TrialStatus.DONE
                if self.state.is_complete(trial)
                else TrialStatus.PARTIAL
            )
            if trial.status is TrialStatus.PARTIAL:
                trial.reason = "the budget ended before its last fold"
            self.close(trial)

    def choose(self) -> Choice | None:
        """Return the best ensemble of the trials so far; send an event if it is new."""
        began = time.monotonic()
        choice = self._selector.select(self.state.with_results())
        seconds = time.monotonic() - began
        self._run.clock.note_choice(seconds)
        self._ensemble_seconds += seconds
        if choice is not None and self._run.refits:
            self._reserve_refit(choice)
        if choice is not None and choice.score != self._incumbent:
            self._incumbent = choice.score
            self._report_incumbent(choice)
        return choice

    def may_choose(self) -> bool:
        """Return whether there is time to choose an ensemble while trials run."""
        if self._run.clock.choice_seconds > self._run.clock.seconds_left():
            return False
        return self._ensemble_seconds <= _ENSEMBLE_SHARE * self._run.clock.elapsed()

    def _reserve_refit(self, choice: Choice) -> None:
        """Reserve time for the refit of an ensemble's members."""
        clock, n_slots = self._run.clock, self._run.executor.n_slots
        trials = [self.state.trials[number] for number in choice.ranked]
        seconds = [refit_seconds(trial, self._run.data.folds) for trial in trials]
        most = clock.most_refit_seconds
        clock.note_refit(seconds_to_reserve(seconds, n_slots, most))

    def _score(
        self, trial: Trial, unit: Unit, outcome: FoldOutcome
    ) -> tuple[float | None, FoldOutcome]:
        """Add predictions to the out-of-fold store and return their loss."""
        rows = self._run.data.folds.validation(*unit)
        try:
            prediction = self._run.folder.prediction(trial.fold_key(*unit).name)
            loss = self._loss(prediction, rows)
            self._store.add(trial.number, *unit, prediction)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            return None, replace(outcome, status=FoldStatus.ERROR, reason=reason)
        if not np.isfinite(loss):
            reason = f"the metric {self._metric.name!r} returned {loss}"
            return None, replace(outcome, status=FoldStatus.ERROR, reason=reason)
        return loss, outcome

    def _fail(self, trial: Trial, unit: Unit, outcome: FoldOutcome) -> None:
        if trial.status is TrialStatus.FAILED:
            return
        trial.status = TrialStatus.FAILED
        trial.reason = f"{outcome.status.value} on fold {unit[1]}: {outcome.reason}"
        name = culprit_of(trial)
        is_out = name not in self._quarantined and name in failing(self.state.trials)
        if is_out:
            self._quarantined.add(name)
            trial.reason += f" (the {describe(name)} is in quarantine for this run)"
        # A timeout is not logged as an error: the search goes on with cheaper ones.
        ran_out = outcome.status is FoldStatus.TIMEOUT
        _log.log(
            logging.INFO if ran_out else logging.WARNING,
            "Trial %d failed: %s: %s\n%s",
            trial.number,
            trial.configuration,
            trial.reason,
            outcome.details,
        )
        self._run.folder.journal.record_trial(trial)
        self._run.events(TrialFailed(trial))
        if is_out:
            names = sorted(self._quarantined)
            self._run.folder.journal.record_fact("quarantine", names)
            self._run.events(
                Notice(
                    f"The {describe(name)} is in quarantine for this run: it has "
                    f"failed {QUARANTINED_AFTER} times, and never succeeded. Last: "
                    f"{outcome.reason}",
                    "warning",
                )
            )

    def _loss(self, prediction: FloatArray, rows: Any) -> float:
        y, weight = self._target(rows)
        return self._metric.loss(y, one_column(prediction), weight)

    def _constant_losses(self) -> dict[Unit, float]:
        """Return the loss of the best constant prediction per fold."""
        data = self._run.data
        best = best_constant(
            self._metric,
            data.task.kind,
            [str(code) for code in range(data.task.n_classes)],
            [
                Part(*self._target(rows), *self._target(held_out))
                for rows, held_out in (
                    (data.folds.train(*unit), data.folds.validation(*unit))
                    for unit in data.folds.units
                )
            ],
        )
        return dict(zip(data.folds.units, best.losses, strict=True))

    def _target(self, rows: IntArray) -> tuple[Any, FloatArray | None]:
        weight = self._run.data.weight
        return self._run.data.y[rows], None if weight is None else weight[rows]

    def _report_incumbent(self, choice: Choice) -> None:
        members = tuple(
            (self.state.trials[number].configuration.label, weight)
            for number, weight in sorted(choice.weights.items(), key=lambda m: -m[1])
        )
        self._run.events(
            IncumbentChanged(choice.score, members, self._run.clock.elapsed())
        )

    def _as_score(self, loss: float) -> float:
        return 0.0 - loss if self._metric.greater_is_better else loss
