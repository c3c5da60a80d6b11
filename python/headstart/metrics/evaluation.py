"""Scores of a prediction by several metrics, some of which may be undefined."""

import math
from collections.abc import Iterable

from headstart.base import FloatArray
from headstart.metrics.metric import Metric, Target

__all__ = ["score_each"]


def score_each(
    predictions: Iterable[tuple[Metric, FloatArray]],
    y: Target,
    weight: FloatArray | None = None,
) -> tuple[dict[str, float], list[str]]:
    """Return the score by each metric, NaN where undefined, and a list of problems.

    Parameters
    ----------
    predictions : iterable of (Metric, ndarray)
        Pairs of a metric and the prediction in its input format.
    y, weight
        As in `Metric.score`.

    Returns
    -------
    scores : dict of str to float
        Score by metric name.
    problems : list of str
        One sentence per metric that has no score, or that ignores weights.

    Examples
    --------
    >>> import numpy as np
    >>> from headstart.base import TaskKind
    >>> from headstart.metrics import resolve_metric
    >>> names = "mae", "rmsle"
    >>> metrics = [resolve_metric(name, TaskKind.REGRESSION) for name in names]
    >>> prediction = np.array([0.0, 1.0])
    >>> predictions = [(metric, prediction) for metric in metrics]
    >>> score_each(predictions, np.array([-2.0, 1.0]))[1]
    ["'rmsle' has no value for these rows: rmsle needs true values above -1. Got -2."]
    """
    scores: dict[str, float] = {}
    problems = []
    for metric, prediction in predictions:
        reason = "it is undefined for them."
        try:
            score = metric.score(y, prediction, weight)
        except Exception as error:  # a custom metric may raise any exception
            score, reason = math.nan, str(error).strip() or type(error).__name__
        scores[metric.name] = score
        if math.isnan(score):
            problems.append(f"{metric.name!r} has no value for these rows: {reason}")
        elif weight is not None and not getattr(metric, "weighted", True):
            problems.append(
                f"{metric.name!r} takes no sample_weight: every row counts once."
            )
    return scores, problems
