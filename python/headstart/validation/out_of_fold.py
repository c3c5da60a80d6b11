"""The out-of-fold store: what trials predicted for rows they were not fitted on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray
from headstart.validation.folds import Folds

__all__ = ["OutOfFoldStore"]


class OutOfFoldStore:
    """Out-of-fold predictions of all trials of a run, for one assignment of folds.

    Append-only: what is stored is never changed. Predictions of other folds never get
    in: an ensemble of both would have seen its own rows.

    A number takes four bytes. It is off by at most 6e-8 of its distance to 0 (of
    probabilities: to 0 or 1, whichever is nearer), and by at most 1.2e-7 of the range
    of the fold's prediction.

    Parameters
    ----------
    folds : Folds
    n_outputs : int
        Columns of a prediction, at least 1.

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
        """Digest of the folds that the predictions belong to."""
        return self._digest

    @property
    def n_outputs(self) -> int:
        """Columns of a prediction."""
        return self._n_outputs

    @property
    def n_bytes(self) -> int:
        """Bytes of predictions in memory."""
        return self._core.n_bytes()

    @property
    def trials(self) -> tuple[int, ...]:
        """Trials of which there is any prediction, ascending."""
        return tuple(self._core.trials())

    def folds_of(self, trial: int) -> list[tuple[int, int]]:
        """Return the repeats and folds of which `trial` has a prediction, ascending."""
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
        """Store what `trial` predicted for the rows that a fold holds out.

        Parameters
        ----------
        trial : int
            Number of the trial, from 0.
        repeat, fold : int
        prediction : ndarray of shape (n_held_out, n_outputs), or (n_held_out,)
            Finite, in the order of ``folds.validation(repeat, fold)``. Without columns
            only where `n_outputs` is 1.
        digest : str or None, default=None
            Digest of the folds that the prediction was made with, where it is known.

        Raises
        ------
        ValueError
            If the folds are others, there is no such fold, the prediction is already
            there, has another shape or is not finite in single precision.
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
            The mean over the repeats that have one; NaN where none has.
        """
        return self._core.prediction(_number(trial))

    def _check_digest(self, digest: str) -> None:
        if digest != self._digest:
            raise ValueError(
                "Predictions of other folds cannot be added: they were made with folds "
                f"{digest[:12]}, the store is of {self._digest[:12]}."
            )


def _number(trial: int) -> int:
    if trial < 0:
        raise ValueError(f"The number of a trial must be an int >= 0. Got {trial}.")
    return int(trial)
