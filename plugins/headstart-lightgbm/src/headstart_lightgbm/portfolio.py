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

__all__ = ["PRECEDENTS", "SPACE", "learning_rate", "max_rounds", "patience", "seconds"]

_OFF_ON = (False, True)
_DEFAULT: dict[str, ParameterValue] = {
    "learning_rate_scale": 1.0,
    "num_leaves": 31,
    "min_child_samples": 5,
    "feature_fraction": 0.9,
    "bagging_fraction": 0.9,
    "lambda_l2": 0.1,
    "extra_trees": True,
    "cat_smooth": 10.0,
    "max_cat_to_onehot": 4,
}

SPACE = SearchSpace(
    {
        "learning_rate_scale": Float(0.25, 4.0, log=True),
        "num_leaves": Integer(4, 255, log=True),
        "min_child_samples": Integer(1, 100, log=True),
        "feature_fraction": Float(0.2, 1.0),
        "bagging_fraction": Float(0.5, 1.0),
        "lambda_l2": Float(1e-3, 100.0, log=True),
        "extra_trees": Choice(*_OFF_ON),
        "cat_smooth": Float(0.1, 200.0, log=True),
        "max_cat_to_onehot": Integer(2, 64, log=True),
    },
    default=_DEFAULT,
)

PRECEDENTS: tuple[Parameters, ...] = (
    {
        "extra_trees": False,
        "min_child_samples": 10,
        "feature_fraction": 0.6,
        "cat_smooth": 60.0,
        "max_cat_to_onehot": 16,
    },
    {
        "num_leaves": 12,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "lambda_l2": 2.0,
        "max_cat_to_onehot": 16,
    },
    {
        "extra_trees": False,
        "learning_rate_scale": 1.5,
        "num_leaves": 6,
        "feature_fraction": 0.5,
        "cat_smooth": 30.0,
    },
    {
        "extra_trees": False,
        "learning_rate_scale": 0.7,
        "num_leaves": 100,
        "min_child_samples": 12,
        "feature_fraction": 0.4,
        "bagging_fraction": 0.7,
        "lambda_l2": 3.0,
        "cat_smooth": 60.0,
    },
    {
        "learning_rate_scale": 0.7,
        "num_leaves": 100,
        "min_child_samples": 2,
        "feature_fraction": 0.6,
        "cat_smooth": 3.0,
    },
    {
        "extra_trees": False,
        "learning_rate_scale": 0.5,
        "num_leaves": 24,
        "min_child_samples": 2,
        "feature_fraction": 0.3,
        "bagging_fraction": 0.6,
    },
    {
        "learning_rate_scale": 0.5,
        "num_leaves": 48,
        "min_child_samples": 10,
        "feature_fraction": 1.0,
        "bagging_fraction": 0.7,
        "lambda_l2": 5.0,
        "cat_smooth": 100.0,
    },
)


def learning_rate(n_rows: int, parameters: Parameters) -> float:
    """Return the learning rate: a power of the rows, times the searched factor."""
    base = min(0.1, max(0.04, 0.07 * math.pow(n_rows / 2_000, 0.1)))
    return base * number(parameters, "learning_rate_scale")


def max_rounds(n_outputs: int, parameters: Parameters) -> int:
    """Return where boosting ends at the latest: later for a small learning rate.

    A round costs a tree for each class, so there are fewer with many classes.
    """
    if "n_rounds" in parameters:
        return int(number(parameters, "n_rounds"))
    slowness = min(2.0, max(0.7, 1.0 / number(parameters, "learning_rate_scale")))
    return round(2_500 / math.sqrt(max(1, n_outputs)) * slowness)


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
        1.5e-4
        * growth(n_rows, 0.68, 1.3)
        * math.pow(task.n_features + 1, 0.37)
        * math.pow(n_trees, 0.87)
        * (1.0 if task.kind.is_classification else 3.2)
    )
    size = math.pow(number(complete, "num_leaves") / 31, 0.35)
    slowness = math.pow(number(complete, "learning_rate_scale"), -0.8)
    return 0.03 + typical * size * slowness
