"""One fit, from a table to a fitted model."""

import hashlib
import importlib
import json
import logging
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from typing import Any

import polars as pl

import headstart
from headstart.base import Learner
from headstart.base.events import Emitter, Listener, Notice, RunStarted, TableExamined
from headstart.base.places import is_url
from headstart.base.process_state import preserve_state
from headstart.ensemble.fitted_model import FittedModel
from headstart.exceptions import FitError, HeadstartError
from headstart.execution import FoldFitExecutor, open_executor
from headstart.execution.fit_data import (
    FitData,
    forget_fit_data,
    stored_folds,
    write_fit_data,
)
from headstart.execution.fold_fit import run_fold_fit
from headstart.findings.target import TargetColumn
from headstart.meta.shipped import open_own
from headstart.meta.store import own_base_place
from headstart.plugins import load_plugins, plugin_environment, select_transforms
from headstart.search.assemble import assemble, refit_members
from headstart.search.inspection import column_records, examine_problem
from headstart.search.leaderboard import leaderboard_records
from headstart.search.learning import FACT, describe_problem, run_records
from headstart.search.loop.runner import Limits, Runner, SearchResult
from headstart.search.propose.available import OfferedTransforms, offer
from headstart.search.propose.default_order import usable_learners
from headstart.search.propose.plugin_clock import PluginClock
from headstart.search.propose.precedents import consult
from headstart.search.record import Analyse, RunRecord
from headstart.search.run.clock import Clock
from headstart.search.run.folder import RunFolder, data_digest
from headstart.search.run.folds import brings_splitter, choose_folds, dependence_of
from headstart.search.run.handover import own_items, plugin_files
from headstart.search.run.history import History
from headstart.search.run.interrupt import NotedInterrupt, OrderlyTermination
from headstart.search.run.listening import ExecutorNotices, add_listeners, run_facts
from headstart.search.run.problem import Problem, read_problem
from headstart.search.run.settings import FitSettings
from headstart.tables import summarize
from headstart.validation import Folds
from headstart.validation.plan import explain_folds, explain_newest_rows

__all__ = ["fit_model"]

_log = logging.getLogger("headstart.search")

# Share of the time that a refit on all rows is given.
_REFIT_SHARE = 0.25
# Limits from which on time is kept back for an analysis.
_SHORTEST_ANALYSED = 8.0
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def fit_model(
    settings: FitSettings,
    X: Any,
    y: Any,
    *,
    classification: bool,
    sample_weight: Any = None,
    groups: Any = None,
    listeners: Sequence[Listener] = (),
    started: float | None = None,
    target_column: TargetColumn = TargetColumn(),
    analyse: Analyse | None = None,
) -> FittedModel:
    """Fit within the budget and return the model.

    Parameters
    ----------
    settings : FitSettings
    X : table
        Anything `headstart.tables.to_frame` takes.
    y : vector
        As long as `X`.
    classification : bool
        Whether the target is a class; otherwise a number.
    sample_weight : vector or None
        Positive weights.
    groups : vector, column name or None
        Rows of one group are never split between training and validation; folds that
        would are refused.
    started : float or None
        Moment of `time.monotonic` from which the time limit counts; now by default.
    target_column : TargetColumn
        How the caller took the target out of its table: to be told.
    analyse : callable or None
        Makes the analysis that is kept with the model, in the last share of the time.

    Raises
    ------
    HeadstartError
        What is wrong with the data, the settings, or every trial.
    """
    clock = Clock(settings.time_limit)
    if started is not None:
        clock.started = started
    settings.check()
    emit = Emitter(listeners)
    if notice := settings.memory_notice():
        emit(Notice(notice, "warning"))
    plugins = PluginClock(emit, quarantines=settings.time_limit is not None)
    # Workers start while the table is read.
    executor = open_executor(
        settings.cores(),
        settings.executor,
        warm=("polars", run_fold_fit.__module__),
        environment=plugin_environment(),
    )
    with OrderlyTermination(), closing(executor), closing(plugins):
        if settings.learn:
            # A second of imports, which must not come after the limit.
            importlib.import_module("headstart.meta.store.sql.engine")
        problem = read_problem(
            settings,
            X,
            y,
            classification=classification,
            sample_weight=sample_weight,
            groups=groups,
        )
        learners = load_plugins().select(settings.learners, problem.task.kind)
        timed, problems = usable_learners(
            problem.task, plugins.timed(learners, "learners")
        )
        usable = {name: learners[name] for name in timed}
        for line in problems:
            emit(Notice(line, "warning"))
        if not usable:
            raise FitError("No learner can be used.\n" + "\n".join(problems))
        offered = _offer_transforms(settings, problem, usable, emit, plugins)
        findings = examine_problem(
            problem,
            time_limit=settings.time_limit,
            target_column=target_column,
        )
        records = tuple(finding.to_record() for finding in findings)
        emit(TableExamined(records))
        if problem.n_ungrouped:
            emit(
                Notice(
                    f"{problem.n_ungrouped:,} rows have no group: each is taken for a "
                    "group of its own.",
                    "warning",
                )
            )
        left_out = {
            "no target": target_column.n_missing,
            "weight 0": problem.n_weightless,
        }
        seen = {
            "columns": column_records(problem),
            "findings": list(records),
            "rows_left_out": [
                {"reason": reason, "count": n} for reason, n in left_out.items() if n
            ],
        }
        return _fit(
            settings,
            problem,
            usable,
            offered,
            executor,
            clock,
            emit,
            seen,
            analyse,
            plugins,
        )


