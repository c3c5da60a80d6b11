"""From some parameters to a whole configuration."""

from headstart.base.configuration import Configuration
from headstart.base.learner import Learner, Parameters
from headstart.base.task import Task

__all__ = ["complete", "known_configurations"]


def complete(learner: Learner, task: Task, parameters: Parameters) -> Configuration:
    """Return a configuration with every parameter that is not given at its default."""
    space = learner.search_space(task)
    merged = {**space.default, **parameters}
    active = {
        name: value for name, value in merged.items() if space.is_active(name, merged)
    }
    return Configuration(learner.name, active, learner.space_version)


def known_configurations(task: Task, learner: Learner) -> list[Configuration]:
    """Return a learner's default and its own precedents, best first."""
    precedents = [{}, *learner.precedents(task)]
    return [complete(learner, task, parameters) for parameters in precedents]
