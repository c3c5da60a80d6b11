"""A transform that is right, and one for each check that is wrong in that respect."""

import ctypes
import io
import sys
import time

import numpy as np
import polars as pl

from headstart.base import Choice, Float, SearchSpace, TaskKind, Transform
from headstart.base.arrays import pack_arrays, require, unpack_arrays
from headstart.exceptions import ArtifactError

_FORM = {"center": ("f", 1)}


class Right(Transform):
    """Distances from the training median, squashed."""

    name = "right"
    tasks = frozenset({TaskKind.BINARY})

    def search_space(self, task):
        return SearchSpace({"power": Float(0.5, 2.0)}, default={"power": 1.0})

    def fit(self, task, parameters, rows, validation, resources):
        center = [self.median(rows.X[name]) for name in rows.X.columns]
        return np.array([*center, parameters["power"]])

    def median(self, series):
        median = series.median()
        return 0.0 if median is None else median

    def transform(self, fitted, X, task):
        return pl.DataFrame(
            {
                f"far_{name}": (X[name] - center).abs().clip(0.0, 1e9) ** fitted[-1]
                for name, center in zip(X.columns, fitted[:-1], strict=True)
            }
        )

    def dump(self, fitted):
        return {"center.safetensors": pack_arrays({"center": fitted})}

    def load(self, parts):
        require(list(parts) == ["center.safetensors"], "There must be one part.")
        return unpack_arrays(parts["center.safetensors"], _FORM)["center"]


class TargetMean(Right):
    """The mean target of rows on the same side of the median."""

    reads_target = True

    def fit(self, task, parameters, rows, validation, resources):
        return np.array([float(np.mean(rows.y)), 1.0])

    def transform(self, fitted, X, task):
        return pl.DataFrame({"mean": np.full(X.height, fitted[0])})


class Declares(Right):
    order = "first"


class CannotTravel(Right):
    def __init__(self):
        self.log = io.TextIOWrapper(io.BytesIO())


class OutOfSpace(Right):
    def precedents(self, task):
        return ({"power": 5.0},)


class CostsNothing(Right):
    def cost(self, task, parameters, n_rows):
        return 1.0


class WantsOtherColumns(Right):
    def columns(self, table, task):
        return ("a",) if "a" in table.numeric else ("income",)


class CannotFit(Right):
    def fit(self, task, parameters, rows, validation, resources):
        raise RuntimeError("no fit today")


class ForgetsAColumn(Right):
    def transform(self, fitted, X, task):
        made = super().transform(fitted, X, task)
        return made if X.height == 60 else made.drop("far_b")


class DrawsItsSeed(Right):
    def fit(self, task, parameters, rows, validation, resources):
        fitted = super().fit(task, parameters, rows, validation, resources)
        return fitted + 1e-6 * np.random.default_rng().normal(size=len(fitted))


class FailsAtTheEnd(Right):
    def search_space(self, task):
        return SearchSpace({"how": Choice("well", "badly")}, default={"how": "well"})

    def fit(self, task, parameters, rows, validation, resources):
        if parameters["how"] == "badly":
            raise ValueError("no such way")
        return super().fit(task, {"power": 1.0}, rows, validation, resources)


class CentresEachBatch(Right):
    def transform(self, fitted, X, task):
        made = super().transform(fitted, X, task)
        return made if X.height == 60 else made - made.mean() if X.height else made

    def fit_transform(self, task, parameters, rows, validation, resources):
        fitted = self.fit(task, parameters, rows, validation, resources)
        return fitted, self.transform(fitted, rows.X, task)


class NeedsARow(Right):
    def transform(self, fitted, X, task):
        if not X.height:
            raise ValueError("Found array with 0 samples")
        return super().transform(fitted, X, task)


class TreatsTrainingOtherwise(Right):
    def fit_transform(self, task, parameters, rows, validation, resources):
        fitted, made = super().fit_transform(
            task, parameters, rows, validation, resources
        )
        return fitted, made * 2


class LeaksTheTarget(TargetMean):
    def fit_transform(self, task, parameters, rows, validation, resources):
        fitted = self.fit(task, parameters, rows, validation, resources)
        return fitted, self.transform(fitted, rows.X, task)


class DislikesEmptyColumns(Right):
    def median(self, series):
        return series.drop_nulls()[0] * 0.0 + super().median(series)


class DislikesNewNumbers(Right):
    def transform(self, fitted, X, task):
        if (X["a"].max() or 0.0) > 1e20:
            raise OverflowError("too large")
        return super().transform(fitted, X, task)


class DividesBySpread(Right):
    def fit(self, task, parameters, rows, validation, resources):
        if rows.X["c"].n_unique() == 1:
            raise ZeroDivisionError("division by zero")
        return super().fit(task, parameters, rows, validation, resources)


class NeedsRows(Right):
    def fit(self, task, parameters, rows, validation, resources):
        if rows.X.height < 10:
            raise ValueError("n_components must be less than n_samples")
        return super().fit(task, parameters, rows, validation, resources)


class WritesToItsInput(Right):
    """Past polars, as compiled code would, and in a column that it makes no use of."""

    def transform(self, fitted, X, task):
        made = super().transform(fitted, X, task).drop("far_c")
        if X.height:
            place = X["c"].to_numpy().ctypes.data
            ctypes.c_double.from_address(place).value = 99.0
        return made


class Prints(Right):
    def fit(self, task, parameters, rows, validation, resources):
        sys.stdout.write("iteration 1 of 100\n")
        return super().fit(task, parameters, rows, validation, resources)


class StoresSinglePrecision(Right):
    def dump(self, fitted):
        return super().dump(fitted.astype(np.float32).astype(np.float64))


class LoadsAnything(Right):
    def load(self, parts):
        try:
            return super().load(parts)
        except ArtifactError:
            return np.ones(4)


class Hangs(Right):
    def fit(self, task, parameters, rows, validation, resources):
        while True:
            time.sleep(1)


BROKEN = {
    "declaration": Declares,
    "worker-copy": CannotTravel,
    "space": OutOfSpace,
    "cost": CostsNothing,
    "scope": WantsOtherColumns,
    "fits": CannotFit,
    "output-form": ForgetsAColumn,
    "deterministic": DrawsItsSeed,
    "every-point-fits": FailsAtTheEnd,
    "batches": CentresEachBatch,
    "no-rows": NeedsARow,
    "training-rows": TreatsTrainingOtherwise,
    "target-leak": LeaksTheTarget,
    "missing-column": DislikesEmptyColumns,
    "unseen-values": DislikesNewNumbers,
    "constant-columns": DividesBySpread,
    "few-rows": NeedsRows,
    "input-unchanged": WritesToItsInput,
    "side-effects": Prints,
    "dump-load": StoresSinglePrecision,
    "damaged-parts": LoadsAnything,
}
"""By the check that has to name it."""
