"""A learner that is right, and one for each check that is wrong in that respect."""

import contextlib
import io
import os
import sys
import threading
import time

import numpy as np

from headstart.base import (
    Choice,
    Float,
    Learner,
    SearchSpace,
    TaskKind,
    View,
)
from headstart.base.arrays import pack_arrays, require, unpack_arrays
from headstart.exceptions import ArtifactError

_FORM = {"coefficients": ("f", 2)}


class Right(Learner):
    """Least squares on what is known, clipped; classes by their indicators."""

    name = "right"
    view = View("raw", "native", "native")

    def search_space(self, task):
        return SearchSpace(
            {"ridge": Float(1e-3, 1.0, log=True)}, default={"ridge": 0.01}
        )

    def precedents(self, task):
        return ({"ridge": 0.1},)

    def fit(self, task, parameters, train, validation, resources):
        y = train.y
        if task.kind is not TaskKind.REGRESSION:
            y = np.eye(task.n_classes)[y]
        weight = np.ones(len(y)) if train.weight is None else train.weight
        weight = (weight / weight.mean())[:, None]
        columns = self.columns(train.X)
        center = (weight * y.reshape(len(y), -1)).mean(axis=0)
        target = y.reshape(len(y), -1) - center
        gram = columns.T @ (weight * columns)
        ridge = parameters.get("ridge", 0.01)
        slopes = np.linalg.solve(
            gram + ridge * np.eye(len(gram)), columns.T @ (weight * target)
        )
        return np.vstack([slopes, center])

    def columns(self, X):
        values = np.clip(np.nan_to_num(X.values, nan=0.0, posinf=9, neginf=-9), -9, 9)
        return np.column_stack([values, np.ones(len(values))])

    def predict(self, model, X, task):
        found = self.columns(X) @ model[:-1] + model[-1]
        if task.kind is TaskKind.REGRESSION:
            return found[:, 0]
        found = np.clip(found, 0.01, 1.0)
        return found / found.sum(axis=1, keepdims=True)

    def dump(self, model):
        return {"model.npz": pack_arrays({"coefficients": model})}

    def load(self, parts):
        require(list(parts) == ["model.npz"], "There must be one part.")
        try:
            found = unpack_arrays(parts["model.npz"], _FORM)["coefficients"]
        except ArtifactError:
            raise
        except Exception as error:
            raise ArtifactError(str(error)) from error
        require(bool(np.isfinite(found).all()), "The numbers must be finite.")
        return found


class Classes(Right):
    """As above, for what does not need to be asked of every kind of task."""

    tasks = frozenset({TaskKind.BINARY})


class Declares(Classes):
    max_rows = -1


class CannotTravel(Classes):
    def __init__(self):
        self.log = io.TextIOWrapper(io.BytesIO())


class OutOfSpace(Classes):
    def precedents(self, task):
        return ({"ridge": 5.0},)


class RepeatsItself(Classes):
    def precedents(self, task):
        return ({"ridge": 0.01},)


class CostsNothing(Classes):
    def cost(self, task, parameters, n_rows):
        return 1.0


class CannotFit(Classes):
    def fit(self, task, parameters, train, validation, resources):
        raise RuntimeError("the solver exploded")


class AnotherShape(Classes):
    def predict(self, model, X, task):
        return super().predict(model, X, task)[:, 1]


class LearnsNothing(Classes):
    def fit(self, task, parameters, train, validation, resources):
        model = super().fit(task, parameters, train, validation, resources)
        model[:-1] = 0.0
        return model


class DrawsItsSeed(Classes):
    def fit(self, task, parameters, train, validation, resources):
        model = super().fit(task, parameters, train, validation, resources)
        return model + 1e-6 * np.random.default_rng().normal(size=model.shape)


class NeedsValidation(Classes):
    def refit_parameters(self, parameters, models):
        return {}


class FailsAtTheEnd(Classes):
    def search_space(self, task):
        return SearchSpace({"loss": Choice("good", "bad")}, default={"loss": "good"})

    def precedents(self, task):
        return ()

    def fit(self, task, parameters, train, validation, resources):
        if parameters.get("loss") == "bad":
            raise ValueError("no such loss")
        return super().fit(task, {}, train, validation, resources)


