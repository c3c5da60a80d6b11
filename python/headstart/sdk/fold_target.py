"""A fold's target as boosting libraries want it, and the way back.

A fold may lack a class of the task, or hold one class only; a regression target may
have a scale that a library's single precision cannot hold. `FoldTarget` hides both:
classes are counted from 0 without gaps, values are centred and scaled.
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
    """How the target of one fold was coded.

    Parameters
    ----------
    prior : ndarray of shape (n_classes,)
        Shares of the classes in the fold, one row of each added, so none is 0. Empty
        for regression.
    classes : ndarray of shape (n_present,)
        Class codes that the fold has, ascending. Empty for regression.
    center, scale : float
        Regression: the library sees ``(y - center) / scale``.
    is_constant : bool
        One class or one value only: there is nothing to learn.

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
        """Look at the training rows of a fold."""
        if task.kind.is_classification:
            codes = np.asarray(train.y, dtype=np.int64)
            counts = np.bincount(codes, weights=train.weight, minlength=task.n_classes)
            present = np.unique(codes)
            # A class of weight 1 row is added, in the weights' own unit.
            unit = 1.0 if train.weight is None else float(np.mean(train.weight))
            prior = np.asarray(
                (counts + unit) / np.sum(counts + unit), dtype=np.float64
            )
            return cls(prior, present, is_constant=present.size < 2)
        y = np.asarray(train.y, dtype=np.float64)
        nothing = (np.zeros(0), np.zeros(0, dtype=np.int64))
        # Divided first, so that values near the largest double do not overflow.
        unit = max(1.0, float(np.max(np.abs(y))))
        center = float(np.average(y / unit, weights=train.weight)) * unit
        spread = float(np.std(y / unit)) * unit
        if np.ptp(y / unit) == 0.0 or not 0.0 < spread < math.inf:
            return cls(*nothing, float(y[0]), 1.0, is_constant=True)
        return cls(*nothing, center, spread)

    @property
    def is_classification(self) -> bool:
        """Whether the target is a class."""
        return self.classes.size > 0

    @property
    def n_present(self) -> int:
        """Classes the library is told of; 0 for regression."""
        return int(self.classes.size)

    def knows(self, y: NDArray[Any]) -> NDArray[np.bool_]:
        """Return a mask of the rows whose target can be encoded."""
        if self.is_classification:
            return np.isin(y, self.classes)
        return np.ones(len(y), dtype=bool)

    def encode(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return `y` as the library sees it; classes must be known."""
        if self.is_classification:
            return np.searchsorted(self.classes, y)
        return (np.asarray(y, dtype=np.float64) - self.center) / self.scale

    def constant(self, n_rows: int) -> FloatArray:
        """Return the prediction of a model that has learnt nothing but the target."""
        if self.is_classification:
            return np.tile(self.prior, (n_rows, 1))
        return np.full(n_rows, self.center)

    def decode(self, prediction: FloatArray) -> FloatArray:
        """Return the library's prediction in the form that `Learner.predict` gives.

        Parameters
        ----------
        prediction : ndarray of shape (n_rows,) or (n_rows, n_present)
            Values; the probability of the second of two classes; or one column a
            present class.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_classes)
            A class that the fold lacks has its share in `prior`.
        """
        found = np.asarray(prediction, dtype=np.float64)
        if not self.is_classification:
            return np.asarray(found.reshape(-1) * self.scale + self.center)
        if found.ndim == 1:
            found = np.column_stack([1.0 - found, found])
        found = found / found.sum(axis=1, keepdims=True)
        if self.n_present == self.prior.size:
            return np.asarray(found)
        probabilities = np.tile(self.prior, (len(found), 1))
        probabilities[:, self.classes] = found * self.prior[self.classes].sum()
        return np.asarray(probabilities / probabilities.sum(axis=1, keepdims=True))

    def to_record(self) -> dict[str, Any]:
        """Return what `from_record` reads, fit for JSON."""
        return {
            "prior": self.prior.tolist(),
            "classes": self.classes.tolist(),
            "center": self.center,
            "scale": self.scale,
            "is_constant": self.is_constant,
        }

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """Read what `to_record` wrote.

        Raises
        ------
        ArtifactError
            If the record is of another form or makes no sense.
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
        sound = (
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
        if not sound:
            raise ArtifactError(
                "The coding of a model's target makes no sense: "
                f"{json.dumps(record)[:200]}."
            )
        return cls(prior, classes, center, scale, is_constant=is_constant)
