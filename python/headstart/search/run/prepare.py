"""The preparation of a run: data, folds, run folder and workers of a fit's search."""

import importlib
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace

import polars as pl

from headstart.base import Learner
from headstart.base.events import Emitter, Notice, RunStarted, TableInspected
from headstart.exceptions import FitError
from headstart.execution import FoldFitExecutor, open_executor
from headstart.execution.fit_data import (
    FitData,
    forget_fit_data,
    stored_folds,
    write_fit_data,
)
from headstart.execution.fold_fit import run_fold_fit
from headstart.facts import FindingFact
from headstart.facts.records import to_record
from headstart.machine.places import is_url
from headstart.meta.store import own_base_place
from headstart.plugins import load_plugins, plugin_environment, select_transforms
from headstart.search.inspection import TableInspection, inspect_problem
from headstart.search.learning import FACT, describe_problem
from headstart.search.propose.available import AvailableTransforms, find_available
from headstart.search.propose.portfolio import usable_learners
from headstart.search.propose.precedents import find_precedents
from headstart.search.propose.quarantine import PluginClock
from headstart.search.run.clock import Clock, clock_ahead
from headstart.search.run.folder import RunFolder
from headstart.search.run.folds import brings_splitter, choose_folds, dependence_of
from headstart.search.run.handover import own_items, plugin_files
from headstart.search.run.history import History
from headstart.search.run.identity import identity_of
from headstart.search.run.listening import ExecutorNotices, add_listeners, run_facts
from headstart.search.run.problem import Problem, read_problem
from headstart.search.run.run import Run
from headstart.search.run.settings import FitRequest, FitSettings
from headstart.tables import summarize
from headstart.validation import Folds

__all__ = ["prepare"]

# Largest share of the time limit that is reserved for a refit on all rows.
_REFIT_SHARE = 0.35
# Shortest time limit in which time is reserved for an analysis.
_SHORTEST_ANALYSED = 8.0


def prepare(request: FitRequest) -> Run:
    """Read the data of a fit, open its run folder and workers; return the run.

    Raises
    ------
    HeadstartError
        If the data or the settings are invalid.
    """
    started = time.monotonic() if request.started is None else request.started
    ahead_at_start = clock_ahead()
    settings = request.settings
    settings.check()
    events = Emitter(request.listeners)
    if notice := settings.memory_notice():
        events(Notice(notice, "warning"))
    with ExitStack() as resources:
        # Workers start while the table is read.
        executor = resources.enter_context(closing(_open_executor(settings)))
        timed = settings.time_limit is not None
        plugin_clock = resources.enter_context(
            closing(PluginClock(events, quarantines=timed))
        )
        if settings.learn:
            # Its imports take a second, which must not be spent after the time limit.
            importlib.import_module("headstart.meta.store.sql.engine")
        problem = read_problem(
            settings,
            request.X,
            request.y,
            classification=request.classification,
            sample_weight=request.sample_weight,
            groups=request.groups,
        )
        learners = _usable_learners(settings, problem, plugin_clock, events)
        transforms = _available_transforms(
            settings, problem, learners, plugin_clock, events
        )
        inspection = inspect_problem(
            problem, request.target_column, time_limit=settings.time_limit
        )
        _emit_findings(problem, inspection, events)
        # This process caches the data of fold fits that run in it.
        resources.callback(forget_fit_data)
        folder = resources.enter_context(
            closing(RunFolder(settings.run_dir, resume=settings.resume))
        )
        claim = _claim(folder, settings, problem, learners, transforms, executor)
        refits = settings.refits(claim.folds)
        clock = Clock(
            settings.time_limit,
            spent_before=float(folder.journal.fact("spent") or 0.0),
            started=started,
            reserve_share=_REFIT_SHARE if refits else 0.0,
            keeps_for_analysis=request.analyse is not None
            and (settings.time_limit or 0.0) >= _SHORTEST_ANALYSED,
            keeps_for_learning=settings.learn and is_url(own_base_place()),
            ahead_at_start=ahead_at_start,
        )
        data = _write_data(folder, settings, problem, learners, transforms, claim)
        notices = _announce(
            settings, problem, learners, data, executor, events, plugin_clock
        )
        _warn_of_memory(folder, events)
        precedents, notes = find_precedents(
            problem,
            learners,
            seed=claim.seed,
            learns_seconds=timed,
            transforms=transforms,
            deadline=clock.lookup_end,
        )
        for line in notes:
            events(Notice(line))
        _note_ignored_weights(problem, learners, events)
        history = History(clock)
        history.end_stage("preparation")
        events.add(history)
        return Run(
            settings=settings,
            problem=problem,
            learners=learners,
            transforms=transforms,
            data=data,
            folder=folder,
            executor=executor,
            clock=clock,
            seed=claim.seed,
            events=events,
            plugin_clock=plugin_clock,
            notices=notices,
            history=history,
            precedents=precedents,
            notes=tuple(notes),
            inspection=inspection,
            memory_per_fit=settings.memory_per_fit(folder.bytes_in_memory),
            refits=refits,
            resources=resources.pop_all(),
        )


def _open_executor(settings: FitSettings) -> FoldFitExecutor:
    return open_executor(
        settings.cores(),
        settings.executor,
        warm=("polars", run_fold_fit.__module__),
        environment=plugin_environment(),
    )


def _usable_learners(
    settings: FitSettings, problem: Problem, plugin_clock: PluginClock, events: Emitter
) -> dict[str, Learner]:
    """Return the learners to search over, without those whose hints fail.

    Raises
    ------
    FitError
        If none is left.
    """
    learners = load_plugins().select(settings.learners, problem.task.kind)
    usable, problems = usable_learners(
        problem.task, plugin_clock.timed(learners, "learners")
    )
    for line in problems:
        events(Notice(line, "warning"))
    if not usable:
        raise FitError("No learner can be used.\n" + "\n".join(problems))
    return {name: learners[name] for name in usable}


