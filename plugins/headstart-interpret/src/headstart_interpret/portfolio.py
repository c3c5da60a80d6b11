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

__all__ = [
    "MAX_ROUNDS",
    "PAIR_SMOOTHING",
    "PATIENCE",
    "PRECEDENTS",
    "SPACE",
    "number",
    "seconds",
]

MAX_ROUNDS = 2_000
#: Rounds without gain after which to stop.
PATIENCE = 30
PAIR_SMOOTHING = 25

_DEFAULT: dict[str, ParameterValue] = {
    "learning_rate": 0.05,
    "max_leaves": 3,
    "max_bins": 256,
    "interactions": 1.0,
    "min_samples_leaf": 4,
    "reg_lambda": 0.1,
    "smoothing_rounds": 50,
    "greedy_ratio": 5.0,
    "cat_smooth": 10.0,
}

SPACE = SearchSpace(
    {
        "learning_rate": Float(0.01, 0.2, log=True),
        "max_leaves": Integer(2, 4),
        "max_bins": Integer(16, 1024, log=True),
        "interactions": Float(0.0, 3.0),
        "min_samples_leaf": Integer(2, 50, log=True),
        "reg_lambda": Float(1e-3, 100.0, log=True),
        "smoothing_rounds": Integer(1, 300, log=True),
        "greedy_ratio": Float(0.0, 10.0),
        "cat_smooth": Float(0.1, 100.0, log=True),
    },
    default=_DEFAULT,
)

PRECEDENTS: tuple[Parameters, ...] = (
    {"interactions": 0.0, "max_leaves": 2},
    {"interactions": 3.0, "learning_rate": 0.03, "reg_lambda": 1.0},
    {"max_bins": 32, "min_samples_leaf": 20, "smoothing_rounds": 200},
)


def seconds(task: Task, parameters: Parameters, n_rows: int) -> float:
    """Predict seconds of one fit on one thread."""
    complete = {**_DEFAULT, **parameters}
    n_columns = task.n_features + 1
    n_outputs = task.n_classes if task.n_classes > 2 else 1
    rate = math.pow(number(complete, "learning_rate") / 0.05, -0.5)
    pairs = 1.0 + number(complete, "interactions")
    size = math.pow(max(1, n_rows), 0.7) * math.pow(n_columns, 0.9)
    return 0.1 + 6e-5 * size * math.pow(n_outputs, 0.8) * rate * pairs


def number(parameters: Parameters, name: str) -> float:
    """Return a parameter that must be a number.

    Raises
    ------
    TypeError
        If it is something else.
    """
    value = parameters[name]
    if isinstance(value, str) or value is None:
        raise TypeError(f"Parameter {name!r} must be a number. Got {value!r} instead.")
    return float(value)
