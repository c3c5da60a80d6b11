"""The portfolio of a boosting learner: space, precedents, learning rate and cost."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from headstart.base import (
    Parameters,
    SearchSpace,
    Task,
)

__all__ = ["CostLaw", "LearningRate", "Portfolio", "growth", "number"]

# Training rows of the largest tables to which the power laws of cost were fitted.
_LARGEST_MEASURED = 30_000


@dataclass(frozen=True, slots=True)
class LearningRate:
    """A learning rate that is a power of the number of rows, within bounds.

    Parameters
    ----------
    lowest, highest : float
    at_2000 : float
        The rate for 2,000 rows.
    power : float
    many_classes : float
        Factor with more than two classes.
    """

    lowest: float
    highest: float
    at_2000: float
    power: float
    many_classes: float = 1.0

    def of(self, n_rows: int, n_classes: int) -> float:
        """Return the rate for a number of rows and a number of classes."""
        rate = self.at_2000 * math.pow(n_rows / 2_000, self.power)
        base = min(self.highest, max(self.lowest, rate))
        return base * (self.many_classes if n_classes > 2 else 1.0)


@dataclass(frozen=True, slots=True)
class CostLaw:
    """A power law of the seconds of a fit, fitted to measurements.

    Parameters
    ----------
    seconds : float
        Constant factor.
    rows : tuple of float
        Exponents of the number of rows up to 30,000, and above; see `growth`.
    columns, classes : float
        Exponents of the number of columns, and of the trees per round.
    regression : float
        Factor for regression.
    size : callable of ``(parameters) -> float``
        Factor for the size of a tree; parameters are complete.
    slowness : float
        Exponent of ``learning_rate_scale``.
    """

    seconds: float
    rows: tuple[float, float]
    columns: float
    classes: float
    regression: float
    size: Callable[[Parameters], float]
    slowness: float

    def of(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds of a fit on one thread; parameters are complete."""
        n_trees = task.n_classes if task.n_classes > 2 else 1
        typical = (
            self.seconds
            * growth(n_rows, *self.rows)
            * math.pow(task.n_features + 1, self.columns)
            * math.pow(n_trees, self.classes)
            * (1.0 if task.kind.is_classification else self.regression)
        )
        slowness = math.pow(number(parameters, "learning_rate_scale"), self.slowness)
        return 0.03 + typical * self.size(parameters) * slowness


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The search space, learning rate, rounds and cost of a boosting library.

    Parameters
    ----------
    space : SearchSpace
        With the parameter ``learning_rate_scale``.
    precedents : tuple of mappings
        Configurations that did well on other tables, best first.
    rate : LearningRate
    most_rounds : int
        Maximum number of rounds of one tree each at the usual learning rate.
    cost : CostLaw
    """

    space: SearchSpace
    precedents: tuple[Parameters, ...]
    rate: LearningRate
    most_rounds: int
    cost: CostLaw

    def learning_rate(
        self, n_rows: int, n_classes: int, parameters: Parameters
    ) -> float:
        """Return the learning rate of the table, times the searched factor."""
        rate = self.rate.of(n_rows, n_classes)
        return rate * number(parameters, "learning_rate_scale")

    def max_rounds(self, n_classes: int, parameters: Parameters) -> int:
        """Return the maximum number of rounds: more for a smaller learning rate.

        A round fits one tree per class, so there are fewer rounds with many classes.
        """
        if "n_rounds" in parameters:
            return int(number(parameters, "n_rounds"))
        scale = number(parameters, "learning_rate_scale")
        slowness = min(2.0, max(0.7, 1.0 / scale))
        return round(self.most_rounds / math.sqrt(max(1, n_classes)) * slowness)

    def patience(self, rate: float) -> int:
        """Return the number of rounds without gain after which boosting stops."""
        return max(20, round(3.0 / rate))

    def seconds(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds of a fit on one thread.

        On some twenty tables of 243 to 29,524 training rows the prediction was within a
        factor of two for two thirds of them; the number of rounds varies most. On
        synthetic tables of 100,000 and 200,000 rows and 20 columns it was within a
        factor of three.
        """
        return self.cost.of(task, {**self.space.default, **parameters}, n_rows)


def growth(n_rows: int, exponent: float, beyond: float) -> float:
    """Return the factor of a fit's seconds for its number of rows: two joined powers.

    On small tables the exponent is below 1: they need fewer rounds, and each round has
    a fixed cost. On large ones the time of a round is proportional to the rows, and the
    number of rounds hardly changes.

    Parameters
    ----------
    n_rows : int
    exponent : float
        Exponent up to 30,000 rows, the largest tables to which laws of cost are fitted.
    beyond : float
        Exponent above 30,000 rows.

    Examples
    --------
    >>> growth(10_000, 0.5, 1.0)
    100.0
    >>> round(growth(120_000, 0.5, 1.0) / growth(30_000, 0.5, 1.0), 6)
    4.0
    """
    within = min(max(1, n_rows), _LARGEST_MEASURED)
    excess = max(1.0, n_rows / _LARGEST_MEASURED)
    return math.pow(within, exponent) * math.pow(excess, beyond)


def number(parameters: Parameters, name: str) -> float:
    """Return a parameter that must be a number.

    Raises
    ------
    TypeError
        If it is not a number.
    """
    value = parameters[name]
    if isinstance(value, str) or value is None:
        raise TypeError(f"Parameter {name!r} must be a number. Got {value!r} instead.")
    return float(value)
