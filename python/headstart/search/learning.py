"""From a finished run to records of the user's own knowledge base."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from headstart.base import FoldStatus, Trial, TrialStatus
from headstart.exceptions import RunFolderError
from headstart.execution.fit_data import FitData, load_fit_data
from headstart.execution.fold_fit import read_prediction
from headstart.execution.store import FolderStore
from headstart.machine.capacity import machine_class
from headstart.meta.features import VERSION, describe
from headstart.meta.identity import dataset_uid
from headstart.meta.plugin_features import describe_by_plugins
from headstart.meta.records import (
    CellStatus,
    DatasetRecord,
    EvaluationRecord,
    MetaFeatures,
    Record,
)
from headstart.metrics import metric_names
from headstart.metrics.built_in import BUILT_IN
from headstart.plugins import load_plugins
from headstart.search.run.journal import Journal
from headstart.search.run.problem import Problem
from headstart.version import __version__

__all__ = ["FACT", "describe_problem", "records_of_run", "run_records"]

_STATUS = {
    FoldStatus.ERROR: CellStatus.ERROR,
    FoldStatus.TIMEOUT: CellStatus.TIMEOUT,
    FoldStatus.MEMORY: CellStatus.MEMORY,
    FoldStatus.CRASH: CellStatus.CRASH,
}
_LONGEST_REASON = 300

# What a journal keeps of the table, under this name.
FACT = "dataset"


def describe_problem(problem: Problem, *, seed: int) -> dict[str, Any]:
    """Return what a knowledge base says of a fit's table, JSON-able.

    Kept in the journal of a run, from which its table can no longer be told.
    """
    name = problem.target_name or "target"
    while name in problem.frame.columns:
        name += "_"
    kind = problem.task.kind
    labels = pl.Series(name, problem.target.decode(problem.y).tolist())
    uid = dataset_uid(problem.frame.with_columns(labels), name, kind)
    found = describe(problem.frame, problem.schema, problem.y, kind, seed=seed)
    found |= describe_by_plugins(load_plugins(), problem.summary())[0]
    return {
        "uid": uid,
        "name": f"table {uid[:8]}",
        "n_rows": problem.frame.height,
        "n_features": problem.frame.width,
        "n_classes": problem.task.n_classes,
        "meta_features": {
            k: None if np.isnan(v) else float(v) for k, v in found.items()
        },
    }


def records_of_run(path: Path, *, name: str | None = None) -> list[Record]:
    """Return the records that a run folder gives.

    Parameters
    ----------
    path : Path
        The folder of a run that was kept.
    name : str, optional
        What to call the dataset.

    Raises
    ------
    RunFolderError
        If there is no run, or not what is needed of it.
    """
    if not (path / "journal.db").exists() or not (path / "data").exists():
        raise RunFolderError(
            f"{path} holds no run to learn from. Expected a folder that a fit was "
            "given as run_dir."
        )
    journal = Journal(path / "journal.db")
    try:
        described = journal.fact(FACT)
        seed = journal.fact("seed")
        trials = journal.trials()
    finally:
        journal.close()
    if described is None:
        raise RunFolderError(
            f"The run in {path} was made by a version of headstart that did not say "
            "what its table is like. hint: fit again."
        )
    if name is not None:
        described = {**described, "name": name}
    data = load_fit_data(FolderStore(path))
    return list(run_records(data, trials, described, seed=int(seed or 0)))


def run_records(
    data: FitData,
    trials: Sequence[Trial],
    described: dict[str, Any],
    *,
    seed: int,
    deadline: float | None = None,
) -> Iterator[Record]:
    """Yield the dataset, its meta-features, and an evaluation a whole trial.

    Trials that were raced out saw fewer folds than others, and the baseline trial fewer
    rows: they are left out. Trials that failed are evidence too.

    Parameters
    ----------
    deadline : float or None
        Moment of `time.monotonic` after which no more trials are scored by all
        metrics.
    """
    kind = data.task.kind
    uid = described["uid"]
    yield DatasetRecord(
        uid,
        described["name"],
        described["name"],
        "local",
        kind,
        described["n_rows"],
        described["n_features"],
        described["n_classes"],
    )
    yield MetaFeatures(
        uid,
        "headstart",
        VERSION,
        {
            k: float("nan") if v is None else v
            for k, v in described["meta_features"].items()
        },
    )
    metrics = metric_names(kind)
    units = sorted(data.folds.units[: data.folds.n_complete])
    for trial in trials:
        if trial.is_baseline:
            continue
        if deadline is not None and time.monotonic() >= deadline:
            return
        failed = trial.status is TrialStatus.FAILED
        whole = all(unit in trial.fold_losses for unit in units)
        if not failed and not whole:
            continue
        outcomes = [trial.outcomes[u] for u in units if u in trial.outcomes]
        if not outcomes:
            continue
        bad = [o for o in outcomes if o.status in _STATUS]
        if failed and not bad:
            continue
        scores = (
            [] if failed else [_scores(data, trial, unit, metrics) for unit in units]
        )
        timed = bad if failed else outcomes
        yield EvaluationRecord(
            dataset_uid=uid,
            configuration=trial.configuration,
            metrics=metrics,
            scores=np.array(scores, dtype=np.float32).reshape(-1, len(metrics)),
            fit_seconds=_mean([o.fit_seconds or o.total_seconds for o in timed]),
            predict_seconds=_mean([o.predict_seconds for o in timed]),
            status=_STATUS[bad[0].status] if failed else CellStatus.OK,
            reason=" ".join(bad[0].reason.split())[:_LONGEST_REASON] if failed else "",
            scheme=f"{data.folds.describe()}, a run with seed {seed}",
            n_rows=data.task.n_rows,
            engine_version=__version__,
            machine=machine_class(),
            seed=seed,
            origin="local",
        )


def _scores(
    data: FitData, trial: Trial, unit: tuple[int, int], metrics: Sequence[str]
) -> list[float]:
    prediction = read_prediction(data.store, trial.fold_key(*unit).name)
    values = prediction[:, 0] if prediction.shape[1] == 1 else prediction
    held_out = data.held_out(*unit)
    weight = None if data.weight is None else data.weight[held_out]
    found = []
    for metric in metrics:
        try:
            found.append(BUILT_IN[metric].score(data.y[held_out], values, weight))
        except ValueError:  # not for these values: the logarithm of a negative one
            found.append(float("nan"))
    return found


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4)
