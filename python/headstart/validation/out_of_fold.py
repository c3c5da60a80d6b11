"""The store of trials' out-of-fold predictions."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray
from headstart.validation.folds import Folds

__all__ = ["OutOfFoldStore"]


class OutOfFoldStore:
    """Out-of-fold predictions of all trials of a run, for one assignment of folds.

    The store is append-only: stored predictions never change. It refuses predictions of
    other folds, because an ensemble of both would contain models that were trained on
    the rows it predicts.

    A number takes four bytes. Its error is at most 6e-8 of its distance to 0 (for
    probabilities, to the nearer of 0 and 1), and at most 1.2e-7 of the range of the
    fold's prediction.

    Parameters
    ----------
    folds : Folds
    n_outputs : int
        Number of columns of a prediction, at least 1.

    Raises
    ------
    ValueError
        If `n_outputs` is less than 1.

    Examples
    --------
    >>> folds = Folds(np.array([[0, 1, 0, 1]], dtype=np.uint8))
    >>> store = OutOfFoldStore(folds, 1)
    >>> store.add(0, 0, 1, np.array([0.25, 0.75]))
    >>> store.prediction(0).ravel()
    array([ nan, 0.25,  nan, 0.75])
    """

    def __init__(self, folds: Folds, n_outputs: int) -> None:
        if n_outputs < 1:
            raise ValueError(
                "The 'n_outputs' parameter of OutOfFoldStore must be an int >= 1. "
                f"Got {n_outputs} instead."
            )
        self._n_outputs = n_outputs
        self._digest = folds.digest
        self._core = _core.OutOfFold(np.ascontiguousarray(folds.fold_ids), n_outputs)

    @property
    def digest(self) -> str:
        """Digest of the folds of the predictions."""
        return self._digest

    @property
    def n_outputs(self) -> int:
        """Number of columns of a prediction."""
        return self._n_outputs

    @property
    def n_bytes(self) -> int:
        """Memory of the predictions in bytes."""
        return self._core.n_bytes()

    @property
    def trials(self) -> tuple[int, ...]:
        """Numbers of the trials with a prediction, ascending."""
        return tuple(self._core.trials())

    def folds_of(self, trial: int) -> list[tuple[int, int]]:
        """Return the pairs of repeat and fold that `trial` has predicted, ascending."""
        return self._core.folds_of(_number(trial))

    def add(
        self,
        trial: int,
        repeat: int,
        fold: int,
        prediction: NDArray[np.floating[Any]],
        *,
        digest: str | None = None,
    ) -> None:
        """Store a trial's prediction for the validation rows of a fold.

        Parameters
        ----------
        trial : int
            Number of the trial, from 0.
        repeat, fold : int
        prediction : ndarray of shape (n_held_out, n_outputs), or (n_held_out,)
            Finite numbers in the order of ``folds.validation(repeat, fold)``. A vector
            is allowed if `n_outputs` is 1.
        digest : str or None, default=None
            Digest of the folds of the prediction, if known.

        Raises
        ------
        ValueError
            If the folds differ or the fold does not exist, or if the prediction is
            already stored, has another shape or is not finite in single precision.
        """
        if digest is not None:
            self._check_digest(digest)
        if not 0 <= fold <= np.iinfo(np.uint8).max or repeat < 0:
            raise ValueError(f"There is no fold {fold} in a repeat {repeat}.")
        values = np.ascontiguousarray(prediction, dtype=np.float64)
        if values.ndim == 1 and self._n_outputs == 1:
            values = values.reshape(-1, 1)
        if values.ndim != 2 or values.shape[1] != self._n_outputs:
            raise ValueError(
                f"The prediction of trial {trial} must have {self._n_outputs} columns. "
                f"Got an array of shape {values.shape} instead."
            )
        self._core.add(_number(trial), repeat, fold, values)

    def prediction(self, trial: int) -> FloatArray:
        """Return a trial's prediction for all rows.

        Returns
        -------
        ndarray of shape (n_rows, n_outputs)
            The mean over the repeats with a prediction; NaN for rows without one.
        """
        return self._core.prediction(_number(trial))

    def _check_digest(self, digest: str) -> None:
        if digest != self._digest:
            raise ValueError(
                "Predictions of other folds cannot be added: their folds have the "
                f"digest {digest[:12]}, those of the store {self._digest[:12]}."
            )


def _number(trial: int) -> int:
    if trial < 0:
        raise ValueError(f"The number of a trial must be an int >= 0. Got {trial}.")
    return int(trial)
