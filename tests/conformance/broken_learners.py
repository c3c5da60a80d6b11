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
    Matrix,
    Rows,
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

    def fit(self, task, parameters, rows, validation, resources):
        y = rows.y
        if task.kind is not TaskKind.REGRESSION:
            y = np.eye(task.n_classes)[y]
        weight = np.ones(len(y)) if rows.weight is None else rows.weight
        weight = (weight / weight.mean())[:, None]
        columns = self.columns(rows.X)
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
        outputs = self.columns(X) @ model[:-1] + model[-1]
        if task.kind is TaskKind.REGRESSION:
            return outputs[:, 0]
        outputs = np.clip(outputs, 0.01, 1.0)
        return outputs / outputs.sum(axis=1, keepdims=True)

    def dump(self, model):
        return {"model.safetensors": pack_arrays({"coefficients": model})}

    def load(self, parts):
        require(list(parts) == ["model.safetensors"], "There must be one part.")
        try:
            coefficients = unpack_arrays(parts["model.safetensors"], _FORM)[
                "coefficients"
            ]
        except ArtifactError:
            raise
        except Exception as error:
            raise ArtifactError(str(error)) from error
        require(bool(np.isfinite(coefficients).all()), "The numbers must be finite.")
        return coefficients


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
    def fit(self, task, parameters, rows, validation, resources):
        raise RuntimeError("the solver exploded")


class AnotherShape(Classes):
    def predict(self, model, X, task):
        return super().predict(model, X, task)[:, 1]


