"""Fold fits: the fit of one configuration on one fold, with its results in a store.

A fold fit runs in a worker process, in the parent, or on another machine that shares
the run folder. Its arguments and its return value are names and small records only.
"""

import json
import random
import time
import traceback
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from headstart.base import (
    FloatArray,
    FoldFit,
    FoldOutcome,
    FoldStatus,
    IntArray,
    Learner,
    Matrix,
    Parts,
    Resources,
    Rows,
    Task,
    TaskKind,
)
from headstart.exceptions import ArtifactError, RunFolderError, TransformError
from headstart.execution.fit_data import FitData, load_fit_data
from headstart.execution.fold_table import inner_folds, step_names
from headstart.execution.fold_view import fold_view
from headstart.execution.libraries import import_libraries
from headstart.execution.steps import changes_nothing
from headstart.execution.store import Store, get_array, get_parts, put_array, put_parts
from headstart.machine.process_state import preserve_state
from headstart.pool.offspring import OwnProcess

__all__ = [
    "forget_results",
    "forget_start",
    "has_started",
    "read_outcome",
    "read_prediction",
    "run_fold_fit",
    "running_transform",
]

_ROWS_TO_COMPARE = 100


def run_fold_fit(
    store: Store, fold_fit: FoldFit, clock: Callable[[], float] = time.monotonic
) -> FoldOutcome:
    """Run a fold fit with the data in a store, and write the results there.

    An exception of the learner becomes the outcome. Results are stored atomically, in
    the order model, predictions, outcome. If the outcome exists, the others are
    complete.

    Parameters
    ----------
    store : Store
        A store that `write_fit_data` wrote.
    fold_fit : FoldFit
        Its results are stored under its name.
    clock : callable of () -> float
        The learner should stop after ``fold_fit.seconds`` on this clock.

    Raises
    ------
    RunFolderError
        If the store cannot be used, for example because the disk is full.
    """
    data = replace(load_fit_data(store), handed_over=fold_fit.handed_over)
    if fold_fit.marks_start:
        # The start-up of a worker does not count as time of its first fold fit.
        import_libraries()
        store.put(_started(fold_fit.name), b"")
    started = time.monotonic()
    resources = Resources(
        threads=fold_fit.threads,
        seed=fold_fit.seed,
        deadline=None if fold_fit.seconds is None else clock() + fold_fit.seconds,
        clock=clock,
    )
    configuration = fold_fit.configuration
    try:
        # This may import a plugin, whose changes of the process state must remain.
        learner = data.learner(configuration.learner)
        with OwnProcess() as process, preserve_state():
            fold = _open_fold(data, learner, fold_fit, resources)
            fit_started = time.monotonic()
            model = learner.fit(
                data.task,
                configuration.parameters,
                fold.train,
                fold.validation,
                resources,
            )
            process.end_copies()
            fit_seconds = time.monotonic() - fit_started
            outcome = _store_results(data, learner, fold_fit, fold, model, process)
        outcome = replace(
            outcome,
            fit_seconds=fit_seconds,
            total_seconds=time.monotonic() - started,
        )
    except RunFolderError:
        raise
    except Exception as error:
        outcome = _failure(error, time.monotonic() - started)
    store.put(_outcome(fold_fit.name), json.dumps(asdict(outcome)).encode())
    return outcome


