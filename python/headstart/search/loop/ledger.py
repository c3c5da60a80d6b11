"""The ledger: what is known of a run, booked in one order.

Results are in files already; the ledger takes them into the out-of-fold store, the
trial and the journal, and tells listeners.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from headstart.base import (
    FloatArray,
    FoldFit,
    FoldOutcome,
    FoldStatus,
    IntArray,
    Learner,
    Trial,
    TrialStatus,
)
from headstart.base.events import (
    Emitter,
    FoldFitFinished,
    IncumbentChanged,
    Notice,
    TrialFailed,
    TrialFinished,
    TrialStarted,
)
from headstart.ensemble.selection import Choice, choose_members
from headstart.execution.fit_data import FitData
from headstart.metrics import Metric
from headstart.metrics.constant import Part, best_constant
from headstart.search.loop.cost import CostModel
from headstart.search.loop.state import RunState, Unit
from headstart.search.propose.available import OfferedTransforms
from headstart.search.propose.quarantine import (
    BENCHED_AFTER,
    benched,
    blamed,
    described,
)
from headstart.search.run.clock import Clock
from headstart.search.run.folder import RunFolder
from headstart.validation import OutOfFoldStore

__all__ = ["Ledger"]

_log = logging.getLogger("headstart.search")

# Share of the time spent that may go to ensembles while trials run.
_ENSEMBLE_SHARE = 0.03


class Ledger:
    """Books trials, fold fits and ensembles of one run.

    Parameters
    ----------
    data : FitData
    folder : RunFolder
    metric : Metric
    learners : mapping of str to Learner
    clock : Clock
    emit : Emitter
    offered : OfferedTransforms or None

    Attributes
    ----------
    state : RunState
    cost : CostModel
    """

    def __init__(
        self,
        data: FitData,
        folder: RunFolder,
        metric: Metric,
        learners: Mapping[str, Learner],
        clock: Clock,
        emit: Emitter,
        offered: OfferedTransforms | None = None,
    ) -> None:
        self._data = data
        self._folder = folder
        self._metric = metric
        self._learners = learners
        self._clock = clock
        self._emit = emit
        folds = data.folds
        self.state = RunState(
            units=folds.units,
            n_folds=folds.n_complete,
            constant=self._constant_losses(),
        )
        self.cost = CostModel(
            data.task,
            learners,
            folds.train(*folds.units[0]).size,
            learns=clock.limit is not None,
            offered=offered,
        )
        self._store = OutOfFoldStore(folds, data.task.n_outputs)
        self._ensemble_seconds = 0.0
        self._incumbent: float | None = None
        self._benched: set[str] = set()

    def restore(self) -> None:
        """Take over what an interrupted run left in the folder."""
        for trial in self._folder.journal.trials():
            self.state.trials.append(trial)
            journalled = dict(trial.outcomes)
            for unit in self.state.units:
                outcome = self._folder.finished(
                    FoldFit(trial.number, trial.configuration, *unit, seed=0)
                )
                if outcome is not None:
                    if journalled.get(unit, outcome).status is FoldStatus.OK:
                        self.record(trial, unit, outcome)
                elif trial.fold_losses.pop(unit, None) is not None:
                    # Its files are not whole: what the journal says of it is void.
                    del trial.outcomes[unit]
                    if trial.status is TrialStatus.DONE:
                        trial.status = TrialStatus.RUNNING
            if trial.status is TrialStatus.PARTIAL and trial.origin != "floor":
                trial.status, trial.reason = TrialStatus.RUNNING, ""
        if self.state.trials:
            n_fits = sum(len(t.fold_losses) for t in self.state.trials)
            self._emit(
                Notice(
                    f"Resumed: {len(self.state.trials)} trials with {n_fits} "
                    f"finished fold fits, {self._clock.spent_before:.0f} s spent."
                )
            )

    def open(self, trial: Trial) -> None:
        """Book that a trial's first fold fit is about to start."""
        self._folder.journal.record_trial(trial)
        self._emit(TrialStarted(trial))

    def record(self, trial: Trial, unit: Unit, outcome: FoldOutcome) -> None:
        """Book a fold fit: store, trial, journal, listeners, in this order."""
        if outcome.status is FoldStatus.CANCELLED or (
            outcome.status is FoldStatus.TIMEOUT
            and self._clock.seconds_left() <= 0
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
            if trial.origin != "floor":
                self.cost.observe(trial.configuration, outcome.total_seconds)
            if is_new:
                name = FoldFit(trial.number, trial.configuration, *unit, seed=0).name
                self._folder.sync(name, outcome)
        self._folder.journal.record_fit(
            trial, *unit, outcome, loss, spent=self._clock.elapsed()
        )
        self._emit(FoldFitFinished(trial, *unit, outcome))

    def close(self, trial: Trial) -> None:
        """Book that a trial has all the folds it will get."""
        trial.loss = trial.mean_loss
        self._folder.journal.record_trial(trial)
        if trial.loss is not None:
            self._emit(TrialFinished(trial, self._as_score(trial.loss)))

    def close_open_trials(self) -> None:
        """Book that no more fold fits will come."""
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
        """Return the best ensemble of what there is, and tell if it is new."""
        began = time.monotonic()
        choice = choose_members(
            self.state.with_results(),
            self._store,
            self._data.folds,
            self._data.y,
            self._data.weight,
            self._metric,
            self._learners,
            self.state.constant,
            self._data.dependence,
        )
        self._clock.choice_seconds = time.monotonic() - began
        self._ensemble_seconds += self._clock.choice_seconds
        if choice is not None and choice.score != self._incumbent:
            self._incumbent = choice.score
            self._tell_incumbent(choice)
        return choice

    def may_choose(self) -> bool:
        """Whether ensembles have taken little enough of the time so far."""
        if self._clock.choice_seconds > self._clock.seconds_left():
            return False
        return self._ensemble_seconds <= _ENSEMBLE_SHARE * self._clock.elapsed()

    def _score(
        self, trial: Trial, unit: Unit, outcome: FoldOutcome
    ) -> tuple[float | None, FoldOutcome]:
        """Take predictions into the store; return their loss."""
        rows = self._data.folds.validation(*unit)
        try:
            name = FoldFit(trial.number, trial.configuration, *unit, seed=0).name
            prediction = self._folder.prediction(name)
            loss = self._loss(prediction, rows)
            self._store.add(trial.number, *unit, prediction)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            return None, replace(outcome, status=FoldStatus.ERROR, reason=reason)
        if not np.isfinite(loss):
            reason = f"the metric {self._metric.name!r} gave {loss}"
            return None, replace(outcome, status=FoldStatus.ERROR, reason=reason)
        return loss, outcome

    def _fail(self, trial: Trial, unit: Unit, outcome: FoldOutcome) -> None:
        if trial.status is TrialStatus.FAILED:
            return
        trial.status = TrialStatus.FAILED
        trial.reason = f"{outcome.status.value} on fold {unit[1]}: {outcome.reason}"
        name = blamed(trial)
        who = described(name)
        is_out = name in benched(self.state.trials) and name not in self._benched
        if is_out:
            self._benched.add(name)
            trial.reason += f" (the {who} is benched for this run)"
        # What ran out of its time is no fault: the search goes on with quicker ones.
        ran_out = outcome.status is FoldStatus.TIMEOUT
        _log.log(
            logging.INFO if ran_out else logging.WARNING,
            "Trial %d failed: %s: %s\n%s",
            trial.number,
            trial.configuration,
            trial.reason,
            outcome.details,
        )
        self._folder.journal.record_trial(trial)
        self._emit(TrialFailed(trial))
        if is_out:
            self._folder.journal.record_fact("benched", sorted(self._benched))
            self._emit(
                Notice(
                    f"The {who} is benched for this run: it has failed "
                    f"{BENCHED_AFTER} times, and never succeeded. Last: "
                    f"{outcome.reason}",
                    "warning",
                )
            )

    def _loss(self, prediction: FloatArray, rows: Any) -> float:
        y, weight = self._target(rows)
        return self._metric.loss(
            y, prediction[:, 0] if prediction.shape[1] == 1 else prediction, weight
        )

    def _constant_losses(self) -> dict[Unit, float]:
        """Return the loss of the best constant prediction, for every fold."""
        data = self._data
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
        weight = self._data.weight
        return self._data.y[rows], None if weight is None else weight[rows]

    def _tell_incumbent(self, choice: Choice) -> None:
        members = tuple(
            (self.state.trials[number].configuration.label, weight)
            for number, weight in sorted(choice.weights.items(), key=lambda m: -m[1])
        )
        self._emit(IncumbentChanged(choice.score, members, self._clock.elapsed()))

    def _as_score(self, loss: float) -> float:
        return -loss if self._metric.greater_is_better else loss