def _fit(
    settings: FitSettings,
    problem: Problem,
    learners: Mapping[str, Learner],
    offered: OfferedTransforms,
    executor: FoldFitExecutor,
    clock: Clock,
    emit: Emitter,
    seen: dict[str, Any],
    analyse: Analyse | None,
    plugins: PluginClock,
) -> FittedModel:
    folder = RunFolder(settings.run_dir, resume=settings.resume)
    try:
        return _fit_in(
            folder,
            settings,
            problem,
            learners,
            offered,
            executor,
            clock,
            emit,
            seen,
            analyse,
            plugins,
        )
    finally:
        folder.close()
        # Of what ran here; a program must not keep the tables of earlier fits.
        forget_fit_data()


def _fit_in(
    folder: RunFolder,
    settings: FitSettings,
    problem: Problem,
    learners: Mapping[str, Learner],
    offered: OfferedTransforms,
    executor: FoldFitExecutor,
    clock: Clock,
    emit: Emitter,
    seen: dict[str, Any],
    analyse: Analyse | None,
    plugins: PluginClock,
) -> FittedModel:
    texts = problem.schema.read_texts(problem.frame) if offered.reads_text else None
    journal = folder.journal
    # A resumed run goes on with its own seed and folds, whatever its limit is now.
    seed = None if journal.fact("identity") is None else journal.fact("seed")
    if seed is None:
        seed = settings.seed()
        journal.record_fact("seed", seed)
    folds = stored_folds(folder.path)
    made = folds
    if made is None or brings_splitter(settings.validation):
        made = choose_folds(settings, problem, learners, executor.n_slots, seed)
    folder.claim(_identity(problem, settings, learners, offered, texts, made, seed))
    folds = folds or made
    if settings.learn or not folder.is_temporary:
        journal.record_fact(FACT, describe_problem(problem, seed=seed))
    clock.spent_before = float(journal.fact("spent") or 0.0)
    # The newest rows tell most about the rows to come: a model must learn from them.
    refits = settings.refit or folds.scheme == "time"
    clock.reserve_share = _REFIT_SHARE if refits else 0.0
    clock.keeps_for_learning = settings.learn and is_url(own_base_place())
    clock.keeps_for_analysis = (
        analyse is not None and (settings.time_limit or 0.0) >= _SHORTEST_ANALYSED
    )
    data = write_fit_data(
        folder.path,
        task=problem.task,
        schema=problem.schema,
        table=problem.table,
        y=problem.y,
        weight=problem.weight,
        folds=folds,
        learners=own_items(learners, "learners"),
        plugin_files=plugin_files(learners, "learners"),
        transforms=own_items(offered.transforms, "transforms"),
        transform_files=plugin_files(offered.transforms, "transforms"),
        texts=texts,
        seed=seed,
        dependence=dependence_of(settings, problem, folds),
    )
    facts = run_facts(settings, problem, learners, folds, executor.n_slots)
    add_listeners(load_plugins(), facts, emit, plugins)
    emit(
        RunStarted(
            problem.task.kind.value,
            problem.task.n_rows,
            problem.task.n_features,
            problem.metric.name,
            problem.metric.greater_is_better,
            folds.describe(),
            settings.time_limit,
            settings.max_trials,
            executor.n_slots,
            executor.name,
        )
    )
    notices = ExecutorNotices(executor, emit)
    notices.tell()
    if folder.bytes_in_memory:
        emit(
            Notice(
                f"The run folder {folder.path} lies in memory, which its files take "
                "from fold fits. hint: set run_dir, or the environment variable "
                "TMPDIR, to a folder on a disk.",
                "warning",
            )
        )
    memory_per_fit = settings.memory_per_fit(folder.bytes_in_memory)
    guide, notes = consult(
        problem,
        learners,
        seed=seed,
        learns_seconds=settings.time_limit is not None,
        offered=offered,
        deadline=clock.lookup_end,
    )
    for line in notes:
        emit(Notice(line))
    _tell_about_weights(problem, learners, emit)
    runner = Runner(
        data,
        folder,
        executor,
        plugins.timed_metric(problem.metric),
        plugins.timed(learners, "learners"),
        clock,
        Limits(settings.max_trials, memory_per_fit),
        emit,
        seed=seed,
        guide=guide,
        offered=offered,
        notices=notices,
        slow=plugins.slow,
    )
    history = History(clock)
    history.end_stage("preparation")
    emit.add(history)
    result = runner.run()
    history.end_stage("search")
    with NotedInterrupt():
        model = _assemble(
            settings, problem, data, result, learners, offered, folder, clock
        )
    failed: list[str] | None = None
    if refits and not result.interrupted:
        ensemble, failed = refit_members(
            model.ensemble,
            folder,
            executor,
            seed=seed,
            deadline=clock.refit_end,
            memory_limit=memory_per_fit,
            handed_over=data.handed_over,
        )
        model.ensemble = ensemble
        history.end_stage("refit")
        notices.tell()
        for line in failed:
            emit(Notice(f"Not refitted on all rows: {line}", "warning"))
    why = explain_folds(settings.validation, folds, problem.task.n_rows)
    if folds.scheme == "time":
        n_members = len(model.ensemble.members)
        n_old = n_members if failed is None else len(failed)
        why += "; " + explain_newest_rows(folds, n_old, n_members)
    model.facts = {**model.facts, **seen, "validation_why": why}
    # Nothing is fitted any more: what hangs must not slow down what is left to do.
    with NotedInterrupt():
        executor.close()
    if settings.learn:
        _learn(
            data,
            result,
            journal.fact(FACT),
            emit,
            seed=seed,
            clock=clock,
        )
    if analyse is not None:
        bag = assemble(
            problem.task,
            result.trials,
            result.choice,
            learners,
            folder,
            latest_only=False,
            transforms=offered.transforms,
        )
        record = RunRecord(
            settings,
            problem,
            data,
            result,
            bag,
            model,
            guide,
            history,
            clock,
            seed,
            executor.n_slots,
            journal.fact("identity")["data"],
            tuple(notes),
        )
        model.analysis = _analysis(analyse, record, emit)
    if folder.is_temporary:
        fits = [fit for member in model.ensemble.members for fit in member.fits]
        folder.keep_only(
            {f.model for f in fits},
            {f.encoder for f in fits},
            {name for f in fits for name in f.transforms},
            deadline=clock.hand_over,
        )
    runner.finish(result)
    return model


