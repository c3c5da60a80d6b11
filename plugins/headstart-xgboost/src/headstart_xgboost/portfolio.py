"""What is searched, where the search starts, and what a fit costs."""

import math

from headstart.base import (
    Choice,
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
    "min_child_weight",
    "patience",
    "seconds",
]

_DEFAULT: dict[str, ParameterValue] = {
    "learning_rate_scale": 1.0,
    "max_depth": 4,
    "min_child_rows": 3.0,
    "colsample_bytree": 0.7,
    "colsample_bynode": 0.7,
    "subsample": 0.9,
    "reg_lambda": 1.0,
    "grow_policy": "depthwise",
    "max_cat_to_onehot": 8,
}

SPACE = SearchSpace(
    {
        "learning_rate_scale": Float(0.25, 4.0, log=True),
        "max_depth": Integer(2, 10),
        "min_child_rows": Float(0.2, 100.0, log=True),
        "colsample_bytree": Float(0.3, 1.0),
        "colsample_bynode": Float(0.3, 1.0),
        "subsample": Float(0.5, 1.0),
        "reg_lambda": Float(0.01, 50.0, log=True),
        "grow_policy": Choice("depthwise", "lossguide"),
        "max_cat_to_onehot": Integer(2, 64, log=True),
    },
    default=_DEFAULT,
)

PRECEDENTS: tuple[Parameters, ...] = (
    {
        "learning_rate_scale": 0.6,
        "max_depth": 8,
        "min_child_rows": 15.0,
        "colsample_bynode": 0.5,
        "subsample": 0.7,
        "reg_lambda": 5.0,
    },
    {
        "learning_rate_scale": 1.5,
        "max_depth": 3,
        "min_child_rows": 6.0,
        "colsample_bytree": 0.5,
        "colsample_bynode": 0.5,
        "subsample": 0.7,
        "reg_lambda": 3.0,
        "max_cat_to_onehot": 32,
    },
    {
        "max_depth": 7,
        "min_child_rows": 1.0,
        "colsample_bytree": 1.0,
        "colsample_bynode": 0.5,
        "reg_lambda": 0.3,
        "max_cat_to_onehot": 16,
    },
)


def learning_rate(n_rows: int, parameters: Parameters) -> float:
    """Return the learning rate: a power of the rows, times the searched factor."""
    base = min(0.1, max(0.04, 0.07 * math.pow(n_rows / 2_000, 0.1)))
    return base * number(parameters, "learning_rate_scale")


def min_child_weight(n_present: int, parameters: Parameters) -> float:
    """Return the least sum of second derivatives in a leaf.

    The parameter counts rows, to mean the same for all tasks: a row's derivative is 1
    for squared error, but at most 1/4 for two classes and less for many.
    """
    rows = number(parameters, "min_child_rows")
    if n_present == 0:
        return rows
    share = 1.0 / n_present
    return rows * share * (1.0 - share) * (1.0 if n_present == 2 else 2.0)


def max_rounds(n_outputs: int, parameters: Parameters) -> int:
    """Return where boosting ends at the latest: later for a small learning rate.

    A round costs a tree for each class, so there are fewer with many classes.
    """
    if "n_rounds" in parameters:
        return int(number(parameters, "n_rounds"))
    slowness = min(2.0, max(0.7, 1.0 / number(parameters, "learning_rate_scale")))
    return round(1_500 / math.sqrt(max(1, n_outputs)) * slowness)


def patience(rate: float) -> int:
    """Return the rounds without gain after which to stop, at a learning rate."""
    return max(20, round(3.0 / rate))


def seconds(task: Task, parameters: Parameters, n_rows: int) -> float:
    """Predict seconds of one fit on one thread.

    A power law fitted to 22 tables of 243 to 29,524 training rows; it is right within
    a factor of two for two in three of them: the rounds that a table takes vary most.
    Above, within a factor of three of what made-up tables of 100,000 and 200,000 rows
    and 20 columns took.
    """
    complete = {**_DEFAULT, **parameters}
    n_trees = task.n_classes if task.n_classes > 2 else 1
    typical = (
        1.0e-3
        * growth(n_rows, 0.52, 1.15)
        * math.pow(task.n_features + 1, 0.53)
        * math.pow(n_trees, 0.72)
        * (1.0 if task.kind.is_classification else 1.9)
    )
    size = math.pow(2.0, (number(complete, "max_depth") - 4) / 4)
    slowness = math.pow(number(complete, "learning_rate_scale"), -0.7)
    return 0.03 + typical * size * slowness
