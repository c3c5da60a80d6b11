"""Checks of a learner's declarations."""

import math
import time

from headstart.base import Configuration, Parameters, ParameterValue, SearchSpace, Task
from headstart.exceptions import PluginError
from headstart.plugins.declarations import check_learner_declaration
from headstart.testing.check import check
from headstart.testing.data import make_task
from headstart.testing.learners.subject import LearnerSubject
from headstart.testing.naming import naming
from headstart.testing.outcome import CheckError
from headstart.testing.usage import seconds_waited

__all__ = ["CHECKS"]

_N_HINTS = 200
_MOST_SECONDS = 1.0


@check(
    "declaration",
    hint="See the attributes of headstart.sdk.Learner for what each may be.",
    after=(),
    place="here",
)
def _declaration(subject: LearnerSubject) -> None:
    """The name, the tasks, the view and the other attributes are valid."""
    try:
        check_learner_declaration(subject.learner)
    except PluginError as error:
        raise CheckError(str(error)) from error


@check(
    "space",
    hint="Use values of the type and range that search_space() declares: 1.0 is not an "
    "Integer, and True is not Choice(1).",
    after=("worker-copy",),
)
def _space(subject: LearnerSubject) -> None:
    """The default and the precedents are in the space, and survive JSON."""
    for kind in subject.kinds:
        task = make_task(kind)
        with naming(f"search_space() of a {kind} task"):
            space = subject.learner.search_space(task)
        if not isinstance(space, SearchSpace):
            raise CheckError(f"search_space() must return a SearchSpace. Got {space!r}")
        with naming(f"precedents() of a {kind} task"):
            precedents = list(subject.learner.precedents(task))
        for precedent in ({}, *precedents):
            _check_point(subject.learner.name, space, {**space.default, **precedent})


@check(
    "precedents-differ",
    hint="Remove the precedent that repeats another, because each costs a trial.",
    after=("space",),
)
def _precedents_differ(subject: LearnerSubject) -> None:
    """No precedent repeats another one or the default."""
    for kind in subject.kinds:
        task = make_task(kind)
        default = subject.learner.search_space(task).default
        number_of: dict[str, int] = {}
        for number, precedent in enumerate([{}, *subject.learner.precedents(task)]):
            key = Configuration(subject.learner.name, {**default, **precedent}).key
            if key in number_of:
                earlier = (
                    f"precedent {number_of[key]}" if number_of[key] else "the default"
                )
                raise CheckError(f"For {kind} tasks precedent {number} is {earlier}.")
            number_of[key] = number


@check(
    "cost",
    hint="Predict seconds of one fold fit from the arguments alone; a rough formula "
    "that grows with rows and columns is enough.",
    after=("space",),
)
def _cost(subject: LearnerSubject) -> None:
    """The predicted seconds are positive and finite, and grow with the rows."""
    for kind in subject.kinds:
        task, larger = make_task(kind, 1_000), make_task(kind, 50_000)
        for parameters in ({}, *subject.learner.precedents(task)):
            seconds = _seconds(subject, task, parameters, 1_000)
            seconds_of_more = _seconds(subject, larger, parameters, 50_000)
            if not seconds < seconds_of_more:
                raise CheckError(
                    f"cost() of a {kind} task must grow with the rows. Got "
                    f"{seconds:.3g} s for 1000 rows and {seconds_of_more:.3g} s for "
                    "50000."
                )


@check(
    "hint-time",
    hint="Let cost(), search_space() and precedents() compute a formula and return: no "
    "file, no network, no library behind the learner.",
    after=("cost",),
)
def _hint_time(subject: LearnerSubject) -> None:
    """Calls of a search in the user's process take less than a second in total."""
    task = make_task(subject.kinds[0])
    started = time.process_time(), time.monotonic(), seconds_waited()
    for _ in range(_N_HINTS):
        subject.learner.search_space(task)
        subject.learner.precedents(task)
        subject.learner.cost(task, {}, 1_000)
        current = time.process_time(), time.monotonic(), seconds_waited()
        waited = current[2] - started[2]
        seconds = max(current[0] - started[0], current[1] - started[1] - waited)
        if seconds > _MOST_SECONDS:
            raise CheckError(
                f"{_N_HINTS} calls each of cost(), search_space() and precedents() "
                f"take more than {_MOST_SECONDS:g} s; a search calls them thousands of "
                "times in the user's process."
            )


def _seconds(
    subject: LearnerSubject, task: Task, parameters: Parameters, n_rows: int
) -> float:
    with naming(f"cost() of a {task.kind} task"):
        seconds = float(subject.learner.cost(task, parameters, n_rows))
    if not 0 < seconds < math.inf:
        raise CheckError(
            f"cost() must return seconds, positive and finite. Got {seconds!r}."
        )
    return seconds


def _check_point(
    learner: str, space: SearchSpace, point: dict[str, ParameterValue]
) -> None:
    for name, value in point.items():
        if name not in space.distributions:
            raise CheckError(
                f"A precedent names the parameter {name!r}, which the space lacks. It "
                f"has {sorted(space.distributions)}."
            )
        distribution = space.distributions[name]
        if value not in distribution:
            raise CheckError(f"{name}={value!r} is not in {distribution}.")
    configuration = Configuration(learner, point)
    with naming("a configuration as JSON"):
        reloaded = Configuration.from_json(configuration.to_json())
    if reloaded != configuration:
        raise CheckError(f"{configuration} changes in JSON to {reloaded}.")


CHECKS = (_declaration, _space, _precedents_differ, _cost, _hint_time)