def _analysis(analyse: Analyse, record: RunRecord, emit: Emitter) -> bytes:
    """Make the analysis; the model is there whatever comes of it."""
    try:
        # It has models of plugins predict, in the user's process.
        with preserve_state():
            return analyse(record)
    except KeyboardInterrupt:
        emit(Notice("Interrupted: the model is kept, without an analysis."))
    except Exception as error:
        _log.exception("The analysis failed.")
        emit(
            Notice(
                f"The fit is not analysed. {type(error).__name__}: {error}", "warning"
            )
        )
    return b""


def _learn(
    data: FitData,
    result: SearchResult,
    described: dict[str, Any],
    emit: Emitter,
    *,
    seed: int,
    clock: Clock,
) -> None:
    """Add the run to the user's own base; the model is there whatever comes of it."""
    # Scored before the base is opened: no other writer waits for that.
    end = clock.learning_end
    # The other half of what is kept back is for the base.
    scored_by = None if end is None else end - 0.5 * clock.learning_seconds
    records = list(
        run_records(data, result.trials, described, seed=seed, deadline=scored_by)
    )
    try:
        with open_own(own_base_place(), deadline=end) as base:
            added = base.add(records)
    except (HeadstartError, OSError) as error:
        emit(Notice(f"Nothing was learnt from this run. {error}", "warning"))
        return
    except KeyboardInterrupt:
        emit(Notice("Interrupted: the model is kept, nothing was learnt from the run."))
        return
    emit(
        Notice(
            f"Learnt from this run: {added.n_new} records (scores, seconds and numbers "
            f"that describe the table) are new in {base.place}."
        )
    )


