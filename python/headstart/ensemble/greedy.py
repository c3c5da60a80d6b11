"""Greedy forward selection of the members and weights of an ensemble."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray
from headstart.metrics import BuiltInMetric, Metric

__all__ = ["WeightCap", "select_greedily"]

Target = NDArray[np.int64] | NDArray[np.float64]

_LARGEST = float(np.finfo(np.float32).max)  # squares of predictions are finite


@dataclass(frozen=True, slots=True, eq=False)
class WeightCap:
    """A limit on the sum of some members' weights; no limit if these are all members.

    Parameters
    ----------
    members : ndarray of bool of shape (n_members,)
    most : float
        In [0, 1].
    """

    members: NDArray[np.bool_]
    most: float


def select_greedily(
    predictions: NDArray[np.floating[Any]],
    y: Target,
    metric: Metric,
    *,
    weight: FloatArray | None = None,
    n_rounds: int = 40,
    costs: FloatArray | None = None,
    cap: WeightCap | None = None,
    n_threads: int = 1,
) -> FloatArray:
    """Return weights of members, by greedy forward selection with replacement.

    The first round selects the best member, each later one the member that lowers the
    loss of the ensemble's mean prediction the most; a member's weight is its share of
    the rounds [1]_. The best of the ensembles after each round is
    returned: on these rows it is never worse than the best member that may stand alone.

    Parameters
    ----------
    predictions : ndarray of shape (n_members, n_rows, n_outputs)
        Out-of-fold predictions, finite in single precision: values, probabilities of
        class 1, or of all classes.
    y : ndarray of shape (n_rows,)
        int64 class codes, or float64 values.
    metric : Metric
        Built-in ones run in Rust, most of them incrementally; any other is called
        ``n_rounds * n_members`` times.
    weight : ndarray of shape (n_rows,) or None, default=None
        Weights of rows: non-negative, not all 0.
    n_rounds : int, default=40
        At least 1.
    costs : ndarray of shape (n_members,) or None, default=None
        Ties between losses go to the member of the least cost, then to the first.
    cap : WeightCap or None, default=None
    n_threads : int, default=1
        The weights are the same to the last bit for any number.

    Returns
    -------
    ndarray of shape (n_members,)
        Non-negative, summing to 1. If the metric is undefined on these rows, the member
        of the least cost has all the weight.

    Raises
    ------
    ValueError
        If shapes do not match, numbers are not finite, or a parameter is out of range.

    References
    ----------
    .. [1] R. Caruana et al., "Ensemble selection from libraries of models", ICML 2004.

    Examples
    --------
    >>> from headstart.metrics import resolve_metric
    >>> from headstart.base import TaskKind
    >>> y = np.array([0.0, 1.0, 2.0])
    >>> above, below = y + 1, y - 1
    >>> metric = resolve_metric("rmse", TaskKind.REGRESSION, None)
    >>> select_greedily(np.stack([above, below])[:, :, np.newaxis], y, metric)
    array([0.5, 0.5])
    """
    members = _members(predictions, y)
    if n_rounds < 1:
        raise ValueError(
            "The 'n_rounds' parameter of select_greedily must be an int >= 1. "
            f"Got {n_rounds} instead."
        )
    if n_threads < 1:
        raise ValueError(
            "The 'n_threads' parameter of select_greedily must be an int >= 1. "
            f"Got {n_threads} instead."
        )
    row_weight = None if weight is None else _plain(weight)
    rules: _core.SelectionRules = {
        "n_rounds": int(n_rounds),
        "costs": None if costs is None else _plain(costs),
        "capped": None
        if cap is None
        else np.ascontiguousarray(cap.members, dtype=bool),
        "cap": 1.0 if cap is None else float(cap.most),
    }
    if not isinstance(metric, BuiltInMetric):
        losses = _loss_of_each(members, y, metric, row_weight)
        return _core.select_greedily_by(losses, members.shape[0], rules)
    if metric.needs != "value" and members.shape[2] == 2:
        members = np.ascontiguousarray(members[:, :, 1:])
    return _core.select_greedily(
        members,
        _plain(y)
        if metric.needs == "value"
        else np.ascontiguousarray(y, dtype=np.int64),
        metric.name,
        metric.greater_is_better,
        row_weight,
        rules,
        n_threads,
    )


def _members(predictions: NDArray[np.floating[Any]], y: Target) -> FloatArray:
    if predictions.ndim != 3 or predictions.shape[1] != len(y) or not predictions.size:
        raise ValueError(
            "The predictions of an ensemble's members must have shape (n_members, "
            f"{len(y)}, n_outputs). Got {predictions.shape} instead."
        )
    members = _plain(predictions)
    # Comparisons with NaN are false, so NaN is rejected too.
    low, high = members.min(axis=(1, 2)), members.max(axis=(1, 2))
    finite = (low >= -_LARGEST) & (high <= _LARGEST)
    if not finite.all():
        raise ValueError(
            "The predictions of an ensemble's members must be finite in single "
            f"precision. Those of member {int(finite.argmin())} are not."
        )
    return members


def _loss_of_each(
    members: FloatArray,
    y: Target,
    metric: Metric,
    weight: FloatArray | None,
) -> Callable[[NDArray[np.int64]], list[float]]:
    """Return a function from counts of the picked members to losses.

    Its result has, for each member, the loss of the ensemble if that member is picked
    once more.
    """

    def losses(counts: NDArray[np.int64]) -> list[float]:
        # Summed in a fixed order: the mean of equal predictions is then equal to them.
        total = np.zeros(members.shape[1:])
        for member in np.flatnonzero(counts):
            total += float(counts[member]) * members[member]
        n_picked = float(counts.sum()) + 1.0
        results = []
        for member in members:
            mean = (total + member) / n_picked
            prediction = mean[:, 0] if mean.shape[1] == 1 else mean
            results.append(metric.loss(y, prediction, weight))
        return results

    return losses


def _plain(values: NDArray[Any]) -> FloatArray:
    return np.ascontiguousarray(values, dtype=np.float64)
