"""Folds in order of time, with training windows, purging and embargo."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.validation.assignment import time_folds
from headstart.validation.folds import Folds

__all__ = ["purged_folds", "window_folds"]


def window_folds(
    order: NDArray[Any],
    n_folds: int = 5,
    gap: int = 0,
    *,
    window: int | None = None,
    ends: NDArray[Any] | None = None,
) -> Folds:
    """Return folds in order of time, each with a limited training window.

    These are the folds of `time_folds`, with a sliding training window, and without
    training rows whose target was not known at the start of the block [1]_.

    Parameters
    ----------
    order, n_folds, gap
        As in `headstart.validation.time_folds`.
    window : int or None, default=None
        Number of distinct times of training rows, right before the gap; by default all.
    ends : array-like of shape (n_rows,) or None, default=None
        Time at which each row's target is known, in the units of `order`; not before
        the row's time. Training rows are those whose target is known before the block's
        first time.

    Raises
    ------
    ValueError
        As in `headstart.validation.time_folds`, or if a fold has no training row.

    References
    ----------
    .. [1] M. Lopez de Prado, "Advances in Financial Machine Learning", Wiley 2018,
       chapter 7.

    Examples
    --------
    >>> folds = window_folds(np.arange(8), 3, window=2)
    >>> [train.tolist() for train, _ in folds.split()]
    [[0, 1], [2, 3], [4, 5]]
    """
    if window is not None and window < 1:
        raise ValueError(
            "The 'window' parameter of window_folds must be an int >= 1. "
            f"Got {window!r} instead."
        )
    folds = time_folds(order, n_folds, gap)
    values = np.asarray(order)
    times, steps = np.unique(values, return_inverse=True)
    known_at = None if ends is None else _ends(ends, values)
    training = []
    for fold in range(folds.n_folds):
        first = int(steps[folds.validation(0, fold)].min())
        is_training = steps < first - gap
        if window is not None:
            is_training &= steps >= first - gap - window
        if known_at is not None:
            is_training &= known_at < times[first]
        training.append(is_training)
    words = [folds.assignment]
    words += [f"window {window}"] if window is not None else []
    words += ["purged"] if ends is not None else []
    return _with_training(folds.fold_ids, training, ", ".join(words))


def purged_folds(
    order: NDArray[Any],
    ends: NDArray[Any] | None = None,
    n_folds: int = 5,
    *,
    embargo: float = 0.0,
) -> Folds:
    """Return blocks of time as folds, with training rows on both sides of each.

    Rows whose target overlaps the block in time are excluded, and so are rows within
    the embargo after it, because both depend on the block [1]_.

    Parameters
    ----------
    order : array-like of shape (n_rows,)
        Times, or other values with the same order. Missing values are an error.
    ends : array-like of shape (n_rows,) or None, default=None
        Time at which each row's target is known; by default the row's time.
    n_folds : int, default=5
        At least 2.
    embargo : float, default=0.0
        Share of the distinct times, in ``[0, 1)``, excluded after each block, from the
        time at which its last target is known.

    Raises
    ------
    ValueError
        If there are too few times, or a fold has no training row.

    References
    ----------
    .. [1] M. Lopez de Prado, "Advances in Financial Machine Learning", Wiley 2018,
       chapter 7.

    Examples
    --------
    >>> folds = purged_folds(np.arange(8), np.arange(8) + 1, 4)
    >>> [train.tolist() for train, _ in folds.split()][1]
    [0, 5, 6, 7]
    """
    if n_folds < 2:
        raise ValueError(
            "The 'n_folds' parameter of purged_folds must be an int >= 2. "
            f"Got {n_folds!r} instead."
        )
    if not 0 <= embargo < 1:
        raise ValueError(
            "The 'embargo' parameter of purged_folds must be a share in [0, 1). "
            f"Got {embargo!r} instead."
        )
    values = np.asarray(order)
    # `time_folds` does not hold out the first block, hence one fold fewer, and ids that
    # are one lower.
    ids = time_folds(values, n_folds - 1).fold_ids[0].astype(np.int64)
    ids = np.where(ids == 255, 0, ids + 1).astype(np.uint8)
    times, steps = np.unique(values, return_inverse=True)
    known_at = values if ends is None else _ends(ends, values)
    n_after = int(np.ceil(embargo * times.size))
    training = []
    for fold in range(n_folds):
        held_out = ids == fold
        first, last = int(steps[held_out].min()), int(steps[held_out].max())
        until = max(times[last], known_at[held_out].max())
        first_after = int(np.searchsorted(times, until, side="right"))
        before = (steps < first) & (known_at < times[first])
        after = steps >= first_after + n_after
        training.append(before | after)
    words = "in blocks of time, purged" + (f", embargo {embargo:g}" if embargo else "")
    return _with_training(ids[np.newaxis], training, words)


def _with_training(
    ids: NDArray[np.uint8], training: list[NDArray[np.bool_]], assignment: str
) -> Folds:
    for fold, is_training in enumerate(training):
        if not is_training.any():
            raise ValueError(
                f"Fold {fold} has no training row. hint: use fewer folds, a "
                "smaller gap or embargo, or a longer window."
            )
    bits = np.stack([np.packbits(is_training) for is_training in training])
    return Folds(ids, "time", assignment, bits[np.newaxis])


def _ends(ends: NDArray[Any], order: NDArray[Any]) -> NDArray[Any]:
    known_at = np.asarray(ends)
    if known_at.shape != order.shape:
        raise ValueError(
            f"ends must have the shape {order.shape} of the times. "
            f"Got {known_at.shape}."
        )
    early = ~(known_at >= order)
    if early.any():
        row = int(early.argmax())
        raise ValueError(
            f"A target cannot be known before its row's time. In row {row}, the time "
            f"is {order[row]!r} and the end {known_at[row]!r}."
        )
    return known_at