def _assemble(
    settings: FitSettings,
    problem: Problem,
    data: FitData,
    result: SearchResult,
    learners: Mapping[str, Learner],
    offered: OfferedTransforms,
    folder: RunFolder,
    clock: Clock,
) -> FittedModel:
    ensemble = assemble(
        problem.task,
        result.trials,
        result.choice,
        learners,
        folder,
        latest_only=data.folds.scheme == "time",
        transforms=offered.transforms,
    )
    leaderboard = leaderboard_records(
        result.trials,
        result.choice.weights,
        greater_is_better=problem.metric.greater_is_better,
        held_out_share=data.folds.held_out_share,
    )
    score = result.choice.score
    facts = {
        "headstart_version": headstart.__version__,
        "metric": problem.metric.name,
        "greater_is_better": problem.metric.greater_is_better,
        # Undefined where the held-out rows are of one class, for one.
        "score": score if math.isfinite(score) else None,
        "validation": data.folds.describe(),
        "n_rows": problem.task.n_rows,
        "n_trials": len(result.trials),
        "precedents": [
            {
                "learner": trial.configuration.learner,
                "configuration": trial.configuration.to_json(),
                **asdict(precedent),
            }
            for trial in result.trials
            for precedent in trial.precedents
        ],
        "ended": result.reason,
        "seconds": clock.elapsed(),
        "time_limit": settings.time_limit,
        "max_trials": settings.max_trials,
    }
    return FittedModel(problem.schema, problem.target, ensemble, leaderboard, facts)


def _identity(
    problem: Problem,
    settings: FitSettings,
    learners: Mapping[str, Learner],
    offered: OfferedTransforms,
    texts: pl.DataFrame | None,
    folds: Folds,
    seed: int,
) -> dict[str, str]:
    validation = repr(settings.validation)
    if brings_splitter(settings.validation):
        # What a splitter does is known by the folds that it makes, not by its words,
        # which may hold an address.
        validation = _ADDRESS.sub("", validation)
        validation += f", {folds.describe()}, SHA-256 {_digest_of(folds)[:16]}"
    groups = b"" if problem.groups is None else problem.groups.tobytes()
    table = problem.table if texts is None else problem.table.hstack(texts)
    identity = {
        "data": data_digest(table, problem.y, problem.weight),
        "schema": problem.schema.to_json(),
        "groups": hashlib.sha256(groups).hexdigest(),
        "validation": validation,
        "metric": problem.metric.name,
        "learners": json.dumps(sorted(learners)),
        "random_state": str(settings.fixed_seed(seed)),
        "headstart": headstart.__version__,
    }
    if offered.transforms:
        identity["transforms"] = json.dumps(sorted(offered.transforms))
    return identity


def _digest_of(folds: Folds) -> str:
    digest = hashlib.sha256()
    for array in (folds.fold_ids, folds.training):
        if array is not None:
            digest.update(str(array.shape).encode())
            digest.update(array.tobytes())
    return digest.hexdigest()


def _offer_transforms(
    settings: FitSettings,
    problem: Problem,
    learners: Mapping[str, Learner],
    emit: Emitter,
    plugins: PluginClock,
) -> OfferedTransforms:
    """Return the transforms that the search may choose for the table."""
    chosen = select_transforms(load_plugins(), settings.transforms, problem.task.kind)
    named = settings.named_transforms()
    offered, problems = offer(
        problem.task,
        summarize(problem.schema),
        plugins.timed(chosen, "transforms"),
        eager=named,
    )
    # What workers and models get is not the timed ones.
    offered = replace(
        offered, transforms={name: chosen[name] for name in offered.transforms}
    )
    for line in problems.values():
        emit(Notice(line, "warning"))
    for name in named:
        if name not in offered.transforms and name not in problems:
            emit(
                Notice(
                    f"Transform {name!r} is not tried: the table has no column for it, "
                    "or too many rows.",
                    "warning",
                )
            )
    allowed = {
        name
        for learner in learners.values()
        for name in offered.before(
            learner.search_space(problem.task).default
        ).transforms
    }
    for name in sorted(offered.named - allowed):
        emit(
            Notice(
                f"Transform {name!r} is not tried: it applies to a column in which "
                "each learner is monotone, and what it makes of it has no direction.",
                "warning",
            )
        )
    return offered


def _tell_about_weights(
    problem: Problem, learners: Mapping[str, Learner], emit: Emitter
) -> None:
    without = sorted(n for n, v in learners.items() if not v.uses_weights)
    if problem.weight is not None and without:
        emit(
            Notice(
                f"These learners take no sample weights: {', '.join(without)}. Weights "
                "still count in their scores and in the ensemble."
            )
        )
