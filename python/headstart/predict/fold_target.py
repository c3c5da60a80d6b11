"""The coding of a fold's target for libraries, and its inverse.

A fold may lack a class of the task or have one class only, and a regression target may
exceed the single precision of a library. `FoldTarget` handles both: classes are counted
from 0 without gaps, values are centred and scaled.
"""

import json
import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, IntArray, Rows, Task
from headstart.exceptions import ArtifactError

__all__ = ["FoldTarget"]

_MAX_CLASSES = 100_000


@dataclass(frozen=True, eq=False)
class FoldTarget:
    """The coding of the target of one fold.

    Parameters
    ----------
    prior : ndarray of shape (n_classes,)
        Shares of the classes in the fold, with one row of each class added so that none
        is 0. Empty for regression.
    classes : ndarray of shape (n_present,)
        Codes of the classes in the fold, ascending. Empty for regression.
    center, scale : float
        For regression, the coded target is ``(y - center) / scale``.
    is_constant : bool
        Whether there is only one class or value, so that there is nothing to learn.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.base import Matrix, Rows, Task, TaskKind
    >>> task = Task(TaskKind.MULTICLASS, 3, 1, 0, n_classes=3, metric="log_loss")
    >>> X = Matrix(np.zeros((3, 1)), ("a",))
    >>> target = FoldTarget.learn(task, Rows(X, np.array([0, 2, 2])))
    >>> target.classes
    array([0, 2])
    >>> target.encode(np.array([2, 0, 2]))
    array([1, 0, 1])
    """

    prior: FloatArray
    classes: IntArray
    center: float = 0.0
    scale: float = 1.0
    is_constant: bool = False

    @classmethod
    def learn(cls, task: Task, train: Rows) -> Self:
        """Return the coding of the training rows of a fold."""
        if task.kind.is_classification:
            codes = np.asarray(train.y, dtype=np.int64)
            counts = np.bincount(codes, weights=train.weight, minlength=task.n_classes)
            present = np.unique(codes)
            # One row of each class is added, with the mean weight.
            unit = 1.0 if train.weight is None else float(np.mean(train.weight))
            prior = np.asarray(
                (counts + unit) / np.sum(counts + unit), dtype=np.float64
            )
            return cls(prior, present, is_constant=present.size < 2)
        y = np.asarray(train.y, dtype=np.float64)
        no_classes = (np.zeros(0), np.zeros(0, dtype=np.int64))
        # Divided first, so that values near the largest double do not overflow.
        unit = max(1.0, float(np.max(np.abs(y))))
        center = float(np.average(y / unit, weights=train.weight)) * unit
        spread = float(np.std(y / unit)) * unit
        if np.ptp(y / unit) == 0.0 or not 0.0 < spread < math.inf:
            return cls(*no_classes, float(y[0]), 1.0, is_constant=True)
        return cls(*no_classes, center, spread)

    @property
    def is_classification(self) -> bool:
        """True for classification."""
        return self.classes.size > 0

    @property
    def n_present(self) -> int:
        """Number of classes in the fold; 0 for regression."""
        return int(self.classes.size)

    def knows(self, y: NDArray[Any]) -> NDArray[np.bool_]:
        """Return a mask of the rows whose target can be encoded."""
        if self.is_classification:
            return np.isin(y, self.classes)
        return np.ones(len(y), dtype=bool)

    def encode(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return the coded `y`; all its classes must be in the fold."""
        if self.is_classification:
            return np.searchsorted(self.classes, y)
        return (np.asarray(y, dtype=np.float64) - self.center) / self.scale

    def constant(self, n_rows: int) -> FloatArray:
        """Return the prediction of a constant model."""
        if self.is_classification:
            return np.tile(self.prior, (n_rows, 1))
        return np.full(n_rows, self.center)

    def decode(self, prediction: FloatArray) -> FloatArray:
        """Return a coded prediction in the form of `Learner.predict`.

        Parameters
        ----------
        prediction : ndarray of shape (n_rows,) or (n_rows, n_present)
            Values; the probability of the second of two classes; or one column per
            class of the fold.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_classes)
            Classes that the fold lacks have their share in `prior`.
        """
        outputs = np.asarray(prediction, dtype=np.float64)
        if not self.is_classification:
            return np.asarray(outputs.reshape(-1) * self.scale + self.center)
        if outputs.ndim == 1:
            outputs = np.column_stack([1.0 - outputs, outputs])
        outputs = outputs / outputs.sum(axis=1, keepdims=True)
        if self.n_present == self.prior.size:
            return np.asarray(outputs)
        probabilities = np.tile(self.prior, (len(outputs), 1))
        probabilities[:, self.classes] = outputs * self.prior[self.classes].sum()
        return np.asarray(probabilities / probabilities.sum(axis=1, keepdims=True))

    def to_record(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {
            "prior": self.prior.tolist(),
            "classes": self.classes.tolist(),
            "center": self.center,
            "scale": self.scale,
            "is_constant": self.is_constant,
        }

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """Return the coding that `to_record` wrote.

        Raises
        ------
        ArtifactError
            If the record has another form or is inconsistent.
        """
        try:
            prior = np.array(record["prior"], dtype=np.float64)
            classes = np.array(record["classes"], dtype=np.int64)
            center, scale = float(record["center"]), float(record["scale"])
            is_constant = record["is_constant"]
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ArtifactError(
                f"The coding of a model's target cannot be read: {error}."
            ) from error
        is_consistent = (
            isinstance(is_constant, bool)
            and math.isfinite(center)
            and math.isfinite(scale)
            and scale > 0
            and prior.ndim == classes.ndim == 1
            and prior.size <= _MAX_CLASSES
            and (prior.size >= 2) == (classes.size >= 1)
            and bool(np.all((prior > 0) & (prior <= 1)))
            and (prior.size == 0 or abs(float(prior.sum()) - 1.0) < 1e-6)
            and bool(np.all(np.diff(classes) > 0))
            and bool(np.all((classes >= 0) & (classes < max(prior.size, 1))))
            and (is_constant or classes.size != 1)
        )
        if not is_consistent:
            raise ArtifactError(
                "The coding of a model's target is inconsistent: "
                f"{json.dumps(record)[:200]}."
            )
        return cls(prior, classes, center, scale, is_constant=is_constant)
