"""The unit of work: fit one configuration on one fold, and leave the result in files.

It runs in a worker process, in the parent, or on another machine that shares the run
folder. Only names and small records go in and out.
"""

import json
import random
import time
import traceback
import zlib
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from headstart.base import (
    Configuration,
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
from headstart.base.process_state import preserve_state
from headstart.exceptions import ArtifactError, RunFolderError, TransformError
from headstart.execution.files import (
    read_parts,
    replacing,
    write_atomically,
    write_parts,
)
from headstart.execution.fit_data import FitData, load_fit_data
from headstart.execution.fold_table import inner_folds, step_names
from headstart.execution.fold_view import fold_view
from headstart.execution.libraries import import_libraries
from headstart.execution.steps import changes_nothing
from headstart.pool.offspring import OwnProcess

__all__ = ["read_outcome", "run_fold_fit", "running_transform", "start_mark"]

_ROWS_TO_COMPARE = 100


def run_fold_fit(
    folder: str, fold_fit: FoldFit, clock: Callable[[], float] = time.monotonic
) -> FoldOutcome:
    """Run a fold fit in the run folder `folder`.

    The learner is to stop after ``fold_fit.seconds`` of `clock`.

    Whatever the learner raises becomes the outcome. Files are written in the order
    model, predictions, outcome, each renamed into place: where the outcome is, the
    others are whole.

    Raises
    ------
    RunFolderError
        If the run folder itself cannot be used: the disk is full, for one.
    """
    data = replace(load_fit_data(folder), handed_over=fold_fit.handed_over)
    if fold_fit.marks_start:
        # The start of a worker is not charged to its first fold fit.
        import_libraries()
        start_mark(data.folder, fold_fit).touch()
    started = time.monotonic()
    resources = Resources(
        threads=fold_fit.threads,
        seed=fold_fit.seed,
        deadline=None if fold_fit.seconds is None else clock() + fold_fit.seconds,
        clock=clock,
    )
    try:
        outcome = _fit_and_predict(data, fold_fit, resources, started)
    except RunFolderError:
        raise
    except TransformError as error:
        outcome = FoldOutcome(
            FoldStatus(error.kind),
            total_seconds=time.monotonic() - started,
            reason=str(error),
            details=traceback.format_exc(limit=-8),
            culprit=error.transform,
        )
    except MemoryError as error:
        outcome = FoldOutcome(
            FoldStatus.MEMORY,
            total_seconds=time.monotonic() - started,
            reason=f"out of memory: {error}".rstrip(": "),
        )
    except Exception as error:
        outcome = FoldOutcome(
            FoldStatus.ERROR,
            total_seconds=time.monotonic() - started,
            reason=f"{type(error).__name__}: {_first_line(error)}",
            details=traceback.format_exc(limit=-8),
        )
    path = Path(folder) / "fits" / f"{fold_fit.name}.json"
    record = {
        "configuration": fold_fit.configuration.key,
        "outcome": asdict(outcome),
    }
    write_atomically(path, json.dumps(record).encode())
    return outcome


def read_outcome(path: Path, configuration: Configuration) -> FoldOutcome | None:
    """Read the outcome of `configuration` that `run_fold_fit` left in a file.

    None where there is none: no file, a damaged one (a power cut leaves empty ones), or
    the outcome of another configuration, whose trial had this number and is not in the
    journal.
    """
    try:
        record = json.loads(path.read_bytes())
        if record["configuration"] != configuration.key:
            return None
        outcome = record["outcome"]
        return FoldOutcome(**{**outcome, "status": FoldStatus(outcome["status"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def start_mark(folder: Path, fold_fit: FoldFit) -> Path:
    """Return the file that says that a fold fit has begun."""
    return folder / "fits" / f"{fold_fit.name}.started"


def running_transform(folder: Path, name: str) -> str:
    """Return the transform that fold fit `name` was in when its process ended.

    Empty where it was in none.
    """
    path = folder / "fits" / f"{name}.transform"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _fit_and_predict(
    data: FitData, fold_fit: FoldFit, resources: Resources, started: float
) -> FoldOutcome:
    # Imports its plugin, which may set what is to stay.
    learner = data.learner(fold_fit.configuration.learner)
    process = OwnProcess()
    try:
        with preserve_state():
            return _run(data, learner, fold_fit, resources, started, process)
    finally:
        process.end_copies()


def _run(
    data: FitData,
    learner: Learner,
    fold_fit: FoldFit,
    resources: Resources,
    started: float,
    process: OwnProcess,
) -> FoldOutcome:
    parameters = fold_fit.configuration.parameters
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
        tell=lambda name: _note_transform(data, fold_fit, name),
    )
    if steps:
        _seed_globally(fold_fit.seed)  # which transforms ran here must not matter
    begun = time.monotonic()
    model = learner.fit(
        data.task,
        parameters,
        Rows(
            view.train,
            data.y[rows],
            _take(data.weight, rows),
            inner_folds(data, fold_fit.repeat, rows, fold_fit.seed)
            if data.dependence.is_declared
            else None,
        ),
        Rows(view.validation, data.y[held_out], _take(data.weight, held_out))
        if held_out.size
        else None,
        resources,
    )
    process.end_copies()
    fitted = time.monotonic()
    prediction = None
    if held_out.size:
        raw = learner.predict(model, view.validation, data.task)
        prediction = as_outputs(raw, data.task, held_out.size)
    predicted = time.monotonic()
    parts = learner.dump(model)
    if prediction is not None:
        _check_stored_once(data, learner, parts, view.validation, prediction)
    process.check()
    fits = data.folder / "fits"
    n_bytes = write_parts(fits / f"{fold_fit.name}.model", parts)
    if prediction is not None:
        with (
            replacing(fits / f"{fold_fit.name}.npy") as temporary,
            temporary.open("wb") as file,
        ):
            np.save(file, prediction, allow_pickle=False)
    names = step_names(steps, fold_fit.repeat, fold_fit.fold, sample)
    stored = (read_parts(data.folder / "transforms" / f"{n}.zip") for n in names)
    return FoldOutcome(
        FoldStatus.OK,
        fit_seconds=fitted - begun,
        predict_seconds=predicted - fitted,
        total_seconds=time.monotonic() - started,
        n_bytes=n_bytes,
        encoder=view.name,
        transforms=names,
        is_idle=any(changes_nothing(parts) for parts in stored),
    )


def _check_stored_once(
    data: FitData, learner: Learner, parts: Parts, X: Matrix, prediction: FloatArray
) -> None:
    """Check that a learner's first stored model of a run is the one it has fitted.

    What is predicted at the end is a loaded model: a learner that cannot load its own
    has to fail before it is searched, and what it loads has to deserve its score.

    Raises
    ------
    ArtifactError
        If the parts cannot be loaded, or the loaded model predicts something else.
    """
    mark = data.folder / "fits" / f"{learner.name}.stored"
    if mark.exists():
        return
    few = X.take(np.arange(min(_ROWS_TO_COMPARE, X.n_rows)))
    hint = f"hint: headstart plugins check {learner.name}"
    try:
        loaded = learner.load(parts)
        raw = learner.predict(loaded, few, data.task)
        again = as_outputs(raw, data.task, few.n_rows)
    except MemoryError:
        raise
    except Exception as error:
        raise ArtifactError(
            f"The stored model of learner {learner.name!r} must load and predict. Got "
            f"{type(error).__name__}: {_first_line(error)}. {hint}"
        ) from error
    expected = prediction[: few.n_rows]
    # Batches of other sizes differ by rounding, of single precision in some libraries.
    tolerance = 1e-3 * float(np.std(prediction)) + 1e-5 * np.abs(expected)
    difference = np.abs(again - expected)
    if (difference > tolerance).any():
        raise ArtifactError(
            f"The stored model of learner {learner.name!r} must predict what the "
            f"fitted one does. It differs by up to {difference.max():.3g}. {hint}"
        )
    mark.touch()


def _seed_globally(seed: int) -> None:
    """Seed the global generators, for code that draws from them."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the legacy generator is the point


def _note_transform(data: FitData, fold_fit: FoldFit, name: str) -> None:
    """Leave word of the transform that runs, for the case that nobody comes back."""
    path = data.folder / "fits" / f"{fold_fit.name}.transform"
    if name:
        write_atomically(path, name.encode())
    else:
        path.unlink(missing_ok=True)


def as_outputs(raw: Any, task: Task, n_rows: int) -> FloatArray:
    """Check what a learner predicted; return it with shape (n_rows, n_outputs).

    Raises
    ------
    ValueError
        If the shape is wrong, or a value is not finite or no probability.
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
    """Draw training rows for a fold fit that may not see all; a class keeps a row."""
    if fold_fit.max_rows is None or train.size <= fold_fit.max_rows:
        return None
    seed = zlib.crc32(f"{fold_fit.repeat}-{fold_fit.fold}".encode())
    drawn = np.random.default_rng(seed).permutation(train)[: fold_fit.max_rows]
    if data.task.kind.is_classification:
        _, first = np.unique(data.y[train], return_index=True)
        drawn = np.union1d(drawn, train[first])
    return np.sort(drawn)


def _take(weight: FloatArray | None, rows: IntArray) -> FloatArray | None:
    return None if weight is None else weight[rows]


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else "no message"
