"""Folds in order of time with training windows, purging and embargo."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.validation.dealing import time_folds
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
    """Return folds in order of time with a limited training window before each.

    Like `time_folds`, with a sliding training window and without rows whose target was
    not known when the block began [1]_.

    Parameters
    ----------
    order, n_folds, gap
        As in `headstart.validation.time_folds`.
    window : int or None, default=None
        Distinct times of training rows, right before the gap; all by default.
    ends : array-like of shape (n_rows,) or None, default=None
        When the target of a row is known, in the units of `order`: never before its
        time. A row is trained on only where that is before the block's first time.

    Raises
    ------
    ValueError
        As `headstart.validation.time_folds`, and where a fold has no training row left.

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
    known = None if ends is None else _ends(ends, values)
    training = []
    for fold in range(folds.n_folds):
        first = int(steps[folds.validation(0, fold)].min())
        chosen = steps < first - gap
        if window is not None:
            chosen &= steps >= first - gap - window
        if known is not None:
            chosen &= known < times[first]
        training.append(chosen)
    words = [folds.how]
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

    Rows whose target reaches into the block, or began before it ended, are left out,
    and so are those that follow within the embargo: what they are like is not
    independent of the block [1]_.

    Parameters
    ----------
    order : array-like of shape (n_rows,)
        Times, or anything that sorts as they do. None may be missing.
    ends : array-like of shape (n_rows,) or None, default=None
        When the target of a row is known; by default at its time.
    n_folds : int, default=5
        At least 2.
    embargo : float, default=0.0
        Share of the distinct times that is left out after each block, from where its
        last target is known, in ``[0, 1)``.

    Raises
    ------
    ValueError
        If there are too few times, or a fold has no training row left.

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
    # Blocks after the first of one fold more are all blocks but the first: it is what
    # lies before them.
    ids = time_folds(values, n_folds - 1).fold_ids[0].astype(np.int64)
    ids = np.where(ids == 255, 0, ids + 1).astype(np.uint8)
    times, steps = np.unique(values, return_inverse=True)
    known = values if ends is None else _ends(ends, values)
    n_after = int(np.ceil(embargo * times.size))
    training = []
    for fold in range(n_folds):
        held_out = ids == fold
        first, last = int(steps[held_out].min()), int(steps[held_out].max())
        until = max(times[last], known[held_out].max())
        first_after = int(np.searchsorted(times, until, side="right"))
        before = (steps < first) & (known < times[first])
        after = steps >= first_after + n_after
        training.append(before | after)
    words = "in blocks of time, purged" + (f", embargo {embargo:g}" if embargo else "")
    return _with_training(ids[np.newaxis], training, words)


def _with_training(
    ids: NDArray[np.uint8], training: list[NDArray[np.bool_]], how: str
) -> Folds:
    for fold, chosen in enumerate(training):
        if not chosen.any():
            raise ValueError(
                f"Fold {fold} has no training row left. hint: ask for fewer folds, a "
                "smaller gap or embargo, or a longer window."
            )
    bits = np.stack([np.packbits(chosen) for chosen in training])
    return Folds(ids, "time", how, bits[np.newaxis])


def _ends(ends: NDArray[Any], order: NDArray[Any]) -> NDArray[Any]:
    known = np.asarray(ends)
    if known.shape != order.shape:
        raise ValueError(
            f"ends must have shape {order.shape}, as the times have. Got {known.shape}."
        )
    early = ~(known >= order)
    if early.any():
        row = int(early.argmax())
        raise ValueError(
            f"A target cannot be known before its row's time. In row {row} the time is "
            f"{order[row]!r} and the end {known[row]!r}."
        )
    return known