def _available_transforms(
    settings: FitSettings,
    problem: Problem,
    learners: Mapping[str, Learner],
    plugin_clock: PluginClock,
    events: Emitter,
) -> AvailableTransforms:
    """Return the transforms that the search may choose for the table."""
    selected = select_transforms(load_plugins(), settings.transforms, problem.task.kind)
    named = settings.named_transforms()
    available, problems = find_available(
        problem.task,
        summarize(problem.schema),
        plugin_clock.timed(selected, "transforms"),
        named=named,
    )
    # Workers and models receive the transforms without timed hints.
    available = replace(
        available, transforms={name: selected[name] for name in available.transforms}
    )
    lines = list(problems.values())
    lines += [
        f"Transform {name!r} is not evaluated: it applies to no column of the table, "
        "or the table has too many rows."
        for name in named
        if name not in available.transforms and name not in problems
    ]
    allowed = {
        name
        for learner in learners.values()
        for name in available.before(
            learner.search_space(problem.task).default
        ).transforms
    }
    lines += [
        f"Transform {name!r} is not evaluated: it applies to a column in which every "
        "learner must be monotone, and its output has no monotone constraint."
        for name in sorted(available.named - allowed)
    ]
    for line in lines:
        events(Notice(line, "warning"))
    return available


@dataclass(frozen=True, slots=True)
class _Claim:
    """A run folder's seed and folds, and the raw texts that fold fits read."""

    seed: int
    folds: Folds
    texts: pl.DataFrame | None


def _claim(
    folder: RunFolder,
    settings: FitSettings,
    problem: Problem,
    learners: Mapping[str, Learner],
    transforms: AvailableTransforms,
    executor: FoldFitExecutor,
) -> _Claim:
    """Store the run's identity in its folder, or check that it is the same.

    A resumed run keeps its seed and folds, even if its time limit differs.
    """
    texts = problem.schema.read_texts(problem.frame) if transforms.reads_text else None
    journal = folder.journal
    seed = None if journal.fact("identity") is None else journal.fact("seed")
    if seed is None:
        seed = settings.seed()
        journal.record_fact("seed", seed)
    stored = stored_folds(folder.store)
    folds = stored
    if folds is None or brings_splitter(settings.validation):
        folds = choose_folds(settings, problem, learners, executor.n_slots, seed)
    folder.claim(
        identity_of(
            settings,
            problem,
            learners,
            transforms.transforms,
            texts=texts,
            folds=folds,
            seed=seed,
        )
    )
    if settings.learn or not folder.is_temporary:
        journal.record_fact(FACT, describe_problem(problem, seed=seed))
    return _Claim(seed, stored or folds, texts)


def _write_data(
    folder: RunFolder,
    settings: FitSettings,
    problem: Problem,
    learners: Mapping[str, Learner],
    transforms: AvailableTransforms,
    claim: _Claim,
) -> FitData:
    data = FitData(
        store=folder.store,
        task=problem.task,
        schema=problem.schema,
        table=problem.table,
        y=problem.y,
        weight=problem.weight,
        folds=claim.folds,
        learners=own_items(learners, "learners"),
        transforms=own_items(transforms.transforms, "transforms"),
        texts=claim.texts,
        seed=claim.seed,
        dependence=dependence_of(settings, problem, claim.folds),
    )
    files = {
        **plugin_files(learners, "learners"),
        **plugin_files(transforms.transforms, "transforms"),
    }
    return write_fit_data(data, files)


def _announce(
    settings: FitSettings,
    problem: Problem,
    learners: Mapping[str, Learner],
    data: FitData,
    executor: FoldFitExecutor,
    events: Emitter,
    plugin_clock: PluginClock,
) -> ExecutorNotices:
    """Send the start of the run to all listeners, including those of plugins."""
    facts = run_facts(settings, problem, learners, data.folds, executor.n_slots)
    add_listeners(load_plugins(), facts, events, plugin_clock)
    events(
        RunStarted(
            task=problem.task.kind.value,
            n_rows=problem.task.n_rows,
            n_features=problem.task.n_features,
            metric=problem.metric.name,
            greater_is_better=problem.metric.greater_is_better,
            validation=data.folds.describe(),
            time_limit=settings.time_limit,
            max_trials=settings.max_trials,
            n_jobs=executor.n_slots,
            executor=executor.name,
        )
    )
    notices = ExecutorNotices(executor, events)
    notices.emit_new()
    return notices


def _emit_findings(
    problem: Problem, inspection: TableInspection, events: Emitter
) -> None:
    events(
        TableInspected(
            tuple(to_record(finding, FindingFact) for finding in inspection.findings)
        )
    )
    if problem.n_ungrouped:
        events(
            Notice(
                f"{problem.n_ungrouped:,} rows have no group: each is treated as "
                "a group of its own.",
                "warning",
            )
        )


def _warn_of_memory(folder: RunFolder, events: Emitter) -> None:
    if folder.bytes_in_memory:
        events(
            Notice(
                f"The run folder {folder.path} is in memory, so its files reduce the "
                "memory of fold fits. hint: set run_dir, or the environment variable "
                "TMPDIR, to a folder on a disk.",
                "warning",
            )
        )


def _note_ignored_weights(
    problem: Problem, learners: Mapping[str, Learner], events: Emitter
) -> None:
    without = sorted(n for n, v in learners.items() if not v.uses_weights)
    if problem.weight is not None and without:
        events(
            Notice(
                f"These learners ignore sample weights: {', '.join(without)}. Weights "
                "are still used in their scores and in the ensemble."
            )
        )
