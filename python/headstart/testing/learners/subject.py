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

__all__ = ["Fitted", "Kept", "LearnerSubject", "check_form"]

SEED = 7
SECONDS_A_FIT = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A model with its training and validation rows, and the cost of the fit."""

    model: Any
    train: Rows
    validation: Rows
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A fitted model of one check, with its prediction right after the fit.

    Parameters
    ----------
    what : str
        The model in words, for messages.
    task : Task
    parameters : mapping
    model : object
    X : Matrix
        Rows that `prediction` is of.
    prediction : ndarray
    seconds : float
        Processor time of the fit.
    """

    what: str
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
        One model a kind of task, for all checks that only look at it.
    usage : list
        What a fit used, once it was measured.
    kept : dict
        Models by the name of what fits them, for all checks that need them.
    seconds_unasked : dict
        By kind of task, seconds of a fit that did not look at its clock.
    """

    models: dict[TaskKind, Fitted] = field(default_factory=dict)
    usage: list[Usage] = field(default_factory=list)
    kept: dict[str, Sequence[Kept]] = field(default_factory=dict)
    seconds_unasked: dict[TaskKind, float] = field(default_factory=dict)

    @property
    def learner(self) -> Learner:
        """The learner."""
        learner: Learner = self.thing
        return learner

    @property
    def kinds(self) -> list[TaskKind]:
        """Kinds of task the learner is made for."""
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

    def once(self, name: str, fit: Callable[[], Sequence[Kept]]) -> Sequence[Kept]:
        """Return the models by `fit`, which is called once."""
        if name not in self.kept:
            self.kept[name] = fit()
        return self.kept[name]

    def keep(
        self,
        what: str,
        train: Rows,
        validation: Rows | None,
        X: Matrix,
        *,
        task: Task,
        parameters: Parameters | None = None,
        seconds: float = SECONDS_A_FIT,
        seed: int = SEED,
    ) -> Kept:
        """Fit, predict `X`, and return both; errors become a `CheckError`.

        The deadline is after `seconds` of the processor, so that a busy machine does
        not make another model.
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
        spent = time.process_time() - started
        prediction = self.predict(task.kind, model, X, task)
        return Kept(what, task, parameters or {}, model, X, prediction, spent)

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
        """Fit; an error becomes a `CheckError` that names it."""
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
        """Predict; an error or a wrong form becomes a `CheckError`."""
        task = task or make_task(kind)
        with naming(f"predict() of a {kind} task"):
            found = self.learner.predict(model, X, task)
        check_form(found, task, X.n_rows)
        return np.asarray(found, dtype=np.float64)

    def dump(self, model: Any) -> Parts:
        """Dump; an error becomes a `CheckError`."""
        with naming("dump()"):
            return self.learner.dump(model)

    def load(self, parts: Parts) -> Any:
        """Load; an error becomes a `CheckError`."""
        with naming("load()"):
            return self.learner.load(parts)


def check_form(found: Any, task: Task, n_rows: int) -> None:
    """Raise CheckError for predictions of the wrong shape or type."""
    expected: tuple[int, ...] = (n_rows,)
    if task.kind.is_classification:
        expected = (n_rows, task.n_classes)
    shape = getattr(found, "shape", None)
    if shape != expected:
        raise CheckError(
            f"predict() of a {task.kind} task must return an array of shape "
            f"{expected}. Got {type(found).__name__} of shape {shape} instead."
        )
    if found.dtype.kind not in "fiu":
        raise CheckError(
            f"predict() must return floats. Got an array of {found.dtype} instead."
        )
    n_bad = int((~np.isfinite(found)).sum())
    if n_bad:
        raise CheckError(
            f"predict() of a {task.kind} task returned {n_bad} values that are not "
            "finite."
        )
    if not task.kind.is_classification or not found.size:
        return
    low, high = float(found.min()), float(found.max())
    if low < -1e-6 or high > 1 + 1e-6:
        raise CheckError(
            f"predict() must return probabilities. Got values from {low:.3g} to "
            f"{high:.3g} instead."
        )
    worst = float(np.abs(found.sum(axis=1) - 1).max())
    if worst > 1e-3:
        raise CheckError(
            "predict() must return rows that sum to 1. One differs from it by "
            f"{worst:.3g}."
        )
