"""One search space for a learner and for the transforms before it.

Each transform is a boolean parameter (a switch), and its own parameters are conditional
on the switch. Without transforms the space is the learner's own.
"""

from collections.abc import Mapping

from headstart.base import (
    Choice,
    Condition,
    Configuration,
    Distribution,
    Learner,
    ParameterValue,
    SearchSpace,
    Task,
    complete,
)
from headstart.search.propose.available import AvailableTransforms

__all__ = ["flattened", "joint_space", "unflattened"]

Flat = dict[str, ParameterValue]

# No parameter of a learner can have this prefix: parameter names are identifiers.
_MARK = "transform "


def joint_space(learner: Learner, transforms: AvailableTransforms) -> SearchSpace:
    """Return the space of a learner's parameters, the switches and their parameters.

    Examples
    --------
    >>> from headstart.sdk import Integer, Task, TaskKind, from_transformer
    >>> from sklearn.decomposition import PCA
    >>> task = Task(TaskKind.BINARY, 100, 3, 0, 2, "roc_auc")
    >>> pca = from_transformer(
    ...     "pca",
    ...     PCA,
    ...     space={"n_components": Integer(1, 3)},
    ...     default={"n_components": 2},
    ... )
    >>> class Constant(Learner):
    ...     name = "constant"
    >>> transforms = AvailableTransforms(task, {"pca": pca}, {"pca": 3})
    >>> list(joint_space(Constant(), transforms).distributions)
    ['transform pca', 'transform pca n_components']
    """
    learner_space = learner.search_space(transforms.task)
    if not transforms.transforms:
        return learner_space
    distributions: dict[str, Distribution] = dict(learner_space.distributions)
    default: Flat = dict(learner_space.default)
    conditions = dict(learner_space.conditions)
    for name, transform in transforms.transforms.items():
        switch = f"{_MARK}{name}"
        distributions[switch] = Choice(False, True)  # noqa: FBT003 - the options
        default[switch] = False
        space = transform.search_space(transforms.task)
        # Parents before the parameters that depend on them.
        for key in sorted(space.distributions, key=lambda k: k in space.conditions):
            flat = f"{switch} {key}"
            distributions[flat] = space.distributions[key]
            condition = space.conditions.get(key)
            conditions[flat] = (
                Condition(switch, (True,))
                if condition is None
                else Condition(f"{switch} {condition.parent}", condition.values)
            )
    return SearchSpace(distributions, default, conditions)


def flattened(configuration: Configuration, transforms: AvailableTransforms) -> Flat:
    """Return a configuration as a point of the joint space."""
    flat: Flat = dict(configuration.parameters)
    for name in transforms.transforms:
        flat[f"{_MARK}{name}"] = False
    for step in configuration.transforms:
        flat[f"{_MARK}{step.name}"] = True
        flat |= {f"{_MARK}{step.name} {k}": v for k, v in step.parameters.items()}
    return flat


def unflattened(
    learner: Learner,
    task: Task,
    flat: Mapping[str, ParameterValue],
    transforms: AvailableTransforms,
) -> Configuration:
    """Return the configuration of a point of the joint space."""
    own_parameters = {k: v for k, v in flat.items() if not k.startswith(_MARK)}
    configuration = complete(learner, task, own_parameters)
    steps: dict[str, dict[str, object]] = {}
    for name in transforms.transforms:
        switch = f"{_MARK}{name}"
        if flat.get(switch) is True:
            prefix = f"{switch} "
            steps[name] = {
                k.removeprefix(prefix): v
                for k, v in flat.items()
                if k.startswith(prefix)
            }
    if not steps:
        return configuration
    return Configuration(
        configuration.learner,
        configuration.parameters,
        configuration.space_version,
        transforms.chain(steps),
    )