class CentresEachBatch(Classes):
    def columns(self, X):
        found = super().columns(X)
        return found - (0.1 * found.mean(axis=0) if len(found) else 0)


class NeedsARow(Classes):
    def predict(self, model, X, task):
        if X.n_rows == 0:
            raise ValueError("Found array with 0 samples")
        return super().predict(model, X, task)


class TakesAnyColumns(Classes):
    def columns(self, X):
        found = np.zeros((X.n_rows, 9))
        columns = super().columns(X)
        found[:, : columns.shape[1]] = columns
        return found


class KnowsItsUnit(Right):
    tasks = frozenset({TaskKind.REGRESSION})

    def predict(self, model, X, task):
        return np.clip(super().predict(model, X, task), -1e4, 1e4)


class DislikesMissing(Classes):
    def predict(self, model, X, task):
        if X.values.size and np.isnan(X.values).all():
            raise ValueError("Input contains NaN")
        return super().predict(model, X, task)


class DislikesEmptyColumns(Classes):
    def fit(self, task, parameters, train, validation, resources):
        if np.isnan(train.X.values).all(axis=0).any():
            raise ValueError("All-NaN slice encountered")
        return super().fit(task, parameters, train, validation, resources)


class DislikesNewCategories(Classes):
    """A table of levels, as long as training had them."""

    def fit(self, task, parameters, train, validation, resources):
        model = super().fit(task, parameters, train, validation, resources)
        found = [np.nan_to_num(train.X.values[:, c]).max() for c in train.X.categorical]
        row = np.full((1, model.shape[1]), max(found, default=0.0))
        return np.vstack([model, row])

    def predict(self, model, X, task):
        for column in X.categorical:
            if np.nan_to_num(X.values[:, column]).max(initial=0.0) > model[-1, 0]:
                raise IndexError("index 3 is out of bounds")
        return super().predict(model[:-1], X, task)


class DividesBySpread(Classes):
    def fit(self, task, parameters, train, validation, resources):
        if (np.ptp(train.X.values[:, :2], axis=0) == 0).any():
            raise ZeroDivisionError("division by zero")
        return super().fit(task, parameters, train, validation, resources)


class NeedsRows(Classes):
    def fit(self, task, parameters, train, validation, resources):
        if len(train.y) < 10:
            raise ValueError("n_neighbors must be less than n_samples")
        return super().fit(task, parameters, train, validation, resources)


class NeedsTwoClasses(Classes):
    def fit(self, task, parameters, train, validation, resources):
        if len(np.unique(train.y)) < 2:
            raise ValueError("needs samples of at least 2 classes")
        return super().fit(task, parameters, train, validation, resources)


class NeedsAllClasses(Right):
    tasks = frozenset({TaskKind.MULTICLASS})

    def fit(self, task, parameters, train, validation, resources):
        if 1 < len(np.unique(train.y)) < task.n_classes and len(train.y) > 2:
            raise ValueError("y contains previously unseen labels")
        return super().fit(task, parameters, train, validation, resources)


class Overflows(Classes):
    def fit(self, task, parameters, train, validation, resources):
        if np.nanmax(np.abs(train.X.values), initial=0.0) > 1e30:
            raise OverflowError("input contains infinity")
        return super().fit(task, parameters, train, validation, resources)


class IgnoresWeights(Classes):
    def fit(self, task, parameters, train, validation, resources):
        rows = type(train)(train.X, train.y)
        return super().fit(task, parameters, rows, validation, resources)


class LearnsFromValidation(Classes):
    def fit(self, task, parameters, train, validation, resources):
        if validation is not None and validation.X.n_rows == train.X.n_rows:
            values = np.vstack([train.X.values, validation.X.values])
            train = type(train)(
                type(train.X)(values, train.X.names),
                np.concatenate([train.y, validation.y]),
            )
        return super().fit(task, parameters, train, validation, resources)


class LearnsLongerWithValidation(Classes):
    """Where there is something to stop by, it goes on."""

    def fit(self, task, parameters, train, validation, resources):
        model = super().fit(task, parameters, train, validation, resources)
        if validation is None:
            model[:-1] *= 0.7
        return model


