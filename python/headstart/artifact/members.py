"""The task and the members of an ensemble as JSON records, checked when they are read.

A record is untrusted. It is bounded, and compared with the schema and the target of the
same file, before a model is loaded for it.
"""

import math
from collections.abc import Collection, Mapping
from typing import Any

from headstart.base import Configuration, Task
from headstart.base.arrays import require
from headstart.base.task import link_of
from headstart.ensemble import Fit, Member
from headstart.tables import Schema, TargetEncoder

__all__ = ["member_record", "read_configuration", "read_members", "read_task"]

_MOST_STEPS = 64
_WEIGHT_TOLERANCE = 1e-6


def member_record(member: Member) -> dict[str, Any]:
    """Return a member as JSON values; `read_members` reads them."""
    return {
        "configuration": member.configuration.to_json(),
        "weight": member.weight,
        "fits": [_fit_record(fit) for fit in member.fits],
    }


def read_task(record: Mapping[str, Any], schema: Schema, target: TargetEncoder) -> Task:
    """Return the task of a model file.

    Parameters
    ----------
    record : mapping
    schema : Schema
    target : TargetEncoder

    Raises
    ------
    ArtifactError
        If it differs from the schema and the target of the same file.
    KeyError, TypeError, ValueError
        If the record has another form.
    """
    task = Task.from_record(record)
    expected = {
        "kind": target.kind,
        "n_classes": target.n_classes,
        "n_numeric": schema.n_numeric,
        "n_categorical": schema.n_categorical,
    }
    for name, value in expected.items():
        stored = getattr(task, name)
        require(
            type(stored) is type(value) and stored == value,
            f"The model's task has {name} {str(stored)[:40]!r}, but its schema and "
            f"target have {str(value)!r}.",
        )
    require(
        type(task.n_rows) is int and task.n_rows >= 1 and isinstance(task.metric, str),
        "The model's task must have a number of rows and the name of a metric.",
    )
    require(
        task.n_outputs == (task.n_classes if task.n_classes > 2 else 1)
        and task.objective.link == link_of(task.kind),
        "The model's task has outputs or a link that do not match its classes.",
    )
    return task


def read_members(
    records: Any, learners: Collection[str], transforms: Collection[str]
) -> tuple[Member, ...]:
    """Return the members of a model file.

    Parameters
    ----------
    records : object
        JSON values.
    learners, transforms : collection of str
        Names of the learners and transforms that the file lists.

    Raises
    ------
    ArtifactError
        If weights are not positive or do not sum to 1, a member has no fit, two fits
        have the same name, or a name is not listed.
    KeyError, TypeError, ValueError
        If the records have another form.
    """
    require(isinstance(records, list) and records, "The model has no member.")
    members = tuple(_read_member(record) for record in records)
    total = math.fsum(member.weight for member in members)
    require(
        abs(total - 1.0) <= _WEIGHT_TOLERANCE,
        f"The members' weights must sum to 1. Got {total}.",
    )
    names: set[str] = set()
    for member in members:
        _check_names(member.configuration, learners, transforms)
        require(member.fits, "A member of the model has no fit.")
        for fit in member.fits:
            require(
                fit.model not in names,
                f"The model names the fit {fit.model[:60]!r} twice.",
            )
            names.add(fit.model)
            n_steps = len(member.configuration.transforms)
            require(
                len(fit.transforms) == n_steps <= _MOST_STEPS,
                f"A fit of the model has {len(fit.transforms)} fitted transforms. "
                f"Expected the {n_steps} of its configuration, at most {_MOST_STEPS}.",
            )
    return members


def read_configuration(text: Any) -> Configuration:
    """Return a configuration from its JSON in a model file.

    Raises
    ------
    ValueError
        If the text is not a configuration.
    """
    try:
        configuration = Configuration.from_json(text)
    except RecursionError as error:
        raise ValueError("a configuration is nested too deep") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"a configuration cannot be read ({error!r})") from error
    steps = configuration.transforms
    names: list[Any] = [configuration.learner, *(step.name for step in steps)]
    parameters: list[Any] = [
        configuration.parameters,
        *(step.parameters for step in steps),
    ]
    if not (
        all(isinstance(name, str) for name in names)
        and all(isinstance(values, dict) for values in parameters)
    ):
        raise ValueError("a configuration has no names, or no parameters")
    return configuration


def _read_member(record: Mapping[str, Any]) -> Member:
    weight = record["weight"]
    require(
        type(weight) in (int, float) and math.isfinite(weight) and weight > 0,
        f"A member's weight must be a finite number above 0. Got {weight!r:.40}.",
    )
    return Member(
        read_configuration(record["configuration"]),
        float(weight),
        tuple(_read_fit(fit) for fit in record["fits"]),
    )


def _check_names(
    configuration: Configuration, learners: Collection[str], transforms: Collection[str]
) -> None:
    require(
        configuration.learner in learners,
        f"The model does not list the learner {configuration.learner[:60]!r} of one "
        "of its members.",
    )
    for step in configuration.transforms:
        require(
            step.name in transforms,
            f"The model does not list the transform {step.name[:60]!r} of one of its "
            "members.",
        )


def _fit_record(fit: Fit) -> dict[str, Any]:
    record: dict[str, Any] = {"model": fit.model, "encoder": fit.encoder}
    if fit.transforms:
        record["transforms"] = list(fit.transforms)
    return record


def _read_fit(record: Mapping[str, Any]) -> Fit:
    names = record.get("transforms", [])
    if not isinstance(names, list):
        raise TypeError("the transforms of a fit are not a list")
    return Fit(str(record["model"]), str(record["encoder"]), tuple(map(str, names)))
