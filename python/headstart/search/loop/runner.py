"""The runner: spends the budget on fold fits.

It gets the next fold fit from the schedule, submits it to the executor, passes the
result to the ledger and stops in time. It never prints: listeners do.
"""

import logging
import math
import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace

from headstart.base import (
    FoldFit,
    FoldOutcome,
    FoldStatus,
    Origin,
    Trial,
    TrialStatus,
    complete,
)
from headstart.base.events import BudgetSpent, Notice
from headstart.base.seeds import derived_seed
from headstart.ensemble.selection import Choice, candidate_limit
from headstart.exceptions import FitError, RunFolderError, WorkerDiedError
from headstart.execution.fit_all import outcome_of
from headstart.execution.fold_fit import (
    forget_start,
    has_started,
    run_fold_fit,
    running_transform,
)
from headstart.search.loop.counted import CountedSchedule
from headstart.search.loop.ledger import Ledger
from headstart.search.loop.schedule import Schedule
from headstart.search.loop.timed import TimedSchedule
from headstart.search.propose.context import Scope
from headstart.search.propose.proposer import Proposer
from headstart.search.propose.quarantine import find_unproven
from headstart.search.run.interrupt import NotedInterrupt
from headstart.search.run.run import Run
from headstart.search.run.state import Unit

__all__ = ["Runner", "SearchResult"]

_log = logging.getLogger("headstart.search")

_TICK_SECONDS = 0.2
# Share of the time limit that one fold fit may take, but at least this many seconds.
_LONGEST_SHARE = 0.3
_SHORTEST_CAP = 2.0
# Seconds reserved for what follows a learner's deadline: predict, dump, write.
_GRACE_SECONDS = 0.35
# A fold fit is killed after its seconds, a tenth more and this.
_OVERDUE_SECONDS = 1.0
# Limit of a fold fit with a budget in trials, which only hanging learners reach.
_LONGEST_COUNTED = 1_800.0
# Proposals take up to this many seconds, so fold fits of as many seconds may wait for a
# free slot.
_WAITING_SECONDS = 0.25
_MOST_WAITING = 4
_INTERRUPTED = "interrupted"
_FOLDER_FAILED = "the run folder could not be written"
_BROKEN = "worker processes were lost"
_BASELINE_ROWS = 5_000
_BASELINE_CELLS = 400_000
_BASELINE_LEARNERS = (
    "logistic",
    "ridge",
    "extra_trees",
    "random_forest",
    "hist_gradient_boosting",
)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The trials of a search and the ensemble of the best of them.

    Parameters
    ----------
    trials : list of Trial
    choice : Choice
        The ensemble.
    reason : str
        Why the search ended.
    interrupted : bool
        Whether Ctrl-C ended it.
    elapsed : float
        Seconds of the fit when the search ended.
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
    most_seconds: float
    fold_fit: FoldFit
    started: float | None = None
    is_overdue: bool = False
    is_retry: bool = False