def read_outcome(store: Store, name: str) -> FoldOutcome | None:
    """Return the outcome that `run_fold_fit` stored, or None.

    The result is None if the outcome is missing, or damaged: a power failure leaves
    empty files.

    Parameters
    ----------
    store : Store
    name : str
        Name of the fold fit.
    """
    try:
        outcome = json.loads(store.get(_outcome(name)))
        return FoldOutcome(**{**outcome, "status": FoldStatus(outcome["status"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_prediction(store: Store, name: str) -> FloatArray:
    """Return the predictions of a fold fit for its validation rows.

    Parameters
    ----------
    store : Store
    name : str
        Name of the fold fit.

    Raises
    ------
    KeyError
        If there are no predictions.
    """
    prediction: FloatArray = get_array(store, f"fits/{name}.npy")
    return prediction


def has_started(store: Store, name: str) -> bool:
    """Return whether a fold fit with `marks_start` has started.

    Parameters
    ----------
    store : Store
    name : str
        Name of the fold fit.
    """
    return _started(name) in store


def forget_start(store: Store, name: str) -> None:
    """Remove the mark of a fold fit's start, before it is run again.

    Parameters
    ----------
    store : Store
    name : str
        Name of the fold fit.
    """
    store.drop(_started(name))


def running_transform(store: Store, name: str) -> str:
    """Return the name of the transform that ran when the process of a fold fit ended.

    The result is empty if no transform ran.

    Parameters
    ----------
    store : Store
    name : str
        Name of the fold fit.
    """
    try:
        return store.get(_transform(name)).decode()
    except KeyError:
        return ""


def forget_results(store: Store, name: str) -> None:
    """Remove the results of a fold fit.

    Parameters
    ----------
    store : Store
    name : str
        Name of the fold fit.
    """
    for result in (f"fits/{name}.npy", f"fits/{name}.model", _outcome(name)):
        store.drop(result)


def _outcome(name: str) -> str:
    return f"fits/{name}.json"


def _started(name: str) -> str:
    return f"fits/{name}.started"


def _transform(name: str) -> str:
    return f"fits/{name}.transform"


@dataclass(frozen=True, slots=True)
class _Fold:
    """The rows of a fold in a learner's view; `view` is the name of its encoder."""

    view: str
    train: Rows
    validation: Rows | None
    transforms: tuple[str, ...]


def _open_fold(
    data: FitData, learner: Learner, fold_fit: FoldFit, resources: Resources
) -> _Fold:
    """Return a fold's rows after the configuration's transforms, in the learner's view.

    The global random generators are seeded, for code that uses them.
    """
    train = data.train(fold_fit.repeat, fold_fit.fold)
    held_out = data.held_out(fold_fit.repeat, fold_fit.fold)
    sample = _sample(train, data, fold_fit)
    rows = train if sample is None else sample
    steps = fold_fit.configuration.transforms
    _seed_globally(fold_fit.seed)
    view = fold_view(
        data,
        learner.view,
        fold_fit.repeat,
        fold_fit.fold,
        rows=sample,
        steps=steps,
        resources=resources,
        report=lambda name: _note_transform(data, fold_fit, name),
    )
    if steps:
        # Cached transforms did not run here, and must not change later random numbers.
        _seed_globally(fold_fit.seed)
    validation = None
    if held_out.size:
        weight = _take(data.weight, held_out)
        validation = Rows(view.validation, data.y[held_out], weight)
    parts = None
    if data.dependence.is_declared:
        parts = inner_folds(data, fold_fit.repeat, rows, fold_fit.seed)
    return _Fold(
        view.name,
        Rows(view.train, data.y[rows], _take(data.weight, rows), parts),
        validation,
        step_names(steps, fold_fit.repeat, fold_fit.fold, sample),
    )


def _store_results(
    data: FitData,
    learner: Learner,
    fold_fit: FoldFit,
    fold: _Fold,
    model: Any,
    process: OwnProcess,
) -> FoldOutcome:
    """Predict the validation rows, store model and predictions, return the outcome."""
    started = time.monotonic()
    prediction = None
    if fold.validation is not None:
        X = fold.validation.X
        raw = learner.predict(model, X, data.task)
        prediction = as_outputs(raw, data.task, X.n_rows)
    predict_seconds = time.monotonic() - started
    parts = learner.dump(model)
    if fold.validation is not None and prediction is not None:
        _check_stored_once(data, learner, parts, fold.validation.X, prediction)
    process.check()
    store = data.store
    n_bytes = put_parts(store, f"fits/{fold_fit.name}.model", parts)
    if prediction is not None:
        put_array(store, f"fits/{fold_fit.name}.npy", prediction)
    steps = (get_parts(store, f"transforms/{name}.zip") for name in fold.transforms)
    return FoldOutcome(
        FoldStatus.OK,
        predict_seconds=predict_seconds,
        n_bytes=n_bytes,
        encoder=fold.view,
        transforms=fold.transforms,
        is_idle=any(changes_nothing(stored) for stored in steps),
    )


def _failure(error: Exception, seconds: float) -> FoldOutcome:
    """Return the outcome of a fold fit that raised `error`; call it in the handler."""
    if isinstance(error, MemoryError):
        reason = f"out of memory: {error}".rstrip(": ")
        return FoldOutcome(FoldStatus.MEMORY, total_seconds=seconds, reason=reason)
    details = traceback.format_exc(limit=-8)
    if isinstance(error, TransformError):
        return FoldOutcome(
            FoldStatus(error.kind),
            total_seconds=seconds,
            reason=str(error),
            details=details,
            culprit=error.transform,
        )
    return FoldOutcome(
        FoldStatus.ERROR,
        total_seconds=seconds,
        reason=f"{type(error).__name__}: {_first_line(error)}",
        details=details,
    )


def _check_stored_once(
    data: FitData, learner: Learner, parts: Parts, X: Matrix, prediction: FloatArray
) -> None:
    """Check that the first stored model of a learner predicts like the fitted one.

    The final model predicts with loaded models. A learner whose models cannot be loaded
    must fail early, and a loaded model must deserve the score of the fitted one.

    Raises
    ------
    ArtifactError
        If the parts cannot be loaded, or the loaded model predicts other values.
    """
    mark = f"fits/{learner.name}.stored"
    if mark in data.store:
        return
    sample = X.take(np.arange(min(_ROWS_TO_COMPARE, X.n_rows)))
    hint = f"hint: headstart plugins check {learner.name}"
    try:
        loaded = learner.load(parts)
        raw = learner.predict(loaded, sample, data.task)
        reloaded = as_outputs(raw, data.task, sample.n_rows)
    except MemoryError:
        raise
    except Exception as error:
        raise ArtifactError(
            f"The stored model of learner {learner.name!r} must load and predict. Got "
            f"{type(error).__name__}: {_first_line(error)}. {hint}"
        ) from error
    expected = prediction[: sample.n_rows]
    # Predictions of batches of other sizes differ by rounding, in single precision for
    # some libraries.
    tolerance = 1e-3 * float(np.std(prediction)) + 1e-5 * np.abs(expected)
    difference = np.abs(reloaded - expected)
    if (difference > tolerance).any():
        raise ArtifactError(
            f"The stored model of learner {learner.name!r} must predict as the fitted "
            f"model does. Predictions differ by up to {difference.max():.3g}. {hint}"
        )
    data.store.put(mark, b"")


def _seed_globally(seed: int) -> None:
    """Seed the global random generators, for code that uses them."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - libraries use the legacy generator


def _note_transform(data: FitData, fold_fit: FoldFit, name: str) -> None:
    """Store the name of the running transform, in case the process ends in it."""
    mark = _transform(fold_fit.name)
    if name:
        data.store.put(mark, name.encode())
    else:
        data.store.drop(mark)


def as_outputs(raw: Any, task: Task, n_rows: int) -> FloatArray:
    """Return a learner's checked predictions with shape (n_rows, n_outputs).

    Parameters
    ----------
    raw : array-like
        The result of `Learner.predict`.
    task : Task
    n_rows : int

    Raises
    ------
    ValueError
        If the shape is wrong, or a value is not finite or not a probability.
    """
    values = np.asarray(raw, dtype=np.float64)
    classes = task.kind is not TaskKind.REGRESSION
    expected = (n_rows, task.n_classes) if classes else (n_rows,)
    if values.shape != expected:
        raise ValueError(
            f"predict() must return an array of shape {expected}. "
            f"Got {values.shape} instead."
        )
    if not np.isfinite(values).all():
        n_bad = int((~np.isfinite(values)).sum())
        raise ValueError(f"predict() returned {n_bad} values that are not finite.")
    if not classes:
        return values.reshape(-1, 1)
    if values.size and (values.min() < -1e-6 or values.max() > 1 + 1e-6):
        raise ValueError(
            "predict() must return probabilities. Got values from "
            f"{values.min():.3g} to {values.max():.3g}."
        )
    total = values.sum(axis=1, keepdims=True)
    if values.size and not np.allclose(total, 1.0, atol=1e-3):
        raise ValueError("predict() must return rows of probabilities that sum to 1.")
    values = np.asarray(np.clip(values, 0.0, 1.0) / total)
    return values[:, 1:2] if task.kind is TaskKind.BINARY else values


def _sample(train: IntArray, data: FitData, fold_fit: FoldFit) -> IntArray | None:
    """Return a sample of training rows with all classes; None if all rows are used."""
    if fold_fit.max_rows is None or train.size <= fold_fit.max_rows:
        return None
    seed = zlib.crc32(f"{fold_fit.repeat}-{fold_fit.fold}".encode())
    sample = np.random.default_rng(seed).permutation(train)[: fold_fit.max_rows]
    if data.task.kind.is_classification:
        _, first = np.unique(data.y[train], return_index=True)
        sample = np.union1d(sample, train[first])
    return np.sort(sample)


def _take(weight: FloatArray | None, rows: IntArray) -> FloatArray | None:
    return None if weight is None else weight[rows]


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else "no message"
