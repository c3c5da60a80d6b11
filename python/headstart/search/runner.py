"""The runner: spends the budget, one fold fit after another.

It asks the schedule what to run, hands it to the executor, books the result (files,
then journal, then out-of-fold store), and stops in time. It never prints: listeners
do.
"""

import hashlib
import logging
import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headstart.base import (
    FloatArray,
    FoldFit,
    FoldOutcome,
    FoldStatus,
    Learner,
    Task,
    TaskKind,
    Trial,
    TrialStatus,
)
from headstart.base.events import (
    BudgetSpent,
    Emitter,
    FoldFitFinished,
    IncumbentChanged,
    Notice,
    RunFinished,
    TrialFailed,
    TrialFinished,
    TrialStarted,
)
from headstart.exceptions import FitError, WorkerDiedError
from headstart.execution import FoldFitExecutor
from headstart.execution.fit_data import FitData
from headstart.execution.fold_fit import run_fold_fit
from headstart.metrics import Metric
from headstart.search.clock import Clock
from headstart.search.cost import CostModel
from headstart.search.portfolio import complete
from headstart.search.proposer import PortfolioThenSampler
from headstart.search.run_folder import RunFolder
from headstart.search.schedule import CountedSchedule, Schedule, TimedSchedule
from headstart.search.selection import Choice, choose_members
from headstart.search.state import RunState, Unit
from headstart.validation import OutOfFoldStore

__all__ = ["Limits", "Runner", "SearchResult"]

_log = logging.getLogger("headstart.search")

