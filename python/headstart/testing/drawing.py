"""Points of a search space: its ends, and random points."""

import math
import random

from headstart.base import Choice, Float, Integer, ParameterValue, SearchSpace

__all__ = ["draw", "end"]


def end(space: SearchSpace, index: int) -> dict[str, ParameterValue]:
    """Return the lowest value of each parameter for index 0, the highest for -1."""
    return {
        name: d.options[index] if isinstance(d, Choice) else (d.low, d.high)[index]
        for name, d in space.distributions.items()
    }


def draw(space: SearchSpace, rng: random.Random) -> dict[str, ParameterValue]:
    """Return a random point of a space."""
    return {
        name: _draw_one(distribution, rng)
        for name, distribution in space.distributions.items()
    }


def _draw_one(
    distribution: Choice | Float | Integer, rng: random.Random
) -> ParameterValue:
    if isinstance(distribution, Choice):
        return rng.choice(distribution.options)
    low, high = float(distribution.low), float(distribution.high)
    if distribution.log:
        value = math.exp(rng.uniform(math.log(low), math.log(high)))
    else:
        value = rng.uniform(low, high)
    value = min(max(value, low), high)
    return round(value) if isinstance(distribution, Integer) else value
