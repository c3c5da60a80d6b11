"""What is searched, where the search starts, and what a fit costs."""

import math

from headstart.sdk import (
    Choice,
    CostLaw,
    Float,
    Integer,
    LearningRate,
    Parameters,
    ParameterValue,
    Portfolio,
    SearchSpace,
    number,
)

__all__ = ["PORTFOLIO", "min_child_weight"]

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

_SPACE = SearchSpace(
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

_PRECEDENTS: tuple[Parameters, ...] = (
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


def _size(parameters: Parameters) -> float:
    """Return how much longer a tree takes than one of the default's size."""
    return math.pow(2.0, (number(parameters, "max_depth") - 4) / 4)


PORTFOLIO = Portfolio(
    _SPACE,
    _PRECEDENTS,
    LearningRate(lowest=0.04, highest=0.1, at_2000=0.07, power=0.1),
    most_rounds=1_500,
    cost=CostLaw(
        seconds=1.0e-3,
        rows=(0.52, 1.15),
        columns=0.53,
        classes=0.72,
        regression=1.9,
        size=_size,
        slowness=-0.7,
    ),
)


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
