"""Search spaces: the distributions, defaults and conditions of parameters.

Distributions are small records that do not depend on the sampler; `search` converts
them to Optuna's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "Choice",
    "Condition",
    "Distribution",
    "Float",
    "Integer",
    "ParameterValue",
    "Parameters",
    "SearchSpace",
]

ParameterValue = bool | int | float | str | None
Parameters = Mapping[str, ParameterValue]


@dataclass(frozen=True, slots=True)
class Float:
    """A float in ``[low, high]``, drawn uniformly, or uniformly in its logarithm."""

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        _check_range(self.low, self.high, log=self.log)

    def __contains__(self, value: object) -> bool:
        return (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and self.low <= value <= self.high
        )


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer in ``[low, high]``, drawn uniformly, or uniformly in its logarithm."""

    low: int
    high: int
    log: bool = False

    def __post_init__(self) -> None:
        _check_range(self.low, self.high, log=self.log)

    def __contains__(self, value: object) -> bool:
        return (
            isinstance(value, int)
            and not isinstance(value, bool)
            and self.low <= value <= self.high
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few unordered values."""

    options: tuple[ParameterValue, ...]

    def __init__(self, *options: ParameterValue) -> None:
        if not options:
            raise ValueError("Choice must have at least one option. Got none.")
        object.__setattr__(self, "options", options)

    def __contains__(self, value: object) -> bool:
        return any(value == o and type(value) is type(o) for o in self.options)


Distribution = Float | Integer | Choice


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition: the parameter is active only if `parent` has one of `values`."""

    parent: str
    values: tuple[ParameterValue, ...]


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """The searched parameters of a learner or transform, and their defaults.

    Parameters
    ----------
    distributions : mapping of str to Distribution
        The distribution of each parameter. If there are none, the learner is tried
        once.
    default : mapping of str to value
        A good first point; must have every parameter that has no condition.
    conditions : mapping of str to Condition
        Conditions of the parameters that are active only for some values of another.

    Examples
    --------
    >>> space = SearchSpace(
    ...     {"alpha": Float(1e-3, 1e3, log=True)}, default={"alpha": 1.0}
    ... )
    >>> 5.0 in space.distributions["alpha"]
    True
    """

    distributions: Mapping[str, Distribution] = field(default_factory=dict)
    default: Mapping[str, ParameterValue] = field(default_factory=dict)
    conditions: Mapping[str, Condition] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.default.items():
            if name not in self.distributions:
                raise ValueError(
                    f"The default names {name!r}, which the space does not have. "
                    f"Known: {sorted(self.distributions)}."
                )
            if value not in self.distributions[name]:
                raise ValueError(
                    f"The default of {name!r} must lie in "
                    f"{self.distributions[name]}. Got {value!r}."
                )
        for name, condition in self.conditions.items():
            for parameter in (name, condition.parent):
                if parameter not in self.distributions:
                    raise ValueError(
                        f"A condition names {parameter!r}: no such parameter."
                    )
        for name in self.distributions:
            if name not in self.default and name not in self.conditions:
                raise ValueError(f"The default must give a value for {name!r}.")

    def is_active(self, name: str, parameters: Mapping[str, ParameterValue]) -> bool:
        """Return whether parameter `name` is active, given the others' values."""
        condition = self.conditions.get(name)
        return condition is None or parameters.get(condition.parent) in condition.values


def _check_range(low: float, high: float, *, log: bool) -> None:
    if not low <= high:
        raise ValueError(f"A range must have low <= high. Got {low} and {high}.")
    if log and low <= 0:
        raise ValueError(f"A logarithmic range must start above 0. Got {low}.")
