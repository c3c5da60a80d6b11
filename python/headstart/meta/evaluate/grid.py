"""The grid: the configurations that are evaluated on every dataset of a kind.

Learners take turns, those with more parameters more often. Each contributes its
default, then its own precedents, then random points of its space. A longer grid begins
with the shorter one, so that a base can grow. If transforms are requested, each
learner's default after each transform comes at the end.
"""

import heapq
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from headstart.base import (
    Choice,
    Configuration,
    Distribution,
    Integer,
    Learner,
    Parameters,
    ParameterValue,
    SearchSpace,
    Task,
    TaskKind,
    Transform,
    known_configurations,
    known_steps,
)
from headstart.base.seeds import derived_seed

__all__ = ["draw", "grid", "grid_after", "reference_task"]

# Turns of a learner without parameters per turn of each parameter of another one.
_BASE_TURNS = 2
# Digits of sampled floats: a configuration is identified by its text.
_DIGITS = 4
_ATTEMPTS = 20


def reference_task(kind: TaskKind) -> Task:
    """Return the task of the sampled spaces: the grid must not depend on the rows."""
    n_classes = {TaskKind.BINARY: 2, TaskKind.MULTICLASS: 4}.get(kind, 0)
    return Task(kind, 2_000, 15, 5, n_classes, "")


def grid(
    kind: TaskKind, learners: Mapping[str, Learner], n_configurations: int
) -> list[Configuration]:
    """Return the configurations to evaluate on datasets of a kind.

    Parameters
    ----------
    kind : TaskKind
    learners : mapping of str to Learner
        Those that solve `kind`.
    n_configurations : int
        Maximum number; fewer are returned if the spaces have fewer.

    Examples
    --------
    >>> from headstart.plugins import load_plugins
    >>> ridge = {"ridge": load_plugins().learner("ridge")}
    >>> [str(c) for c in grid(TaskKind.REGRESSION, ridge, 2)]
    ['ridge(n_knots=6)', 'ridge(n_knots=0)']
    """
    task = reference_task(kind)
    queues = []
    for name in sorted(learners):
        turns = _BASE_TURNS + len(learners[name].search_space(task).distributions)
        configurations = _configurations(learners[name], task)
        places = ((place + 0.5) / turns for place in itertools.count())
        queues.append(zip(places, itertools.repeat(name), configurations))
    merged = heapq.merge(*queues, key=lambda entry: entry[:2])
    return [c for _, _, c in itertools.islice(merged, n_configurations)]


def grid_after(
    kind: TaskKind, learners: Mapping[str, Learner], transforms: Mapping[str, Transform]
) -> list[Configuration]:
    """Return each learner's default after the default of each transform alone.

    Parameters
    ----------
    kind : TaskKind
    learners : mapping of str to Learner
    transforms : mapping of str to Transform

    Examples
    --------
    >>> from headstart.plugins import load_plugins
    >>> registry = load_plugins()
    >>> ridge = {"ridge": registry.learner("ridge")}
    >>> counts = {"count_encoding": registry.transforms["count_encoding"]}
    >>> [str(c) for c in grid_after(TaskKind.REGRESSION, ridge, counts)]
    ['ridge(n_knots=6) + count_encoding()']
    """
    task = reference_task(kind)
    return [
        replace(
            known_configurations(task, learners[name])[0],
            transforms=(known_steps(task, transforms[step])[0],),
        )
        for step in sorted(transforms)
        for name in sorted(learners)
    ]


def draw(space: SearchSpace, random: np.random.Generator) -> Parameters:
    """Return a random point of a space, with its active parameters."""
    drawn = {
        name: _draw_value(space.distributions[name], float(random.random()))
        for name in sorted(space.distributions)
    }
    return {n: v for n, v in drawn.items() if space.is_active(n, drawn)}


def _configurations(learner: Learner, task: Task) -> Iterator[Configuration]:
    space = learner.search_space(task)
    yielded: set[Configuration] = set()
    for configuration in known_configurations(task, learner):
        if configuration not in yielded:
            yielded.add(configuration)
            yield configuration
    random = np.random.default_rng(derived_seed(learner.name, bits=64))
    in_vain = 0
    while in_vain < _ATTEMPTS:
        parameters = draw(space, random)
        configuration = Configuration(learner.name, parameters, learner.space_version)
        in_vain += 1
        if configuration not in yielded:
            in_vain = 0
            yielded.add(configuration)
            yield configuration


def _draw_value(distribution: Distribution, share: float) -> ParameterValue:
    if isinstance(distribution, Choice):
        options = distribution.options
        return options[min(int(share * len(options)), len(options) - 1)]
    low, high = float(distribution.low), float(distribution.high)
    if isinstance(distribution, Integer):
        high += 1.0  # each integer gets an equal part of the range
    if distribution.log:
        value = low * (high / low) ** share
    else:
        value = low + (high - low) * share
    if isinstance(distribution, Integer):
        return min(int(value), distribution.high)
    rounded = float(f"{value:.{_DIGITS}g}")
    return min(max(rounded, distribution.low), distribution.high)
