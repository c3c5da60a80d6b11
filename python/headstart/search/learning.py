"""The records that a finished run adds to the user's own knowledge base."""

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

# Name of the description of the table in the journal.
FACT = "dataset"


def describe_problem(problem: Problem, *, seed: int) -> dict[str, Any]:
    """Return the description of a fit's table for a knowledge base, as JSON values.

    The journal of a run stores it, since its table cannot be reconstructed later.
    """
    name = problem.target_name or "target"
    while name in problem.frame.columns:
        name += "_"
    kind = problem.task.kind
    labels = pl.Series(name, problem.target.decode(problem.y).tolist())
    uid = dataset_uid(problem.frame.with_columns(labels), name, kind)
    features = describe(problem.frame, problem.schema, problem.y, kind, seed=seed)
    features |= describe_by_plugins(load_plugins(), problem.summary())[0]
    return {
        "uid": uid,
        "name": f"table {uid[:8]}",
        "n_rows": problem.frame.height,
        "n_features": problem.frame.width,
        "n_classes": problem.task.n_classes,
        "meta_features": {
            k: None if np.isnan(v) else float(v) for k, v in features.items()
        },
    }


def records_of_run(path: Path, *, name: str | None = None) -> list[Record]:
    """Return the records of the run in a folder.

    Parameters
    ----------
    path : Path
        The folder of a run, not a temporary one.
    name : str, optional
        Name of the dataset.

    Raises
    ------
    RunFolderError
        If there is no run, or it lacks the description of its table.
    """
    if not (path / "journal.db").exists() or not (path / "data").exists():
        raise RunFolderError(
            f"{path} holds no run to learn from. Expected the run_dir of a fit."
        )
    journal = Journal(path / "journal.db")
    try:
        description = journal.fact(FACT)
        seed = journal.fact("seed")
        trials = journal.trials()
    finally:
        journal.close()
    if description is None:
        raise RunFolderError(
            f"The run in {path} was made by a version of headstart that did not store "
            "a description of its table. hint: fit again."
        )
    if name is not None:
        description = {**description, "name": name}
    data = load_fit_data(FolderStore(path))
    return list(run_records(data, trials, description, seed=int(seed or 0)))


def run_records(
    data: FitData,
    trials: Sequence[Trial],
    description: dict[str, Any],
    *,
    seed: int,
    deadline: float | None = None,
) -> Iterator[Record]:
    """Yield the dataset, its meta-features, and one evaluation per complete trial.

    Trials that were raced out have fewer folds than others, and the baseline trial
    fewer rows: they are left out. Failed trials are included.

    Parameters
    ----------
    deadline : float or None
        Time of `time.monotonic` after which no more trials are scored and yielded.
    """
    kind = data.task.kind
    uid = description["uid"]
    yield DatasetRecord(
        uid,
        description["name"],
        description["name"],
        "local",
        kind,
        description["n_rows"],
        description["n_features"],
        description["n_classes"],
    )
    yield MetaFeatures(
        uid,
        "headstart",
        VERSION,
        {
            k: float("nan") if v is None else v
            for k, v in description["meta_features"].items()
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
        is_complete = all(unit in trial.fold_losses for unit in units)
        if not failed and not is_complete:
            continue
        outcomes = [trial.outcomes[u] for u in units if u in trial.outcomes]
        if not outcomes:
            continue
        failed_fits = [o for o in outcomes if o.status in _STATUS]
        if failed and not failed_fits:
            continue
        scores = (
            [] if failed else [_scores(data, trial, unit, metrics) for unit in units]
        )
        timed = failed_fits if failed else outcomes
        yield EvaluationRecord(
            dataset_uid=uid,
            configuration=trial.configuration,
            metrics=metrics,
            scores=np.array(scores, dtype=np.float32).reshape(-1, len(metrics)),
            fit_seconds=_mean([o.fit_seconds or o.total_seconds for o in timed]),
            predict_seconds=_mean([o.predict_seconds for o in timed]),
            status=_STATUS[failed_fits[0].status] if failed else CellStatus.OK,
            reason=_shortened(failed_fits[0].reason) if failed else "",
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
    scores = []
    for metric in metrics:
        try:
            scores.append(BUILT_IN[metric].score(data.y[held_out], values, weight))
        except ValueError:  # such as the logarithm of a negative value
            scores.append(float("nan"))
    return scores


def _shortened(reason: str) -> str:
    """Return a reason on one line, cut to `_LONGEST_REASON` characters."""
    return " ".join(reason.split())[:_LONGEST_REASON]


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4)
