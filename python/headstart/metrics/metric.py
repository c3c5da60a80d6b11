"""The interface of metrics."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, TaskKind

__all__ = ["Metric", "Needs", "Target", "predicted_codes"]

Needs = Literal["probability", "label", "value"]
Target = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True)
class Metric(ABC):
    """A measure of the quality of predictions.

    Parameters
    ----------
    name : str
    kinds : frozenset of TaskKind
        Kinds of problem it is for.
    greater_is_better : bool
        Direction of `score`.
    needs : {"probability", "label", "value"}
        What of a prediction it looks at.
    undefined : float or None
        Stands in for the score in `loss` where it is NaN; None where it must not be.
    """

    name: str
    kinds: frozenset[TaskKind]
    greater_is_better: bool
    needs: Needs
    undefined: float | None = field(default=None, kw_only=True)

    @property
    def least_loss(self) -> float | None:
        """Lower bound of the loss; None if unknown."""
        return None

    @abstractmethod
    def score(
        self,
        y: Target,
        prediction: FloatArray,
        weight: FloatArray | None = None,
        *,
        n_threads: int = 1,
    ) -> float:
        """Return the score in the metric's own direction.

        Parameters
        ----------
        y : ndarray of shape (n_rows,)
            Class codes, or values.
        prediction : ndarray of shape (n_rows,) or (n_rows, n_classes)
            Values; probabilities of class 1; or, above two classes, probabilities of
            all, rows summing to 1. Finite. A label is the likeliest class, of equal
            ones the first.
        weight : ndarray of shape (n_rows,) or None
            Weights of rows: not negative, not all 0. An integer weight counts as that
            many equal rows.
        n_threads : int, default=1
            The score is the same to the last bit for any number.

        Returns
        -------
        float
            NaN where `y` leaves it undefined: an area under the curve of one class.

        Raises
        ------
        ValueError
            If shapes do not fit, or numbers are not what the metric takes.
        """

    def loss(
        self,
        y: Target,
        prediction: FloatArray,
        weight: FloatArray | None = None,
        *,
        n_threads: int = 1,
    ) -> float:
        """Return the score such that lower is better; never NaN.

        Where the score is undefined, the loss is that of a prediction without skill, so
        that losses of folds can be averaged.

        Raises
        ------
        ValueError
            As `score`, and where a metric returns NaN that has no `undefined`.
        """
        score = self.score(y, prediction, weight, n_threads=n_threads)
        if math.isnan(score):
            if self.undefined is None:
                raise ValueError(
                    f"Metric {self.name!r} returned NaN for {len(y)} rows. It must "
                    "return a number for any rows it is given."
                )
            score = self.undefined
        return -score if self.greater_is_better else score

    def __str__(self) -> str:
        return self.name


def one_column(outputs: FloatArray) -> FloatArray:
    """Return outputs as metrics take them: a vector where there is one column.

    Parameters
    ----------
    outputs : ndarray of shape (n_rows, n_outputs)

    Returns
    -------
    ndarray of shape (n_rows,) or (n_rows, n_outputs)
    """
    return outputs[:, 0] if outputs.shape[1] == 1 else outputs


def predicted_codes(prediction: NDArray[Any]) -> NDArray[np.int64]:
    """Return the class codes predicted by probabilities.

    Examples
    --------
    >>> predicted_codes(np.array([0.2, 0.5, 0.7]))
    array([0, 0, 1])
    """
    if prediction.ndim == 1:
        return (prediction > 0.5).astype(np.int64)
    return np.asarray(prediction.argmax(axis=1), dtype=np.int64)
