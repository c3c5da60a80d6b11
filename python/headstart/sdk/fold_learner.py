"""What all built-in learners share: the target of a fold, and how a model is stored.

It is for learners of plugins too. A learner of this kind fits and predicts a coded
target (`FoldTarget`): present classes counted from 0, or values centred and scaled. A
fold of one class or one value, or without a usable column, needs no model at all.
"""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headstart.base import FloatArray, Learner, Matrix, Parameters, Parts, Resources
from headstart.base.arrays import require
from headstart.base.rows import Rows
from headstart.base.task import Task
from headstart.exceptions import ArtifactError
from headstart.machine.process_state import limit_threads
from headstart.sdk.fold_target import FoldTarget

__all__ = ["FittedFold", "FoldLearner", "code_rows", "one_part"]

_TARGET_PART = "target.json"
_MAX_TARGET_BYTES = 1 << 24


@dataclass(frozen=True, eq=False)
class FittedFold:
    """What the `fit` of a `FoldLearner` returns.

    Parameters
    ----------
    target : FoldTarget
    n_features : int
        Columns it was fitted on.
    model : object or None
        What `fit_model` returned; None where there was nothing to learn.
    """

    target: FoldTarget
    n_features: int
    model: Any = None


class FoldLearner(Learner):
    """A learner that says how to fit, predict, dump and load a coded target.

    The easiest base for a method of one's own: a subclass gives `name`, `search_space`,
    `fit_model`, `predict_model`, `dump_model` and `load_model`, and is spared folds of
    one class or without a usable column, classes that a fold lacks, units of targets
    and weights, threads of BLAS, and matrices of another width.
    """

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> Any:
        """Fit on coded rows, at least two classes or values of them.

        Parameters
        ----------
        task : Task
            That of the fold: ``n_classes`` counts the classes of its training rows, and
            one of two classes is binary. See `fold_task`.
        parameters : mapping
            Complete: what the search left out is the default's.
        rows : Rows
            Targets are the classes of the fold counted from 0, or values of mean 0 and
            scale 1; weights, where there are some, have mean 1.
        validation : Rows or None
            Rows to stop early by, coded alike; None where there are none.
        resources : Resources
            Seed, threads and deadline.
        """
        raise NotImplementedError

    def predict_model(self, model: Any, X: Matrix, target: FoldTarget) -> FloatArray:
        """Predict rows that the checks let through.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, target.n_present)
            Coded values; the probability of the second of two classes; or a share a
            class of the fold, which need not sum to 1.
        """
        raise NotImplementedError

    def dump_model(self, model: Any) -> Parts:
        """Return the parts of a model."""
        raise NotImplementedError

    def load_model(self, parts: Parts, n_features: int, target: FoldTarget) -> Any:
        """Return the model of `parts`; raise `ArtifactError` for nonsense."""
        raise NotImplementedError

    def can_learn(self, X: Matrix) -> bool:
        """Whether anything can be learnt from these columns."""
        return X.n_features > 0

    def learn_target(self, task: Task, rows: Rows) -> FoldTarget:
        """Return the coding of the target of training rows."""
        return FoldTarget.learn(task, rows)

    def fold_task(self, task: Task, parameters: Parameters, target: FoldTarget) -> Task:
        """Return the task that `fit_model` is given: that of the fold's classes.

        Parameters
        ----------
        task : Task
        parameters : mapping
            Complete.
        target : FoldTarget
        """
        del parameters
        return task.with_classes(target.n_present)

    def around_fit(self, resources: Resources) -> AbstractContextManager[None]:
        """Return what `fit_model` runs in: BLAS and OpenMP keep to their threads."""
        return limit_threads(resources.threads)

    def fit(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> FittedFold:
        """Fit on the coded rows by `fit_model`; see `Learner.fit`."""
        target = self.learn_target(task, rows)
        n_features = rows.X.n_features
        if target.is_constant or not self.can_learn(rows.X):
            return FittedFold(target, n_features)
        completed = {**self.search_space(task).default, **parameters}
        coded = code_rows(rows, target)
        stop_by = None if validation is None else code_rows(validation, target)
        if stop_by is not None and stop_by.X.n_rows == 0:
            stop_by = None
        fold = self.fold_task(task, completed, target)
        with self.around_fit(resources):
            model = self.fit_model(fold, completed, coded, stop_by, resources)
        return FittedFold(target, n_features, model)

    def predict(self, model: Any, X: Matrix, task: Task) -> FloatArray:
        """Predict probabilities or values; see `Learner.predict`."""
        del task
        fitted: FittedFold = model
        if X.n_features != fitted.n_features:
            raise ValueError(
                f"The model of learner {self.name!r} must be given "
                f"{fitted.n_features} columns. Got {X.n_features} instead."
            )
        if fitted.model is None or X.n_rows == 0:
            return fitted.target.constant(X.n_rows)
        coded = self.predict_model(fitted.model, X, fitted.target)
        prediction = fitted.target.decode(coded)
        if not np.isfinite(prediction).all():
            raise ValueError(
                f"The predictions of learner {self.name!r} must be finite. Got NaN or "
                "infinite values."
            )
        return prediction

    def dump(self, model: Any) -> Parts:
        """Return the fitted model as named bytes; see `Learner.dump`."""
        fitted: FittedFold = model
        record = {
            "target": fitted.target.to_record(),
            "n_features": fitted.n_features,
            "is_constant": fitted.model is None,
        }
        parts = {_TARGET_PART: json.dumps(record, sort_keys=True).encode()}
        if fitted.model is not None:
            parts |= self.dump_model(fitted.model)
        return parts

    def load(self, parts: Parts) -> FittedFold:
        """Return the model that `dump` wrote; see `Learner.load`."""
        try:
            return self._load(parts)
        except ArtifactError:
            raise
        except Exception as error:
            raise ArtifactError(
                f"The stored model of learner {self.name!r} cannot be read: {error!r}"
            ) from error

    def check_model(self, model: Any, task: Task, n_features: int) -> None:
        """Check the coding of its target and its width; see `Learner.check_model`."""
        fitted: FittedFold = model
        require(
            fitted.target.prior.size == task.n_classes,
            f"The stored model of learner {self.name!r} is of "
            f"{fitted.target.prior.size} classes, and the task has {task.n_classes}.",
        )
        require(
            fitted.n_features == n_features,
            f"The stored model of learner {self.name!r} was fitted on "
            f"{fitted.n_features} columns, and would be given {n_features}.",
        )

    def _load(self, parts: Parts) -> FittedFold:
        rest = dict(parts)
        data = rest.pop(_TARGET_PART, b"")
        require(
            0 < len(data) <= _MAX_TARGET_BYTES,
            f"The stored model of learner {self.name!r} lacks its {_TARGET_PART}.",
        )
        record = json.loads(data)
        require(
            isinstance(record, Mapping)
            and type(record.get("n_features")) is int
            and record["n_features"] >= 0
            and type(record.get("is_constant")) is bool,
            f"The {_TARGET_PART} of learner {self.name!r} makes no sense.",
        )
        target = FoldTarget.from_record(record.get("target"))
        n_features = record["n_features"]
        if record["is_constant"]:
            require(not rest, f"A constant model has parts too many: {sorted(rest)}.")
            return FittedFold(target, n_features)
        require(
            not target.is_constant and n_features > 0,
            "A model of a constant target must be constant.",
        )
        return FittedFold(target, n_features, self.load_model(rest, n_features, target))


def one_part(parts: Parts, name: str) -> bytes:
    """Return the only part there may be.

    Raises
    ------
    ArtifactError
        If there are others, or none.
    """
    require(
        list(parts) == [name],
        f"The stored model must consist of {name!r}. Got {sorted(parts)} instead.",
    )
    return parts[name]


def softmax(scores: FloatArray) -> FloatArray:
    """Return the rows' softmax; finite for all finite scores."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def code_rows(rows: Rows, target: FoldTarget) -> Rows:
    """Return the rows whose target can be encoded, coded, with weights of mean 1."""
    known = target.knows(rows.y)
    if not known.all():
        rows = rows.take(np.flatnonzero(known))
    weight = rows.weight
    if weight is not None and weight.size:
        # How strongly a learner regularises must not depend on the weights' unit.
        weight = weight / weight.mean()
    return replace(rows, y=target.encode(rows.y), weight=weight)
