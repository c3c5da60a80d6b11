"""What is searched, where the search starts, and what a fit costs."""

import math

from headstart.base import (
    Float,
    Integer,
    Parameters,
    ParameterValue,
    SearchSpace,
    Task,
)
from headstart.learners.boosting import growth, number

__all__ = [
    "PRECEDENTS",
    "SPACE",
    "learning_rate",
    "max_rounds",
    "patience",
    "seconds",
]

_DEFAULT: dict[str, ParameterValue] = {
    "learning_rate_scale": 1.0,
    "depth": 6,
    "l2_leaf_reg": 3.0,
    "random_strength": 1.0,
    "colsample_bylevel": 0.8,
    "subsample": 0.8,
    "one_hot_max_size": 12,
    "max_ctr_complexity": 1,
}

SPACE = SearchSpace(
    {
        "learning_rate_scale": Float(0.25, 4.0, log=True),
        "depth": Integer(2, 9),
        "l2_leaf_reg": Float(0.1, 50.0, log=True),
        "random_strength": Float(0.1, 10.0, log=True),
        "colsample_bylevel": Float(0.2, 1.0),
        "subsample": Float(0.4, 1.0),
        "one_hot_max_size": Integer(2, 64, log=True),
        "max_ctr_complexity": Integer(1, 3),
    },
    default=_DEFAULT,
)

PRECEDENTS: tuple[Parameters, ...] = (
    {
        "learning_rate_scale": 1.6,
        "depth": 3,
        "l2_leaf_reg": 1.0,
        "random_strength": 3.0,
        "colsample_bylevel": 0.5,
        "one_hot_max_size": 32,
    },
    {
        "learning_rate_scale": 1.3,
        "depth": 5,
        "l2_leaf_reg": 1.0,
        "colsample_bylevel": 0.6,
        "one_hot_max_size": 3,
        "max_ctr_complexity": 2,
    },
    {
        "depth": 8,
        "l2_leaf_reg": 6.0,
        "colsample_bylevel": 0.6,
        "subsample": 0.7,
        "one_hot_max_size": 6,
    },
)


def learning_rate(n_rows: int, n_present: int, parameters: Parameters) -> float:
    """Return the learning rate: a power of the rows, times the searched factor.

    Above two classes a round is dear and moves each class less: twice the rate.
    """
    base = min(0.12, max(0.03, 0.06 * math.pow(n_rows / 2_000, 0.15)))
    factor = 2.0 if n_present > 2 else 1.0
    return base * factor * number(parameters, "learning_rate_scale")


def max_rounds(n_outputs: int, parameters: Parameters) -> int:
    """Return where boosting ends at the latest: later for a small learning rate.

    A round costs a tree for each class, so there are fewer with many classes.
    """
    if "n_rounds" in parameters:
        return int(number(parameters, "n_rounds"))
    slowness = min(2.0, max(0.7, 1.0 / number(parameters, "learning_rate_scale")))
    return round(1_000 / math.sqrt(max(1, n_outputs)) * slowness)


def patience(rate: float) -> int:
    """Return the rounds without gain after which to stop, at a learning rate."""
    return max(20, round(3.0 / rate))


def seconds(task: Task, parameters: Parameters, n_rows: int) -> float:
    """Predict seconds of one fit on one thread.

    A power law fitted to 19 tables of 243 to 29,524 training rows; it is right within
    a factor of two for two in three of them: the rounds that a table takes vary most.
    Above, within a factor of three of what made-up tables of 100,000 and 200,000 rows
    and 20 columns took.
    """
    complete = {**_DEFAULT, **parameters}
    n_trees = task.n_classes if task.n_classes > 2 else 1
    typical = (
        5.0e-3
        * growth(n_rows, 0.46, 1.0)
        * math.pow(task.n_features + 1, 0.46)
        * math.pow(n_trees, 0.60)
        * (1.0 if task.kind.is_classification else 2.3)
    )
    size = math.pow(2.0, (number(complete, "depth") - 6) / 2)
    slowness = math.pow(number(complete, "learning_rate_scale"), -0.7)
    return 0.03 + typical * size * slowness
