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

__all__ = ["PORTFOLIO"]

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

_SPACE = SearchSpace(
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

_PRECEDENTS: tuple[Parameters, ...] = (
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


def _size(parameters: Parameters) -> float:
    """Return how much longer a tree takes than one of the default's size."""
    return math.pow(number(parameters, "num_leaves") / 31, 0.35)


PORTFOLIO = Portfolio(
    _SPACE,
    _PRECEDENTS,
    LearningRate(lowest=0.04, highest=0.1, at_2000=0.07, power=0.1),
    most_rounds=2_500,
    cost=CostLaw(
        seconds=1.5e-4,
        rows=(0.68, 1.3),
        columns=0.37,
        classes=0.87,
        regression=3.2,
        size=_size,
        slowness=-0.8,
    ),
)
