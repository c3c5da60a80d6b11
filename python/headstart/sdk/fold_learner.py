"""The base of all built-in learners: the coding of a fold's target and model storage.

Plugins may use it too. The learner fits and predicts a coded target (`FoldTarget`):
classes of the fold counted from 0, or values centred and scaled. A fold with one class
or value, or without a usable column, has no model.
"""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from headstart.base import FloatArray, Learner, Matrix, Parameters, Parts, Resources
from headstart.base.arrays import require
from headstart.base.rows import Rows
from headstart.base.task import Task
from headstart.exceptions import ArtifactError
from headstart.machine.process_state import limit_threads
from headstart.predict import FoldTarget, StoredModel

__all__ = ["FittedFold", "FoldLearner", "code_rows", "one_part"]

_TARGET_PART = "target.json"
_MAX_TARGET_BYTES = 1 << 24


@dataclass(frozen=True, eq=False)
class FittedFold:
    """The result of `FoldLearner.fit`.

    Parameters
    ----------
    target : FoldTarget
    n_features : int
        Number of columns of the training matrix.
    model : object or None
        The result of `fit_model`; None if there is nothing to learn.
    """

    target: FoldTarget
    n_features: int
    model: Any = None


class FoldLearner(Learner):
    """A learner whose subclasses fit, predict, dump and load with a coded target.

    It is the easiest base for a new method. A subclass defines `name`, `search_space`
    and `fit_model`, and either `stored_as` or the three methods `predict_model`,
    `dump_model` and `load_model`. This class handles folds with one class or without a
    usable column, classes that a fold lacks, the scale of targets and weights, threads
    of BLAS, and matrices with a wrong number of columns.

    Attributes
    ----------
    stored_as : type of StoredModel, optional
        Class of the models that `fit_model` returns, if headstart itself evaluates
        them: a saved model then predicts without the plugin of this learner.
    """

    stored_as: ClassVar[type[StoredModel] | None] = None

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> Any:
        """Fit on coded rows with at least two different targets; return the model.

        Parameters
        ----------
        task : Task
            Task of the fold: ``n_classes`` is the number of classes in its training
            rows, and a task with two classes is binary. See `fold_task`.
        parameters : mapping
            Complete parameters, with defaults for those that are not searched.
        rows : Rows
            Targets are the fold's classes counted from 0, or values with mean 0 and
            scale 1; weights, if there are any, have mean 1.
        validation : Rows or None
            Rows for early stopping, in the same coding; None if there are none.
        resources : Resources
            Seed, threads and deadline.
        """
        raise NotImplementedError

    def predict_model(self, model: Any, X: Matrix, target: FoldTarget) -> FloatArray:
        """Return coded predictions for rows that have passed the checks.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, target.n_present)
            Coded values; the probability of the second of two classes; or one share per
            class of the fold, which need not sum to 1.
        """
        del target
        self._stored_as("predict_model")
        return np.asarray(model.apply(X.values))

    def dump_model(self, model: Any) -> Parts:
        """Return the parts of a model."""
        self._stored_as("dump_model")
        parts: Parts = model.to_parts()
        return parts

    def load_model(self, parts: Parts, n_features: int, target: FoldTarget) -> Any:
        """Return the model of `parts`; raise `ArtifactError` if they are invalid."""
        model = self._stored_as("load_model").from_parts(parts)
        require(
            model.n_features == n_features and model.n_classes == target.n_present,
            f"The stored model of learner {self.name!r} is one of {model.n_features} "
            f"columns and {model.n_classes} classes. Its description has {n_features} "
            f"and {target.n_present}.",
        )
        return model

    def can_learn(self, X: Matrix) -> bool:
        """Return whether anything can be learnt from these columns."""
        return X.n_features > 0

    def learn_target(self, task: Task, rows: Rows) -> FoldTarget:
        """Return the coding of the target of training rows."""
        return FoldTarget.learn(task, rows)

    def fold_task(self, task: Task, parameters: Parameters, target: FoldTarget) -> Task:
        """Return the task for `fit_model`, with the number of the fold's classes.

        Parameters
        ----------
        task : Task
        parameters : mapping
            Complete parameters.
        target : FoldTarget
        """
        del parameters
        return task.with_classes(target.n_present)

    def around_fit(self, resources: Resources) -> AbstractContextManager[None]:
        """Return the context of `fit_model`, which limits BLAS and OpenMP threads."""
        return limit_threads(resources.threads)

    def fit(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> FittedFold:
        """Fit on the coded rows with `fit_model`; see `Learner.fit`."""
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
        """Return probabilities or values; see `Learner.predict`."""
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
        """Check the target's coding and the columns; see `Learner.check_model`."""
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

    def _stored_as(self, method: str) -> type[StoredModel]:
        if self.stored_as is None:
            raise NotImplementedError(
                f"Learner {self.name!r} must define {method}(), or stored_as."
            )
        return self.stored_as

    def _load(self, parts: Parts) -> FittedFold:
        model_parts = dict(parts)
        data = model_parts.pop(_TARGET_PART, b"")
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
            f"The {_TARGET_PART} of learner {self.name!r} is invalid.",
        )
        target = FoldTarget.from_record(record.get("target"))
        n_features = record["n_features"]
        if record["is_constant"]:
            require(
                not model_parts,
                f"A constant model must not have parts {sorted(model_parts)}.",
            )
            return FittedFold(target, n_features)
        require(
            not target.is_constant and n_features > 0,
            "A model of a constant target must be constant.",
        )
        return FittedFold(
            target, n_features, self.load_model(model_parts, n_features, target)
        )


def one_part(parts: Parts, name: str) -> bytes:
    """Return the part `name`, which must be the only one.

    Raises
    ------
    ArtifactError
        If there are other parts, or none.
    """
    require(
        list(parts) == [name],
        f"The stored model must consist of {name!r}. Got {sorted(parts)} instead.",
    )
    return parts[name]


def code_rows(rows: Rows, target: FoldTarget) -> Rows:
    """Return the rows whose target can be coded, with weights of mean 1."""
    codable = target.knows(rows.y)
    if not codable.all():
        rows = rows.take(np.flatnonzero(codable))
    weight = rows.weight
    if weight is not None and weight.size:
        # The strength of regularisation must not depend on the weights' unit.
        weight = weight / weight.mean()
    return replace(rows, y=target.encode(rows.y), weight=weight)
