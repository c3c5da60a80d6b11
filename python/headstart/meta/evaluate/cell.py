"""A cell: the evaluation of a configuration on all folds of a dataset, in a worker."""

import time
from dataclasses import dataclass, replace

from headstart.base import Configuration, FloatArray, FoldFit, FoldOutcome, FoldStatus
from headstart.base.configuration import chain_key
from headstart.execution.fit_data import FitData, load_fit_data
from headstart.execution.fold_fit import (
    forget_results,
    read_prediction,
    run_fold_fit,
)
from headstart.execution.store import Store
from headstart.metrics.built_in import BUILT_IN

__all__ = ["CellResult", "run_cell"]

# Learners that this process has fitted before: a first fit includes their imports.
_warmed: set[str] = set()


@dataclass(frozen=True, slots=True)
class CellResult:
    """Scores and costs of a cell.

    Parameters
    ----------
    status : FoldStatus
        Status of the first fold that failed, or OK.
    scores : list of list of float
        One row per finished fold, one column per metric; NaN where it is undefined.
    fit_seconds, predict_seconds : float
        Processor seconds, as the mean over the folds; transforms before the learner
        count as part of its fit. For a failed cell, those of the failed fold: after a
        timeout, at least its limit.
    """

    status: FoldStatus
    scores: list[list[float]]
    fit_seconds: float
    predict_seconds: float
    reason: str = ""


def run_cell(
    store: Store,
    number: int,
    configuration: Configuration,
    metrics: tuple[str, ...],
    seconds: float,
    seed: int,
) -> CellResult:
    """Return scores and costs of a configuration, up to the first fold that fails.

    Parameters
    ----------
    store : Store
        Written by `headstart.execution.fit_data.write_fit_data`.
    number : int
        Identifies the cell's results in the store, which is shared with other cells.
    metrics : tuple of str
        Built-in metrics to compute.
    seconds : float
        Processor seconds for all folds together. Each fold gets an equal part, and
        learners that can stop early do so.
    seed : int
    """
    data = load_fit_data(store)
    n_folds = data.folds.n_folds
    scores: list[list[float]] = []
    finished: list[FoldOutcome] = []
    for fold in range(n_folds):
        fold_fit = FoldFit(
            number, configuration, 0, fold, seed=seed, seconds=seconds / n_folds
        )
        outcome, prediction = _run(data, fold_fit)
        if configuration.learner not in _warmed:
            _warmed.add(configuration.learner)
            outcome, prediction = _run(data, fold_fit)
        if prediction is None:
            return _result(outcome.status, scores, [outcome], outcome.reason)
        finished.append(outcome)
        held_out = data.held_out(0, fold)
        scores.append([_score(m, data.y[held_out], prediction) for m in metrics])
    return _result(FoldStatus.OK, scores, finished, "")


def _run(data: FitData, fold_fit: FoldFit) -> tuple[FoldOutcome, FloatArray | None]:
    # Processor seconds, for limits and results: on a busy machine, learners must not
    # look slow or stop early.
    worked = time.process_time()
    outcome = run_fold_fit(data.store, fold_fit, time.process_time)
    share = (time.process_time() - worked) / max(outcome.total_seconds, 1e-9)
    outcome = replace(
        outcome,
        fit_seconds=min(1.0, share) * outcome.fit_seconds,
        predict_seconds=min(1.0, share) * outcome.predict_seconds,
    )
    if fold_fit.configuration.transforms and outcome.status is FoldStatus.OK:
        before = _seconds_before(data, fold_fit, outcome, time.process_time() - worked)
        outcome = replace(outcome, fit_seconds=outcome.fit_seconds + before)
    prediction = None
    if outcome.status is FoldStatus.OK:
        prediction = read_prediction(data.store, fold_fit.name)
        allowed = fold_fit.seconds
        spent = time.process_time() - worked
        if allowed is not None and spent > 2 * allowed + 1:
            # It finished, but too late for a search, which counts as a failure.
            late = f"took {spent:.1f} s of {allowed:.1f} s"
            outcome, prediction = FoldOutcome(FoldStatus.TIMEOUT, reason=late), None
    if prediction is None:
        spent = time.process_time() - worked
        if outcome.status is FoldStatus.TIMEOUT:
            spent = max(spent, fold_fit.seconds or 0.0)
        outcome = replace(outcome, fit_seconds=spent, predict_seconds=0.0)
    forget_results(data.store, fold_fit.name)
    return outcome, prediction


def _seconds_before(
    data: FitData, fold_fit: FoldFit, outcome: FoldOutcome, spent: float
) -> float:
    """Return the cost of the steps before the learner.

    The first cell with these steps fits them for all and stores their seconds, which
    count for each configuration as if it were alone.
    """
    chain = chain_key(fold_fit.configuration.transforms)
    name = f"fits/{chain}-{fold_fit.fold}.seconds"
    try:
        return float(data.store.get(name))
    except KeyError:
        before = max(0.0, spent - outcome.fit_seconds - outcome.predict_seconds)
        data.store.put(name, repr(before).encode())
        return before


def _score(name: str, y: FloatArray, prediction: FloatArray) -> float:
    values = prediction[:, 0] if prediction.shape[1] == 1 else prediction
    try:
        return BUILT_IN[name].score(y, values)
    except ValueError:  # undefined for these values: the logarithm of a negative one
        return float("nan")


def _result(
    status: FoldStatus,
    scores: list[list[float]],
    outcomes: list[FoldOutcome],
    reason: str,
) -> CellResult:
    n = len(outcomes)
    return CellResult(
        status,
        scores,
        sum(o.fit_seconds for o in outcomes) / n,
        sum(o.predict_seconds for o in outcomes) / n,
        reason,
    )