class Runner:
    """Runs the search of one fit.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._ledger = Ledger(run)
        self._state = self._ledger.state
        self._cost = self._ledger.cost
        self._futures: dict[Future[FoldOutcome], _Running] = {}
        # Fold fits lost with their worker; they are run again, one at a time.
        self._lost: list[tuple[Trial, Unit, bool]] = []
        self._last_report = 0.0
        self._interrupt = NotedInterrupt()

    def run(self) -> SearchResult:
        """Search until the budget is spent; return the best ensemble.

        The first Ctrl-C ends the search with the best model so far.

        Raises
        ------
        FitError
            If no trial succeeded.
        KeyboardInterrupt
            If Ctrl-C is pressed before a trial has succeeded.
        """
        self._ledger.restore()
        schedule = self._schedule()
        interrupted = False
        self._settle(schedule)
        try:
            with self._interrupt:
                reason = self._loop(schedule)
            interrupted = self._interrupt.is_set
        except KeyboardInterrupt:
            interrupted, reason = True, _INTERRUPTED
        except RunFolderError as error:
            reason = _FOLDER_FAILED
            self._keep_what_there_is(error)
        finally:
            self._cancel_running()
        if interrupted:
            if not self._state.with_results():
                raise KeyboardInterrupt
            self._run.events(Notice("Interrupted: the best model so far is kept."))
        self._ledger.close_open_trials()
        choice = self._ledger.choose()
        if choice is None:
            raise FitError(self._why_nothing())
        elapsed = self._run.clock.elapsed()
        self._run.folder.journal.record_fact("spent", elapsed)
        return SearchResult(self._state.trials, choice, reason, interrupted, elapsed)

    def _keep_what_there_is(self, error: RunFolderError) -> None:
        """End the search because the run folder can no longer be written.

        Raises
        ------
        RunFolderError
            If no trial has a result.
        """
        text = str(error)
        if not self._run.folder.is_temporary:
            text += " Finished fold fits are kept: resume=True continues with them."
        if not self._state.with_results():
            raise RunFolderError(text) from error
        self._run.folder.journal.stop()
        self._run.events(
            Notice(
                f"The search ends early with the best model so far. {text}", "warning"
            )
        )

    # -- the loop ---------------------------------------------------------------------

    def _loop(self, schedule: Schedule) -> str:
        self._fill(schedule)
        if self._run.is_timed and not self._state.with_results():
            self._fit_baseline()
            self._ledger.choose()
        while True:
            if self._interrupt.is_set:
                return _INTERRUPTED
            if self._run.clock.seconds_left() <= 0:
                return "time limit reached"
            self._run.notices.emit_new()
            if self._run.executor.broken:
                return _BROKEN
            self._fill(schedule)
            if not self._futures:
                return self._why_done(schedule)
            done, _ = wait(
                self._futures,
                timeout=min(_TICK_SECONDS, self._run.clock.seconds_left()),
                return_when=FIRST_COMPLETED,
            )
            for future in sorted(done, key=lambda f: self._futures[f].trial.number):
                self._book(future)
            self._kill_overdue()
            self._settle(schedule)
            self._report_budget()

    def _fill(self, schedule: Schedule) -> None:
        """Submit fold fits until all slots are busy and the allowed number waits."""
        if self._retry_lost():
            return
        while len(self._futures) < self._run.executor.n_slots + self._waiting_allowed():
            chosen = schedule.next()
            if chosen is None:
                return
            self._submit(*chosen)

    def _retry_lost(self) -> bool:
        """Run lost fold fits again; return True while only these are to be run.

        A fold fit that was running when its worker was lost may be the cause. It runs
        alone, so that no other fold fit is blamed if the worker is lost again.
        """
        if any(running.is_retry for running in self._futures.values()):
            return True
        while self._lost:
            trial, unit, is_suspect = self._lost[0]
            if is_suspect and self._futures:
                return True
            del self._lost[0]
            self._submit(trial, unit, is_retry=is_suspect)
            if is_suspect:
                return True
        return False

    def _waiting_allowed(self) -> int:
        """Return the number of fold fits that may wait for a free slot.

        There are enough that no worker is idle while the next proposal is computed, and
        none when time is short, since a waiting fold fit was chosen with fewer results.
        """
        if not self._run.is_timed:
            return 1
        expected = [
            self._cost.seconds(r.trial.configuration, r.trial)
            for r in self._futures.values()
        ]
        if self._run.clock.seconds_left() <= 3 * max(expected, default=0.0) + 1:
            return 0
        mean = sum(expected) / max(1, len(expected))
        return max(1, min(_MOST_WAITING, math.ceil(_WAITING_SECONDS / max(mean, 1e-3))))

    def _submit(self, trial: Trial, unit: Unit, *, is_retry: bool = False) -> None:
        if not trial.outcomes and not self._state.running.get(trial.number):
            self._ledger.open(trial)
        fold_fit = self._fold_fit(trial, unit)
        if not self._run.executor.reports_starts:
            fold_fit = replace(fold_fit, marks_start=True)
            forget_start(self._run.data.store, fold_fit.name)
        future = self._run.executor.submit(
            run_fold_fit,
            (self._run.data.store, fold_fit),
            deadline=self._run.clock.stop,
            memory_limit=self._run.memory_per_fit,
        )
        most = fold_fit.seconds
        most = _LONGEST_COUNTED if most is None else 1.1 * most + _OVERDUE_SECONDS
        self._futures[future] = _Running(trial, unit, most, fold_fit, is_retry=is_retry)
        self._state.running.setdefault(trial.number, set()).add(unit)

    def _fold_fit(self, trial: Trial, unit: Unit) -> FoldFit:
        seconds, limit = None, self._run.clock.limit
        if limit is not None:
            cap = max(_SHORTEST_CAP, _LONGEST_SHARE * limit)
            seconds = max(
                0.1, min(cap, self._run.clock.seconds_left() - _GRACE_SECONDS)
            )
        return FoldFit(
            trial.number,
            trial.configuration,
            *unit,
            seed=_seed(self._run.seed, trial.configuration.key, unit),
            threads=1,
            seconds=seconds,
            handed_over=self._run.data.handed_over,
        )

    def _book(self, future: Future[FoldOutcome]) -> None:
        running = self._futures.pop(future)
        started = self._started(future, running)
        if _is_lost(future) and (started is None or not running.is_retry):
            # For the schedule it is still running.
            self._lost.append((running.trial, running.unit, started is not None))
            return
        self._state.running[running.trial.number].discard(running.unit)
        outcome = self._with_culprit(self._outcome(future, running), running)
        self._ledger.record(running.trial, running.unit, outcome)

    def _kill_overdue(self) -> None:
        """Kill fold fits that ignored their deadline."""
        now = time.monotonic()
        for future, running in self._futures.items():
            started = self._started(future, running)
            if started is not None and now - started > running.most_seconds:
                running.is_overdue = True
                self._run.executor.kill(future)

    def _started(self, future: Future[FoldOutcome], running: _Running) -> float | None:
        """Return the time at which a fold fit started; None while it waits."""
        reported: float | None = getattr(future, "started", None)
        if reported is not None:
            return reported
        fold_fit = running.fold_fit
        if (
            running.started is None
            and fold_fit.marks_start
            and has_started(self._run.data.store, fold_fit.name)
        ):
            running.started = time.monotonic()
        return running.started

    def _outcome(self, future: Future[FoldOutcome], running: _Running) -> FoldOutcome:
        started = self._started(future, running)
        seconds = 0.0 if started is None else time.monotonic() - started
        if running.is_overdue:
            return FoldOutcome(
                FoldStatus.TIMEOUT,
                total_seconds=seconds,
                reason=f"did not stop when asked to, killed after {seconds:.1f} s",
            )
        error = None if future.cancelled() else future.exception()
        if isinstance(error, RunFolderError):
            raise error  # not caused by the learner
        return outcome_of(future, seconds)

    def _with_culprit(self, outcome: FoldOutcome, running: _Running) -> FoldOutcome:
        """Return the outcome with the transform that ran when the process ended."""
        trial = running.trial
        ended = outcome.status in (
            FoldStatus.TIMEOUT,
            FoldStatus.MEMORY,
            FoldStatus.CRASH,
        )
        if outcome.culprit or not ended or not trial.configuration.transforms:
            return outcome
        name = running.fold_fit.name
        culprit = running_transform(self._run.data.store, name)
        if not culprit:
            return outcome
        reason = f"in transform {culprit!r}: {outcome.reason}"
        return replace(outcome, culprit=culprit, reason=reason)

    def _settle(self, schedule: Schedule) -> None:
        """Close the trials that are complete, and choose the ensemble again."""
        closed = schedule.settle()
        for trial in closed:
            self._ledger.close(trial)
        if closed:
            self._run.folder.trim_views()
            if self._ledger.may_choose():
                self._ledger.choose()

    def _cancel_running(self) -> None:
        for trial, unit, _ in self._lost:
            self._state.running[trial.number].discard(unit)
        self._lost.clear()
        for future in list(self._futures):
            self._run.executor.kill(future)
        # Fold fits that finished at the same moment still count.
        for future, running in list(self._futures.items()):
            del self._futures[future]
            self._state.running[running.trial.number].discard(running.unit)
            if future.done() and not future.cancelled() and future.exception() is None:
                self._ledger.record(running.trial, running.unit, future.result())

    # -- the start --------------------------------------------------------------------

    def _schedule(self) -> Schedule:
        run, max_trials = self._run, self._run.settings.max_trials
        unproven = find_unproven(
            run.timed_learners,
            () if run.precedents is None else run.precedents.learners,
            run.transforms.transforms,
        )
        propose = Proposer(
            Scope(
                task=run.data.task,
                learners=run.timed_learners,
                state=self._state,
                transforms=run.transforms,
                seconds=self._cost.seconds,
                seed=run.seed,
                precedents=run.precedents,
                unproven=unproven,
                slow=run.plugin_clock.quarantined,
                is_timed=run.is_timed,
                max_trials=max_trials,
            )
        )
        if run.is_timed:
            return TimedSchedule(
                self._state,
                propose,
                run.clock,
                self._cost,
                run.executor.n_slots,
                max_trials,
                candidate_limit(run.data.task.n_rows),
            )
        if max_trials is None:
            raise ValueError("A run needs a time limit or a number of trials.")
        return CountedSchedule(self._state, propose, max_trials, unproven)

    def _fit_baseline(self) -> None:
        """Fit a first, small model in this process while the workers start."""
        task, learners = self._run.data.task, self._run.timed_learners
        usable = (
            name
            for name in _BASELINE_LEARNERS
            if name in learners and task.kind in learners[name].tasks
        )
        name = next(usable, None)
        if name is None:
            return
        configuration = complete(learners[name], task, {})
        trial = self._state.add(configuration, Origin.BASELINE)
        trial.status = TrialStatus.PARTIAL
        trial.reason = "baseline trial: fitted on few rows, scored on one fold"
        self._ledger.open(trial)
        unit = self._state.units[0]
        rows = min(_BASELINE_ROWS, max(200, _BASELINE_CELLS // max(1, task.n_features)))
        fold_fit = replace(self._fold_fit(trial, unit), max_rows=rows)
        assert fold_fit.seconds is not None
        fold_fit = replace(fold_fit, seconds=0.3 * fold_fit.seconds)
        outcome = run_fold_fit(self._run.data.store, fold_fit)
        self._ledger.record(trial, unit, outcome)
        if trial.fold_losses:
            self._ledger.close(trial)

    # -- reporting --------------------------------------------------------------------

    def _report_budget(self) -> None:
        elapsed = self._run.clock.elapsed()
        if elapsed - self._last_report < _TICK_SECONDS:
            return
        self._last_report = elapsed
        running = tuple(
            f"{r.trial.configuration.label} fold {r.unit[1]}"
            for r in self._futures.values()
        )
        self._run.events(BudgetSpent(elapsed, len(self._state.trials), running))

    def _why_done(self, schedule: Schedule) -> str:
        trials = self._state.trials
        if schedule.has_given_up:
            n_failed = sum(t.status is TrialStatus.FAILED for t in trials)
            return f"too many trials failed: {n_failed} of {len(trials)}"
        counted = sum(
            t.status is not TrialStatus.FAILED and not t.is_baseline for t in trials
        )
        if (
            self._run.settings.max_trials is not None
            and counted >= self._run.settings.max_trials
        ):
            return "all trials done"
        if self._run.is_timed:
            return "no further trial fits into the remaining time"
        return "no further configuration to evaluate"

    def _why_nothing(self) -> str:
        lines = [
            f"- {t.configuration}: {t.reason or 'no fold finished in time'}"
            for t in self._state.trials
        ]
        if self._run.executor.broken:
            lines.append(f"- the search ended, because {self._run.executor.broken}")
        listed = "\n".join(lines) or "- nothing was started: the limit is too short"
        return (
            "No trial succeeded, so there is no model. Trials:\n"
            f"{listed}\nhint: use a longer time_limit or other learners, or fix the "
            "causes listed above."
        )


def _is_lost(future: Future[FoldOutcome]) -> bool:
    """Return whether a fold fit was lost with the worker or executor that had it."""
    error = None if future.cancelled() else future.exception()
    return isinstance(error, WorkerDiedError) and error.kind == "lost"


def _seed(seed: int, key: str, unit: Unit) -> int:
    return derived_seed(f"{seed}-{key}-{unit[0]}-{unit[1]}")