class LearnsNothing(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        model = super().fit(task, parameters, rows, validation, resources)
        model[:-1] = 0.0
        return model


class DrawsItsSeed(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        model = super().fit(task, parameters, rows, validation, resources)
        return model + 1e-6 * np.random.default_rng().normal(size=model.shape)


class NeedsValidation(Classes):
    def refit_parameters(self, parameters, models):
        return {}


class FailsAtTheEnd(Classes):
    def search_space(self, task):
        return SearchSpace({"loss": Choice("good", "bad")}, default={"loss": "good"})

    def precedents(self, task):
        return ()

    def fit(self, task, parameters, rows, validation, resources):
        if parameters.get("loss") == "bad":
            raise ValueError("no such loss")
        return super().fit(task, {}, rows, validation, resources)


class CentresEachBatch(Classes):
    def columns(self, X):
        columns = super().columns(X)
        return columns - (0.1 * columns.mean(axis=0) if len(columns) else 0)


class NeedsARow(Classes):
    def predict(self, model, X, task):
        if X.n_rows == 0:
            raise ValueError("Found array with 0 samples")
        return super().predict(model, X, task)


class TakesAnyColumns(Classes):
    def columns(self, X):
        padded = np.zeros((X.n_rows, 9))
        columns = super().columns(X)
        padded[:, : columns.shape[1]] = columns
        return padded


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
    def fit(self, task, parameters, rows, validation, resources):
        if np.isnan(rows.X.values).all(axis=0).any():
            raise ValueError("All-NaN slice encountered")
        return super().fit(task, parameters, rows, validation, resources)


class DislikesNewCategories(Classes):
    """A table of levels, as long as training had them."""

    def fit(self, task, parameters, rows, validation, resources):
        model = super().fit(task, parameters, rows, validation, resources)
        largest = [np.nan_to_num(rows.X.values[:, c]).max() for c in rows.X.categorical]
        row = np.full((1, model.shape[1]), max(largest, default=0.0))
        return np.vstack([model, row])

    def predict(self, model, X, task):
        for column in X.categorical:
            if np.nan_to_num(X.values[:, column]).max(initial=0.0) > model[-1, 0]:
                raise IndexError("index 3 is out of bounds")
        return super().predict(model[:-1], X, task)


class DividesBySpread(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        if (np.ptp(rows.X.values[:, :2], axis=0) == 0).any():
            raise ZeroDivisionError("division by zero")
        return super().fit(task, parameters, rows, validation, resources)


class NeedsRows(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        if len(rows.y) < 10:
            raise ValueError("n_neighbors must be less than n_samples")
        return super().fit(task, parameters, rows, validation, resources)


class NeedsTwoClasses(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        if len(np.unique(rows.y)) < 2:
            raise ValueError("needs samples of at least 2 classes")
        return super().fit(task, parameters, rows, validation, resources)


class NeedsAllClasses(Right):
    tasks = frozenset({TaskKind.MULTICLASS})

    def fit(self, task, parameters, rows, validation, resources):
        if 1 < len(np.unique(rows.y)) < task.n_classes and len(rows.y) > 2:
            raise ValueError("y contains previously unseen labels")
        return super().fit(task, parameters, rows, validation, resources)


class Overflows(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        if np.nanmax(np.abs(rows.X.values), initial=0.0) > 1e30:
            raise OverflowError("input contains infinity")
        return super().fit(task, parameters, rows, validation, resources)


class IgnoresWeights(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        rows = type(rows)(rows.X, rows.y)
        return super().fit(task, parameters, rows, validation, resources)


class LearnsFromValidation(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        if validation is not None and validation.X.n_rows == rows.X.n_rows:
            values = np.vstack([rows.X.values, validation.X.values])
            rows = type(rows)(
                type(rows.X)(values, rows.X.names),
                np.concatenate([rows.y, validation.y]),
            )
        return super().fit(task, parameters, rows, validation, resources)


class LearnsLongerWithValidation(Classes):
    """Where there is something to stop by, it goes on."""

    def fit(self, task, parameters, rows, validation, resources):
        model = super().fit(task, parameters, rows, validation, resources)
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
    def fit(self, task, parameters, rows, validation, resources):
        if len(rows.y) == 400:
            threads = [threading.Thread(target=_burn, args=(0.04,)) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return super().fit(task, parameters, rows, validation, resources)


class FillsMemory(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        if len(rows.y) == 400:
            hoard = np.ones(600 * 2**17)
            time.sleep(0.03)
            del hoard
        return super().fit(task, parameters, rows, validation, resources)


class IgnoresDeadlines(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        if len(rows.y) == 2000:
            time.sleep(3.2)
        return super().fit(task, parameters, rows, validation, resources)


class SwallowsInterrupts(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        with contextlib.suppress(BaseException):
            time.sleep(0.02)
        return super().fit(task, parameters, rows, validation, resources)


class Prints(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        sys.stdout.write("iteration 1 of 100\n")
        return super().fit(task, parameters, rows, validation, resources)


class WritesToItsInput(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        if rows.weight is not None:
            rows.X.values.setflags(write=True)
            np.nan_to_num(rows.X.values, copy=False)
        return super().fit(task, parameters, rows, validation, resources)


class NeedsOwnTask(Classes):
    """Right in each part, but not for the task that a fit poses."""

    def fit(self, task, parameters, rows, validation, resources):
        if task.n_rows == 60:
            raise RuntimeError("no table of mine")
        return super().fit(task, parameters, rows, validation, resources)


class WholeWeights(Right):
    """Weights cut to whole numbers: a weight below 1 is none."""

    def fit(self, task, parameters, rows, validation, resources):
        if rows.weight is not None and (rows.weight >= 1).any():
            kept = np.flatnonzero(rows.weight >= 1)
            weight = np.floor(rows.weight[kept])
            rows = Rows(rows.X.take(kept), rows.y[kept], weight)
        return super().fit(task, parameters, rows, validation, resources)


class RootsOfWeights(Right):
    def fit(self, task, parameters, rows, validation, resources):
        if rows.weight is not None:
            rows = Rows(rows.X, rows.y, np.sqrt(rows.weight))
        return super().fit(task, parameters, rows, validation, resources)


class IgnoresCategories(Right):
    def columns(self, X):
        columns = super().columns(X)
        columns[:, list(X.categorical)] = 0.0
        return columns


class IgnoresParameters(Right):
    def fit(self, task, parameters, rows, validation, resources):
        return super().fit(task, {}, rows, validation, resources)


class IgnoresOneParameter(Right):
    """Of two parameters one does nothing for a regression."""

    def search_space(self, task):
        return SearchSpace(
            {"ridge": Float(1e-3, 1.0, log=True), "clip": Float(2.0, 9.0)},
            default={"ridge": 0.01, "clip": 9.0},
        )

    def fit(self, task, parameters, train, validation, resources):
        model = super().fit(task, parameters, train, validation, resources)
        if task.kind is not TaskKind.REGRESSION:
            model[:-1] *= 1.0 + 0.001 * parameters.get("clip", 9.0)
        return model


class RefitsOnNoise(Right):
    def fit(self, task, parameters, rows, validation, resources):
        if validation is None:
            y = np.random.default_rng(9).permutation(rows.y)
            rows = Rows(rows.X, y, rows.weight)
        return super().fit(task, parameters, rows, validation, resources)


class ForgetsAbsentClasses(Right):
    """It stores the classes of the fold, and counts them from 0 when it loads."""

    def dump(self, model):
        present = model[-1] > 0
        if model.shape[1] == 1 or present.all():
            return super().dump(model)
        return super().dump(np.hstack([model[:, present], model[:, ~present]]))


class FixesItsSeed(Right):
    """It fits three of four rows, drawn by a seed of its own."""

    def fit(self, task, parameters, rows, validation, resources):
        n_rows = len(rows.y)
        if n_rows > 10:
            kept = np.random.default_rng(0).permutation(n_rows)[: 3 * n_rows // 4]
            weight = None if rows.weight is None else rows.weight[kept]
            rows = Rows(rows.X.take(kept), rows.y[kept], weight)
        return super().fit(task, parameters, rows, validation, resources)


class PredictsOnAllCores(Classes):
    def predict(self, model, X, task):
        if X.n_rows > 2000:
            threads = [threading.Thread(target=_burn, args=(0.04,)) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return super().predict(model, X, task)


class KeepsItsModel(Classes):
    """The model is an attribute, and `predict` does not look at its argument."""

    def fit(self, task, parameters, rows, validation, resources):
        self.model = super().fit(task, parameters, rows, validation, resources)
        return self.model

    def predict(self, model, X, task):
        return super().predict(self.model, X, task)

    def load(self, parts):
        self.model = super().load(parts)
        return self.model


class NeedsFewClasses(Right):
    def fit(self, task, parameters, rows, validation, resources):
        if task.n_classes > 4 and np.bincount(rows.y).min() < 2:
            raise ValueError("The least populated class has only 1 member")
        return super().fit(task, parameters, rows, validation, resources)


class MixesManyClasses(Right):
    """From ten classes on their names are sorted as text."""

    def predict(self, model, X, task):
        probabilities = super().predict(model, X, task)
        return probabilities[:, ::-1] if task.n_classes > 4 else probabilities


class StoresDefaultOnly(Right):
    """What is far from the default is rounded when it is stored."""

    def fit(self, task, parameters, rows, validation, resources):
        model = super().fit(task, parameters, rows, validation, resources)
        ridge = np.full((1, model.shape[1]), parameters.get("ridge", 0.01))
        return np.vstack([model, ridge])

    def predict(self, model, X, task):
        return super().predict(model[:-1], X, task)

    def dump(self, model):
        return super().dump(model if model[-1, 0] == 0.01 else model.round(3))


class ScalesByAllRows(Right):
    """Columns are divided by their spread among training and validation rows."""

    def fit(self, task, parameters, rows, validation, resources):
        both = [rows.X.values, *([] if validation is None else [validation.X.values])]
        spread = 1.0 + np.nanstd(np.vstack(both), axis=0)
        spread = np.nan_to_num(spread, nan=1.0, posinf=1e9).clip(1.0, 1e9)
        X = Matrix(rows.X.values / spread, rows.X.names)
        rows = Rows(X, rows.y, rows.weight)
        model = super().fit(task, parameters, rows, validation, resources)
        model[: len(spread)] /= spread[:, None]
        return model


class LooksAtNoClock(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        _burn(0.3 * len(rows.y) / 1000)
        return super().fit(task, parameters, rows, validation, resources)


class CostsTooMuch(Classes):
    def cost(self, task, parameters, n_rows):
        return 1000 * super().cost(task, parameters, n_rows)


class CostsTooLittle(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        if parameters.get("ridge") == 1.0:
            _burn(0.1)
        return super().fit(task, parameters, rows, validation, resources)

    def cost(self, task, parameters, n_rows):
        return 1e-3 * super().cost(task, parameters, n_rows)


class CostsAlikeForAnyColumns(Classes):
    def cost(self, task, parameters, n_rows):
        return 0.01 + 1e-6 * n_rows


class CostsAlikeForAnyClasses(Right):
    """A class takes 25 ms more, which `cost` does not know."""

    def fit(self, task, parameters, train, validation, resources):
        _burn(0.025 * (task.n_classes - 3))
        return super().fit(task, parameters, train, validation, resources)

    def cost(self, task, parameters, n_rows):
        return 0.01 + 1e-6 * n_rows * task.n_features


class WaitsInItsHints(Classes):
    def cost(self, task, parameters, n_rows):
        time.sleep(0.01)
        return super().cost(task, parameters, n_rows)


class IgnoresMonotone(Right):
    tasks = frozenset({TaskKind.REGRESSION})

    def __init__(self, monotone=None):
        self.monotone = monotone

    def columns(self, X):
        columns = super().columns(X)
        return np.column_stack([np.sin(2 * columns[:, :-1]), columns])


class IgnoresQuantiles(Right):
    tasks = frozenset({TaskKind.REGRESSION})

    def __init__(self, quantile=None):
        self.quantile = quantile


class Rounds(Right):
    """Gradient descent on waves of the columns, stopped by the validation rows.

    The model has a row of the number of rounds.
    """

    tasks = frozenset({TaskKind.BINARY})
    patience = 60
    most = 150

    def fit(self, task, parameters, rows, validation, resources):
        columns = self.columns(rows.X)
        weight = self.weight(rows)
        center = (weight * np.eye(task.n_classes)[rows.y]).mean(axis=0)
        target = np.eye(task.n_classes)[rows.y] - center
        slopes = np.zeros((columns.shape[1], task.n_classes))
        rate = 1.5 / max(1.0, (weight * columns**2).sum(axis=1).mean())
        best, best_loss, best_round = slopes, np.inf, 0
        n_rounds = parameters.get("rounds", self.most)
        penalty = parameters.get("ridge", 0.01)
        for done in range(n_rounds + 1):
            if validation is not None and validation.X.n_rows:
                loss = self.judge(np.vstack([slopes, center]), validation, task)
                if loss < best_loss:
                    best, best_loss, best_round = slopes, loss, done
                elif done - best_round >= self.patience:
                    break
            if resources.seconds_left() == 0:
                break
            gradient = columns.T @ (weight * (target - columns @ slopes))
            slopes = slopes + rate * (gradient / len(columns) - penalty * slopes)
        if validation is not None and validation.X.n_rows:
            slopes, done = self.choose(best, best_round, slopes, done)
        return np.vstack([slopes, center, np.full_like(center, done)])

    def choose(self, best, best_round, last, last_round):
        return best, best_round

    def weight(self, rows):
        weight = np.ones(len(rows.y)) if rows.weight is None else rows.weight
        return (weight / weight.mean())[:, None]

    def judge(self, model, validation, task):
        probabilities = super().predict(model, validation.X, task)
        picked = probabilities[np.arange(len(validation.y)), validation.y]
        return -(self.weight(validation)[:, 0] * np.log(picked)).mean()

    def columns(self, X):
        columns = super().columns(X)
        waves = np.random.default_rng(0).normal(size=(columns.shape[1], 60))
        return np.hstack([columns, np.cos(columns @ waves) * columns.shape[1] ** 0.5])

    def predict(self, model, X, task):
        if len(model) != X.n_features + 63:
            raise ValueError("another number of columns")
        return super().predict(model[:-1], X, task)

    def refit_parameters(self, parameters, models):
        return {**parameters, "rounds": round(np.mean([m[-1, 0] for m in models]))}


class KeepsItsLastRound(Rounds):
    def choose(self, best, best_round, last, last_round):
        return last, last_round


class StopsByUnweightedRows(Rounds):
    def judge(self, model, validation, task):
        rows = Rows(validation.X, validation.y)
        return super().judge(model, rows, task)


class Crashes(Classes):
    def fit(self, task, parameters, rows, validation, resources):
        os.abort()


class Hangs(Classes):
    def fit(self, task, parameters, rows, validation, resources):
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

WRONG = [
    (WholeWeights, "weights-in-proportion"),
    (RootsOfWeights, "weights-in-proportion"),
    (IgnoresCategories, "categories"),
    (IgnoresParameters, "parameters"),
    (IgnoresOneParameter, "parameters"),
    (RefitsOnNoise, "refit-learns"),
    (ForgetsAbsentClasses, "dump-variants"),
    (FixesItsSeed, "seed"),
    (PredictsOnAllCores, "predict-threads"),
    (KeepsItsModel, "two-models"),
    (NeedsFewClasses, "many-classes"),
    (MixesManyClasses, "many-classes"),
    (StoresDefaultOnly, "dump-variants"),
    (ScalesByAllRows, "validation-columns"),
    (LooksAtNoClock, "clock"),
    (CostsTooMuch, "cost-measured"),
    (CostsTooLittle, "cost-measured"),
    (CostsAlikeForAnyColumns, "cost-measured"),
    (CostsAlikeForAnyClasses, "cost-measured"),
    (WaitsInItsHints, "hint-time"),
    (IgnoresMonotone, "monotone"),
    (IgnoresQuantiles, "quantile"),
    (KeepsItsLastRound, "best-round"),
    (StopsByUnweightedRows, "validation-weights"),
]
"""Learners that are wrong and do not fail, with the check that has to name each."""
