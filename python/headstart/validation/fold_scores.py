"""Intervals of a mean score over folds."""

from collections.abc import Sequence

import numpy as np

from headstart.base import FloatArray
from headstart.metrics import Metric
from headstart.validation.uncertainty import corrected_error

__all__ = ["mean_interval", "within_metric"]

_LEAST_FOLDS = 3


def mean_interval(
    losses: Sequence[float] | FloatArray, metric: Metric, held_out_share: float
) -> tuple[float | None, float | None]:
    """Return the 95 % interval of the mean score over folds, by Student's t.

    Both bounds are None if there are fewer than three folds. The interval is corrected
    for the training rows that folds share; see `compare_by_corrected_t`.

    Parameters
    ----------
    losses : sequence of float
        One per fold.
    metric : Metric
    held_out_share : float
        Share of validation rows among the rows of a fold.

    Examples
    --------
    >>> from headstart.base import TaskKind
    >>> from headstart.metrics import resolve_metric
    >>> metric = resolve_metric("roc_auc", TaskKind.BINARY)
    >>> low, high = mean_interval([-0.99, -0.9, -0.8], metric, 1 / 3)
    >>> f"{low:.3f} {high:.3f}"
    '0.523 1.000'
    """
    values = np.asarray(losses, dtype=np.float64)
    if values.size < _LEAST_FOLDS:
        return None, None
    from scipy.special import stdtrit

    margin = float(stdtrit(values.size - 1, 0.975))
    margin *= corrected_error(values, held_out_share)
    mean = float(values.mean())
    return within_metric(-mean if metric.greater_is_better else mean, margin, metric)


def within_metric(value: float, margin: float, metric: Metric) -> tuple[float, float]:
    """Return ``value - margin`` and ``value + margin``, clipped to the metric's range.

    Parameters
    ----------
    value, margin : float
    metric : Metric
    """
    low, high, least = value - margin, value + margin, metric.least_loss
    if least is None:
        return low, high
    return (
        (low, min(high, -least))
        if metric.greater_is_better
        else (max(low, least), high)
    )