_TICK_SECONDS = 0.2
# Share of the time spent that may go to ensembles while trials run.
_ENSEMBLE_SHARE = 0.03
# A fold fit is asked to stop after this share of the limit, and killed at the stop.
_LONGEST_SHARE = 0.3
_SHORTEST_CAP = 2.0
# Left to a learner that stops at its deadline: predict, dump, write.
_GRACE_SECONDS = 0.35
# A fold fit that takes no notice is killed this much after a quarter more than that.
_OVERDUE_SECONDS = 2.0
# Where work is counted nothing depends on time, but a learner that hangs must end.
_LONGEST_COUNTED = 1_800.0
_FLOOR_ROWS = 5_000
_FLOOR_CELLS = 400_000
_FLOOR_LEARNERS = (
    "logistic",
    "ridge",
    "extra_trees",
    "random_forest",
    "hist_gradient_boosting",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may spend besides time.

    Parameters
    ----------
    max_trials : int or None
    memory_per_fit : int or None
        Resident bytes of one worker above which its fold fit is stopped.
    """

    max_trials: int | None = None
    memory_per_fit: int | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Parameters
    ----------
    trials : list of Trial
    choice : Choice
        The ensemble.
    reason : str
        Why the search ended.
    interrupted : bool
        Whether Ctrl-C ended it.
    """

    trials: list[Trial]
    choice: Choice
    reason: str
    interrupted: bool
    elapsed: float


@dataclass(slots=True)
class _Running:
    trial: Trial
    unit: Unit
    began: float
    most_seconds: float
    is_overdue: bool = False


class Runner:
    """Runs the search of one fit.

    Parameters
    ----------
    data : FitData
        Written to the run folder already.
    folder : RunFolder
    executor : FoldFitExecutor
    metric : Metric
    learners : mapping of str to Learner
        Those to search over.
    clock : Clock
    limits : Limits
    emit : Emitter
    seed : int
    """

    def __init__(
        self,
        data: FitData,
        folder: RunFolder,
        executor: FoldFitExecutor,
        metric: Metric,
        learners: Mapping[str, Learner],
        clock: Clock,
        limits: Limits,
        emit: Emitter,
        *,
        seed: int,
    ) -> None:
        self._data = data
        self._folder = folder
        self._executor = executor
        self._metric = metric
        self._learners = learners
        self._clock = clock
        self._limits = limits
        self._emit = emit
        self._seed = seed
        folds = data.folds
        self._state = RunState(
            units=[
                (r, f) for r in range(folds.n_repeats) for f in range(folds.n_folds)
            ],
            n_folds=folds.n_folds,
            constant=self._constant_losses(),
        )
        self._store = OutOfFoldStore(folds, data.task.n_outputs)
        self._cost = CostModel(
            data.task,
            learners,
            folds.train(0, 0).size,
            learns=clock.limit is not None,
        )
        self._futures: dict[Future[FoldOutcome], _Running] = {}
        self._ensemble_seconds = 0.0
        self._incumbent: float | None = None
        self._spent_told = 0.0

    def run(self) -> SearchResult:
        """Search until the budget is spent; return the best ensemble.

        The first Ctrl-C ends the search with what there is.

        Raises
        ------
        FitError
            If no trial succeeded.
        KeyboardInterrupt
            If Ctrl-C came before any trial had succeeded.
        """
        self._restore()
        schedule = self._schedule()
        interrupted = False
        self._settle(schedule)
        try:
            reason = self._loop(schedule)
        except KeyboardInterrupt:
            if not self._state.with_results():
                raise
            interrupted = True
            reason = "interrupted"
            self._emit(Notice("Interrupted: the best model so far is kept."))
        finally:
            self._cancel_running()
        self._close_open_trials()
        choice = self._choose()
        if choice is None:
            raise FitError(self._why_nothing())
        self._tell_incumbent(choice)
        elapsed = self._clock.elapsed()
        self._folder.journal.record_fact("spent", elapsed)
        return SearchResult(self._state.trials, choice, reason, interrupted, elapsed)

    def finish(self, result: SearchResult) -> None:
        """Tell listeners that the fit is over."""
        failed = sum(t.status is TrialStatus.FAILED for t in result.trials)
        self._emit(
            RunFinished(
                self._clock.elapsed(),
                len(result.trials),
                failed,
                result.choice.score,
                result.reason,
            )
        )

    # -- the loop ---------------------------------------------------------------------

    def _loop(self, schedule: Schedule) -> str:
        self._fill(schedule)
        if self._clock.limit is not None and not self._state.with_results():
            self._fit_floor()
        while True:
            if self._clock.seconds_left() <= 0:
                return "time limit reached"
            self._fill(schedule)
            if not self._futures:
                return self._why_done()
            done, _ = wait(
                self._futures,
                timeout=min(_TICK_SECONDS, self._clock.seconds_left()),
                return_when=FIRST_COMPLETED,
            )
            for future in sorted(done, key=lambda f: self._futures[f].trial.number):
                self._book(future)
            self._kill_overdue()
            self._settle(schedule)
            self._tell_spent()

    def _fill(self, schedule: Schedule) -> None:
        """Keep every slot busy, with one more waiting while there is time enough."""
        while len(self._futures) < self._executor.n_slots + self._waiting_allowed():
            chosen = schedule.next()
            if chosen is None:
                return
            self._submit(*chosen)

    def _waiting_allowed(self) -> int:
        if self._clock.limit is None:
            return 1
        longest = max(
            (
                self._cost.seconds(r.trial.configuration, r.trial)
                for r in self._futures.values()
            ),
            default=0.0,
        )
        return int(self._clock.seconds_left() > 3 * longest + 1)

    def _submit(self, trial: Trial, unit: Unit) -> None:
        if not trial.outcomes and not self._state.running.get(trial.number):
            self._folder.journal.record_trial(trial)
            self._emit(TrialStarted(trial))
        fold_fit = self._fold_fit(trial, unit)
        future = self._executor.submit(
            run_fold_fit,
            (str(self._folder.path), fold_fit),
            deadline=self._clock.stop,
            memory_limit=self._limits.memory_per_fit,
        )
        most = fold_fit.seconds
        most = _LONGEST_COUNTED if most is None else 1.25 * most + _OVERDUE_SECONDS
        self._futures[future] = _Running(trial, unit, time.monotonic(), most)
        self._state.running.setdefault(trial.number, set()).add(unit)

    def _fold_fit(self, trial: Trial, unit: Unit) -> FoldFit:
        seconds = None
        if self._clock.limit is not None:
            cap = max(_SHORTEST_CAP, _LONGEST_SHARE * self._clock.limit)
            seconds = max(0.1, min(cap, self._clock.seconds_left() - _GRACE_SECONDS))
        return FoldFit(
            trial.number,
            trial.configuration,
            *unit,
            seed=_seed(self._seed, trial.configuration.key, unit),
            threads=1,
            seconds=seconds,
        )

    def _book(self, future: Future[FoldOutcome]) -> None:
        running = self._futures.pop(future)
        self._state.running[running.trial.number].discard(running.unit)
        self._record(running.trial, running.unit, self._outcome(future, running))

    def _kill_overdue(self) -> None:
        """Kill fold fits that took no notice of their deadline."""
        now = time.monotonic()
        for future, running in self._futures.items():
            started = getattr(future, "started", None)
            if started is not None and now - started > running.most_seconds:
                running.is_overdue = True
                self._executor.kill(future)

    def _outcome(self, future: Future[FoldOutcome], running: _Running) -> FoldOutcome:
        seconds = time.monotonic() - running.began
        if running.is_overdue:
            return FoldOutcome(
                FoldStatus.TIMEOUT,
                total_seconds=seconds,
                reason=f"did not stop when asked to, killed after {seconds:.1f} s",
            )
        if future.cancelled():
            return FoldOutcome(FoldStatus.CANCELLED, total_seconds=seconds)
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, WorkerDiedError):
            return FoldOutcome(
                FoldStatus(error.kind),
                total_seconds=seconds,
                reason=str(error),
                details=error.details,
            )
        return FoldOutcome(
            FoldStatus.ERROR,
            total_seconds=seconds,
            reason=f"{type(error).__name__}: {error}",
        )

    def _record(self, trial: Trial, unit: Unit, outcome: FoldOutcome) -> None:
        """Book a fold fit: store, trial, journal, listeners, in this order."""
        if outcome.status is FoldStatus.CANCELLED or (
            outcome.status is FoldStatus.TIMEOUT
            and self._clock.seconds_left() <= 0
            and not outcome.reason.startswith("did not stop")
        ):
            return  # The run ended, not the trial.
        loss = None
        if outcome.status is FoldStatus.OK:
            loss, outcome = self._score(trial, unit, outcome)
        trial.outcomes[unit] = outcome
        if loss is None:
            self._fail(trial, unit, outcome)
        else:
            trial.fold_losses[unit] = loss
            if trial.origin != "floor":
                self._cost.observe(trial.configuration, outcome.total_seconds)
        self._folder.journal.record_fit(
            trial, *unit, outcome, loss, spent=self._clock.elapsed()
        )
        self._emit(FoldFitFinished(trial, *unit, outcome))

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
        _log.warning(
            "Trial %d failed: %s: %s\n%s",
            trial.number,
            trial.configuration,
            trial.reason,
            outcome.details,
        )
        self._folder.journal.record_trial(trial)
        self._emit(TrialFailed(trial))

    def _settle(self, schedule: Schedule) -> None:
        """Close trials that have all they will get; look at the ensemble."""
        closed = schedule.settle()
        for trial in closed:
            self._close(trial)
        if closed:
            self._folder.trim_views()
        elapsed = self._clock.elapsed()
        if closed and self._ensemble_seconds <= _ENSEMBLE_SHARE * elapsed:
            choice = self._choose()
            if choice is not None:
                self._tell_incumbent(choice)

    def _close(self, trial: Trial) -> None:
        losses = [trial.fold_losses[unit] for unit in sorted(trial.fold_losses)]
        trial.loss = float(np.mean(losses))
        self._folder.journal.record_trial(trial)
        self._emit(TrialFinished(trial, self._as_score(trial.loss)))

    def _close_open_trials(self) -> None:
        for trial in self._state.trials:
            if trial.status is not TrialStatus.RUNNING:
                continue
            trial.status = (
                TrialStatus.DONE
                if self._state.is_complete(trial)
                else TrialStatus.PARTIAL
            )
            if trial.status is TrialStatus.PARTIAL:
                trial.reason = "the budget ended before its last fold"
            if trial.fold_losses:
                self._close(trial)
            else:
                self._folder.journal.record_trial(trial)

    def _cancel_running(self) -> None:
        for future in list(self._futures):
            self._executor.kill(future)
        # What finished in the same instant still counts.
        for future, running in list(self._futures.items()):
            del self._futures[future]
            self._state.running[running.trial.number].discard(running.unit)
            if future.done() and not future.cancelled() and future.exception() is None:
                self._record(running.trial, running.unit, future.result())

    # -- the start --------------------------------------------------------------------

    def _schedule(self) -> Schedule:
        proposer = PortfolioThenSampler(
            self._data.task, self._learners, self._state, seed=self._seed
        )
        if self._clock.limit is None:
            if self._limits.max_trials is None:
                raise ValueError("A run needs a time limit or a number of trials.")
            return CountedSchedule(self._state, proposer, self._limits.max_trials)
        return TimedSchedule(
            self._state,
            proposer,
            self._clock,
            self._cost,
            self._executor.n_slots,
            self._limits.max_trials,
        )

    def _restore(self) -> None:
        """Take over what an interrupted run left in the folder."""
        files = self._folder.finished_fits()
        for trial in self._folder.journal.trials():
            self._state.trials.append(trial)
            journalled = dict(trial.outcomes)
            for unit in self._state.units:
                name = FoldFit(trial.number, trial.configuration, *unit, seed=0).name
                if name not in files:
                    continue
                outcome = journalled.get(unit, files[name])
                if outcome.status is FoldStatus.OK:
                    self._record(trial, unit, files[name])
            if trial.status is TrialStatus.PARTIAL and trial.origin != "floor":
                trial.status, trial.reason = TrialStatus.RUNNING, ""
        if self._state.trials:
            n_fits = sum(len(t.fold_losses) for t in self._state.trials)
            self._emit(
                Notice(
                    f"Resumed: {len(self._state.trials)} trials with {n_fits} "
                    f"finished fold fits, {self._clock.spent_before:.0f} s spent."
                )
            )

    def _fit_floor(self) -> None:
        """Fit a first, small model here while the workers start."""
        task = self._data.task
        name = next(
            (
                n
                for n in _FLOOR_LEARNERS
                if n in self._learners and task.kind in self._learners[n].tasks
            ),
            None,
        )
        if name is None:
            return
        configuration = complete(self._learners[name], task, {})
        trial = self._state.add(configuration, "floor")
        trial.status = TrialStatus.PARTIAL
        trial.reason = "the floor: few rows, one fold"
        self._folder.journal.record_trial(trial)
        unit = self._state.units[0]
        rows = min(_FLOOR_ROWS, max(200, _FLOOR_CELLS // max(1, task.n_features)))
        fold_fit = replace(self._fold_fit(trial, unit), max_rows=rows)
        assert fold_fit.seconds is not None
        fold_fit = replace(fold_fit, seconds=0.3 * fold_fit.seconds)
        self._record(trial, unit, run_fold_fit(str(self._folder.path), fold_fit))
        if trial.fold_losses:
            self._close(trial)

    # -- scores -----------------------------------------------------------------------

    def _loss(self, prediction: FloatArray, rows: Any) -> float:
        weight = self._data.weight
        return self._metric.loss(
            self._data.y[rows],
            prediction[:, 0] if prediction.shape[1] == 1 else prediction,
            None if weight is None else weight[rows],
        )

    def _constant_losses(self) -> dict[Unit, float]:
        """Loss of predicting the training mean or class shares, for every fold."""
        data, found = self._data, {}
        for repeat in range(data.folds.n_repeats):
            for fold in range(data.folds.n_folds):
                train = data.folds.train(repeat, fold)
                rows = data.folds.validation(repeat, fold)
                flat = constant_prediction(
                    data.task,
                    data.y[train],
                    None if data.weight is None else data.weight[train],
                )
                found[repeat, fold] = self._loss(np.tile(flat, (rows.size, 1)), rows)
        return found

    def _choose(self) -> Choice | None:
        began = time.monotonic()
        choice = choose_members(
            self._state.with_results(),
            self._store,
            self._data.folds,
            self._data.y,
            self._data.weight,
            self._metric,
            self._learners,
            self._state.constant,
        )
        self._ensemble_seconds += time.monotonic() - began
        return choice

    def _as_score(self, loss: float) -> float:
        return -loss if self._metric.greater_is_better else loss

    # -- telling ----------------------------------------------------------------------

    def _tell_incumbent(self, choice: Choice) -> None:
        if choice.score == self._incumbent:
            return
        self._incumbent = choice.score
        members = tuple(
            (self._state.trials[number].configuration.learner, weight)
            for number, weight in sorted(choice.weights.items(), key=lambda m: -m[1])
        )
        self._emit(IncumbentChanged(choice.score, members, self._clock.elapsed()))

    def _tell_spent(self) -> None:
        elapsed = self._clock.elapsed()
        if elapsed - self._spent_told < _TICK_SECONDS:
            return
        self._spent_told = elapsed
        running = tuple(
            f"{r.trial.configuration.learner} fold {r.unit[1]}"
            for r in self._futures.values()
        )
        self._emit(BudgetSpent(elapsed, len(self._state.trials), running))

    def _why_done(self) -> str:
        trials = self._state.trials
        counted = sum(
            t.status is not TrialStatus.FAILED and t.origin != "floor" for t in trials
        )
        if self._limits.max_trials is not None and counted >= self._limits.max_trials:
            return "all trials done"
        if self._clock.limit is not None:
            return "nothing more fits into the time left"
        return "nothing left to try"

    def _why_nothing(self) -> str:
        lines = [
            f"- {t.configuration}: {t.reason or 'no fold finished in time'}"
            for t in self._state.trials
        ]
        listed = "\n".join(lines) or "- nothing was started: the limit is too short"
        return (
            "No trial succeeded, so there is no model. What was tried:\n"
            f"{listed}\nhint: a longer time_limit, other learners, or look at the "
            "reasons above."
        )


def constant_prediction(
    task: Task, y: FloatArray, weight: FloatArray | None
) -> FloatArray:
    """Return the constant that predicts `y` best: one row, n_outputs columns."""
    if task.kind is TaskKind.REGRESSION:
        return np.array([[np.average(y, weights=weight)]])
    counts = np.bincount(y.astype(np.int64), weights=weight, minlength=task.n_classes)
    shares: FloatArray = counts / counts.sum()
    return shares[None, 1:2] if task.kind is TaskKind.BINARY else shares[None, :]


def _seed(seed: int, key: str, unit: Unit) -> int:
    digest = hashlib.sha256(f"{seed}-{key}-{unit[0]}-{unit[1]}".encode()).digest()
    return int.from_bytes(digest[:4], "little") >> 1
