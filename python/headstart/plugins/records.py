"""What is known of a plugin: where it comes from, what it brought, what went wrong."""

import re
from dataclasses import dataclass

from headstart.base.learner import Learner
from headstart.base.matrix import View
from headstart.base.task import TaskKind
from headstart.exceptions import PluginError

__all__ = ["PluginProblem", "PluginRecord", "check_learner_declaration"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class PluginRecord:
    """A loaded plugin.

    Parameters
    ----------
    name : str
        Dotted name of a built-in module, or the entry point's name.
    distribution, version : str
        What has to be installed for it.
    learners : tuple of str
        Names of the learners it registered.
    """

    name: str
    distribution: str
    version: str
    learners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """A plugin that was left out, and why, in one line."""

    name: str
    distribution: str
    reason: str

    def __str__(self) -> str:
        return f"Plugin {self.name!r} of {self.distribution} is left out: {self.reason}"


def check_learner_declaration(learner: object) -> Learner:
    """Return `learner` if what it declares makes sense.

    Only what costs nothing is looked at; whether it works is for the conformance
    tests.

    Raises
    ------
    PluginError
        If it is not an instance of `Learner`, or an attribute is nonsense.
    """
    if isinstance(learner, type):
        raise PluginError(
            f"A learner must be an instance. Got the class {learner.__name__} instead. "
            f"hint: write {learner.__name__}()."
        )
    if not isinstance(learner, Learner):
        raise PluginError(
            "A learner must be an instance of headstart.base.Learner. "
            f"Got {type(learner).__name__} instead."
        )
    name = getattr(learner, "name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PluginError(
            f"The 'name' of {type(learner).__name__} must be lower-case letters, "
            f"digits and underscores. Got {name!r} instead."
        )
    for attribute, ok, expected in (
        ("tasks", _are_kinds(learner.tasks), "a set of at least one TaskKind"),
        ("view", isinstance(learner.view, View), "a View"),
        ("space_version", _is_count(learner.space_version), "an int >= 1"),
        (
            "max_rows",
            learner.max_rows is None or _is_count(learner.max_rows),
            "an int >= 1 or None",
        ),
        ("family", isinstance(learner.family, str), "a str"),
    ):
        if not ok:
            raise PluginError(
                f"The {attribute!r} of learner {name!r} must be {expected}. "
                f"Got {getattr(learner, attribute)!r} instead."
            )
    return learner


def _are_kinds(value: object) -> bool:
    return (
        isinstance(value, frozenset | set)
        and bool(value)
        and all(isinstance(kind, TaskKind) for kind in value)
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
