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
        Kinds of tasks for which the metric is defined.
    greater_is_better : bool
        Direction of `score`.
    needs : {"probability", "label", "value"}
        The form of the prediction that the metric uses.
    undefined : float or None
        Value that replaces a NaN score in `loss`; None if NaN is an error.
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
            Finite values, probabilities of class 1, or, for more than two classes,
            probabilities of all classes, whose rows sum to 1. The predicted label is
            the most probable class, the first one for ties.
        weight : ndarray of shape (n_rows,) or None
            Non-negative weights of rows, not all 0. An integer weight counts as that
            many equal rows.
        n_threads : int, default=1
            Does not affect the score.

        Returns
        -------
        float
            NaN if the score is undefined for `y`, such as the area under the ROC curve
            of one class.

        Raises
        ------
        ValueError
            If shapes are inconsistent, or numbers are outside the metric's domain.
        """

    def loss(
        self,
        y: Target,
        prediction: FloatArray,
        weight: FloatArray | None = None,
        *,
        n_threads: int = 1,
    ) -> float:
        """Return the score with the sign for which lower is better; never NaN.

        An undefined score is replaced by that of a prediction without skill, because
        losses of folds are averaged.

        Parameters
        ----------
        y, prediction, weight, n_threads
            As in `score`.

        Raises
        ------
        ValueError
            As in `score`, or if the score is NaN and `undefined` is None.
        """
        score = self.score(y, prediction, weight, n_threads=n_threads)
        if math.isnan(score):
            if self.undefined is None:
                raise ValueError(
                    f"Metric {self.name!r} returned NaN for {len(y)} rows. It must "
                    "return a number for any rows."
                )
            score = self.undefined
        return -score if self.greater_is_better else score

    def __str__(self) -> str:
        return self.name


def one_column(outputs: FloatArray) -> FloatArray:
    """Return outputs in the format of metrics: a vector if there is one column.

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
