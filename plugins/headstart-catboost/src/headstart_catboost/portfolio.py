"""What is searched, where the search starts, and what a fit costs."""

import math

from headstart.sdk import (
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

__all__ = ["PORTFOLIO"]

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

_SPACE = SearchSpace(
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

_PRECEDENTS: tuple[Parameters, ...] = (
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


def _size(parameters: Parameters) -> float:
    """Return how much longer a tree takes than one of the default's size."""
    return math.pow(2.0, (number(parameters, "depth") - 6) / 2)


PORTFOLIO = Portfolio(
    _SPACE,
    _PRECEDENTS,
    # Above two classes a round is expensive and moves each class less: twice the rate.
    LearningRate(lowest=0.03, highest=0.12, at_2000=0.06, power=0.15, many_classes=2.0),
    most_rounds=1_000,
    cost=CostLaw(
        seconds=5.0e-3,
        rows=(0.46, 1.0),
        columns=0.46,
        classes=0.60,
        regression=2.3,
        size=_size,
        slowness=-0.7,
    ),
)
