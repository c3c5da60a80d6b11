"""Completion of parameters with the defaults of their search space."""

from collections.abc import Iterable

from headstart.base.configuration import Configuration, Step
from headstart.base.learner import Learner
from headstart.base.space import Parameters, SearchSpace
from headstart.base.task import Task
from headstart.base.transform import Transform

__all__ = [
    "complete",
    "complete_step",
    "in_order",
    "known_configurations",
    "known_steps",
]


def complete(learner: Learner, task: Task, parameters: Parameters) -> Configuration:
    """Return a configuration, with defaults for the parameters that are missing.

    Parameters
    ----------
    learner : Learner
    task : Task
    parameters : mapping
    """
    active = _active(learner.search_space(task), parameters)
    return Configuration(learner.name, active, learner.space_version)


def complete_step(transform: Transform, task: Task, parameters: Parameters) -> Step:
    """Return a step, with defaults for the parameters that are missing.

    Parameters
    ----------
    transform : Transform
    task : Task
    parameters : mapping
    """
    active = _active(transform.search_space(task), parameters)
    return Step(transform.name, active, transform.space_version)


def known_configurations(task: Task, learner: Learner) -> list[Configuration]:
    """Return a learner's default and its own precedents, in this order."""
    precedents = [{}, *learner.precedents(task)]
    return [complete(learner, task, parameters) for parameters in precedents]


def known_steps(task: Task, transform: Transform) -> list[Step]:
    """Return a transform's default and its own precedents, in this order."""
    precedents = [{}, *transform.precedents(task)]
    return [complete_step(transform, task, parameters) for parameters in precedents]


def in_order(
    steps: Iterable[tuple[Transform, Step]],
) -> tuple[Step, ...]:
    """Return steps in the order in which they run: by `Transform.order`, then name."""
    ranked = sorted(steps, key=lambda pair: (pair[0].order, pair[1].name))
    return tuple(step for _, step in ranked)


def _active(space: SearchSpace, parameters: Parameters) -> Parameters:
    merged = {**space.default, **parameters}
    return {
        name: value for name, value in merged.items() if space.is_active(name, merged)
    }