class StoresSinglePrecision(Classes):
    def dump(self, model):
        return super().dump(model.astype(np.float32).astype(np.float64))


class StoresOnce(Classes):
    """It keeps nothing of what it wrote, and a loaded model cannot be written."""

    def dump(self, model):
        if not model.flags.writeable:
            raise TypeError("no such buffer")
        return super().dump(model)

    def load(self, parts):
        model = super().load(parts).copy()
        model.setflags(write=False)
        return model


class LoadsAnything(Classes):
    def load(self, parts):
        try:
            return super().load(parts)
        except ArtifactError:
            return np.zeros((6, 2))


class RunsThreads(Classes):
    def fit(self, task, parameters, train, validation, resources):
        if len(train.y) == 400:
            threads = [threading.Thread(target=_burn, args=(0.04,)) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return super().fit(task, parameters, train, validation, resources)


class FillsMemory(Classes):
    def fit(self, task, parameters, train, validation, resources):
        if len(train.y) == 400:
            hoard = np.ones(600 * 2**17)
            time.sleep(0.03)
            del hoard
        return super().fit(task, parameters, train, validation, resources)


class IgnoresDeadlines(Classes):
    def fit(self, task, parameters, train, validation, resources):
        if len(train.y) == 2000:
            time.sleep(3.2)
        return super().fit(task, parameters, train, validation, resources)


class SwallowsInterrupts(Classes):
    def fit(self, task, parameters, train, validation, resources):
        with contextlib.suppress(BaseException):
            time.sleep(0.02)
        return super().fit(task, parameters, train, validation, resources)


class Prints(Classes):
    def fit(self, task, parameters, train, validation, resources):
        sys.stdout.write("iteration 1 of 100\n")
        return super().fit(task, parameters, train, validation, resources)


class WritesToItsInput(Classes):
    def fit(self, task, parameters, train, validation, resources):
        if train.weight is not None:
            train.X.values.setflags(write=True)
            np.nan_to_num(train.X.values, copy=False)
        return super().fit(task, parameters, train, validation, resources)


class NeedsOwnTask(Classes):
    """Right in each part, but not for the task that a fit poses."""

    def fit(self, task, parameters, train, validation, resources):
        if task.n_rows == 60:
            raise RuntimeError("no table of mine")
        return super().fit(task, parameters, train, validation, resources)


class Crashes(Classes):
    def fit(self, task, parameters, train, validation, resources):
        os.abort()


class Hangs(Classes):
    def fit(self, task, parameters, train, validation, resources):
        while True:
            time.sleep(1)


def _burn(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        sum(range(100))


BROKEN = {
    "declaration": Declares,
    "worker-copy": CannotTravel,
    "space": OutOfSpace,
    "precedents-differ": RepeatsItself,
    "cost": CostsNothing,
    "fits": CannotFit,
    "output-form": AnotherShape,
    "learns": LearnsNothing,
    "deterministic": DrawsItsSeed,
    "refit": NeedsValidation,
    "every-point-fits": FailsAtTheEnd,
    "batches": CentresEachBatch,
    "no-rows": NeedsARow,
    "column-count": TakesAnyColumns,
    "target-unit": KnowsItsUnit,
    "missing-values": DislikesMissing,
    "missing-column": DislikesEmptyColumns,
    "unseen-category": DislikesNewCategories,
    "constant-columns": DividesBySpread,
    "few-rows": NeedsRows,
    "one-class": NeedsTwoClasses,
    "absent-class": NeedsAllClasses,
    "huge-values": Overflows,
    "weights": IgnoresWeights,
    "validation-leak": LearnsFromValidation,
    "early-stopping": LearnsLongerWithValidation,
    "dump-load": StoresSinglePrecision,
    "dump-again": StoresOnce,
    "damaged-parts": LoadsAnything,
    "threads": RunsThreads,
    "memory": FillsMemory,
    "deadline": IgnoresDeadlines,
    "interrupt": SwallowsInterrupts,
    "side-effects": Prints,
    "input-unchanged": WritesToItsInput,
    "whole-fit": NeedsOwnTask,
}
"""By the check that has to name it."""
