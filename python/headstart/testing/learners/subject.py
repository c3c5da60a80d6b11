"""The learner under test, with calls that report errors by name."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from headstart.base import (
    FloatArray,
    Learner,
    Matrix,
    Parameters,
    Parts,
    Resources,
    Rows,
    Task,
    TaskKind,
)
from headstart.testing.data import make_rows, make_task
from headstart.testing.naming import naming
from headstart.testing.outcome import CheckError
from headstart.testing.subject import Subject
from headstart.testing.usage import Usage

__all__ = ["Fitted", "KeptModel", "LearnerSubject", "check_form"]

SEED = 7
SECONDS_PER_FIT = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A model with its training and validation rows, and the seconds of the fit."""

    model: Any
    train: Rows
    validation: Rows
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class KeptModel:
    """A fitted model of one check, with its prediction after the fit.

    Parameters
    ----------
    description : str
        Description of the model, for messages.
    task : Task
    parameters : mapping
    model : object
    X : Matrix
        Rows of `prediction`.
    prediction : ndarray
    seconds : float
        Processor time of the fit.
    """

    description: str
    task: Task
    parameters: Parameters
    model: Any
    X: Matrix
    prediction: FloatArray
    seconds: float


@dataclass(eq=False)
class LearnerSubject(Subject):
    """A learner in the process of its checks.

    Parameters
    ----------
    models : dict
        One model per kind of task, shared by checks that do not change it.
    usage : list
        The resources of a fit, after the measurement.
    kept : dict
        Models by the name of their fits, shared by checks.
    seconds_without_clock : dict
        Seconds of a fit that did not read the clock, by kind of task.
    """

    models: dict[TaskKind, Fitted] = field(default_factory=dict)
    usage: list[Usage] = field(default_factory=list)
    kept: dict[str, Sequence[KeptModel]] = field(default_factory=dict)
    seconds_without_clock: dict[TaskKind, float] = field(default_factory=dict)

    @property
    def learner(self) -> Learner:
        """The learner."""
        learner: Learner = self.tested
        return learner

    @property
    def kinds(self) -> list[TaskKind]:
        """Kinds of task that the learner supports."""
        return sorted(self.learner.tasks)

    def rows(self, kind: TaskKind, n_train: int = 90) -> tuple[Rows, Rows]:
        """Return new training and validation rows in the learner's view."""
        return make_rows(self.learner.view, kind, n_train)

    def fitted(self, kind: TaskKind) -> Fitted:
        """Return a shared model of the kind, which checks must not change."""
        if kind not in self.models:
            train, validation = self.rows(kind)
            started = time.monotonic()
            model = self.fit(kind, train, validation)
            seconds = time.monotonic() - started
            self.models[kind] = Fitted(model, *self.rows(kind), seconds)
        return self.models[kind]

    def once(
        self, name: str, fit: Callable[[], Sequence[KeptModel]]
    ) -> Sequence[KeptModel]:
        """Return the models of `fit`, which is called once per name."""
        if name not in self.kept:
            self.kept[name] = fit()
        return self.kept[name]

    def keep(
        self,
        description: str,
        train: Rows,
        validation: Rows | None,
        X: Matrix,
        *,
        task: Task,
        parameters: Parameters | None = None,
        seconds: float = SECONDS_PER_FIT,
        seed: int = SEED,
    ) -> KeptModel:
        """Return a fitted model with its prediction; errors become a `CheckError`.

        The deadline is in processor seconds, so that a busy machine does not change the
        model.

        Parameters
        ----------
        description : str
            Description of the model, for messages.
        train, validation
            As in `Learner.fit`.
        X : Matrix
            Rows to predict.
        task, parameters, seed
            As in `Learner.fit`.
        seconds : float
            Processor seconds until the deadline.
        """
        started = time.process_time()
        model = self.fit(
            task.kind,
            train,
            validation,
            task=task,
            parameters=parameters,
            deadline=started + seconds,
            clock=time.process_time,
            seed=seed,
        )
        fit_seconds = time.process_time() - started
        prediction = self.predict(task.kind, model, X, task)
        return KeptModel(
            description, task, parameters or {}, model, X, prediction, fit_seconds
        )

    def fit(
        self,
        kind: TaskKind,
        train: Rows,
        validation: Rows | None,
        *,
        task: Task | None = None,
        parameters: Parameters | None = None,
        deadline: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        seed: int = SEED,
    ) -> Any:
        """Return a fitted model; an error becomes a `CheckError`.

        Parameters
        ----------
        kind : TaskKind
        train, validation, task, parameters, deadline, clock, seed
            As in `Learner.fit` and `Resources`.
        """
        with naming(f"fit() of a {kind} task"):
            return self.learner.fit(
                task or make_task(kind),
                {} if parameters is None else parameters,
                train,
                validation,
                Resources(1, seed, deadline, clock),
            )

    def predict(
        self, kind: TaskKind, model: Any, X: Matrix, task: Task | None = None
    ) -> FloatArray:
        """Return predictions; an error or a wrong form becomes a `CheckError`.

        Parameters
        ----------
        kind : TaskKind
        model, X, task
            As in `Learner.predict`.
        """
        task = task or make_task(kind)
        with naming(f"predict() of a {kind} task"):
            prediction = self.learner.predict(model, X, task)
        check_form(prediction, task, X.n_rows)
        return np.asarray(prediction, dtype=np.float64)

    def dump(self, model: Any) -> Parts:
        """Return the parts of a model; an error becomes a `CheckError`."""
        with naming("dump()"):
            return self.learner.dump(model)

    def load(self, parts: Parts) -> Any:
        """Return the model of parts; an error becomes a `CheckError`."""
        with naming("load()"):
            return self.learner.load(parts)


def check_form(prediction: Any, task: Task, n_rows: int) -> None:
    """Raise CheckError for predictions of the wrong shape or type.

    Parameters
    ----------
    prediction : object
    task : Task
    n_rows : int
    """
    expected: tuple[int, ...] = (n_rows,)
    if task.kind.is_classification:
        expected = (n_rows, task.n_classes)
    shape = getattr(prediction, "shape", None)
    if shape != expected:
        raise CheckError(
            f"predict() of a {task.kind} task must return an array of shape "
            f"{expected}. Got {type(prediction).__name__} of shape {shape} instead."
        )
    if prediction.dtype.kind not in "fiu":
        raise CheckError(
            f"predict() must return floats. Got an array of {prediction.dtype} instead."
        )
    n_bad = int((~np.isfinite(prediction)).sum())
    if n_bad:
        raise CheckError(
            f"predict() of a {task.kind} task returned {n_bad} values that are not "
            "finite."
        )
    if not task.kind.is_classification or not prediction.size:
        return
    low, high = float(prediction.min()), float(prediction.max())
    if low < -1e-6 or high > 1 + 1e-6:
        raise CheckError(
            f"predict() must return probabilities. Got values from {low:.3g} to "
            f"{high:.3g} instead."
        )
    worst = float(np.abs(prediction.sum(axis=1) - 1).max())
    if worst > 1e-3:
        raise CheckError(
            "predict() must return rows that sum to 1. A sum differs from 1 by "
            f"{worst:.3g}."
        )
