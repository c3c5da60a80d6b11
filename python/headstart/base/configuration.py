"""Configurations: a point of a learner's search space, and the transforms before it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from headstart.base.space import ParameterValue

__all__ = ["Configuration", "Step", "chain_key"]


@dataclass(frozen=True)
class Step:
    """A transform's name and parameters: one step before a learner."""

    name: str
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    space_version: int = 1

    def to_record(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {
            "name": self.name,
            "parameters": dict(self.parameters),
            "space_version": self.space_version,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Return the step that `to_record` wrote."""
        return cls(record["name"], record["parameters"], record["space_version"])

    def __str__(self) -> str:
        return f"{self.name}({_listed(self.parameters)})"


@dataclass(frozen=True)
class Configuration:
    """A learner's name and parameters, identified by their content.

    Configurations with the same canonical JSON are the same in every run and every
    knowledge base.

    Parameters
    ----------
    learner : str
    parameters : mapping
    space_version : int
    transforms : tuple of Step
        The steps before the learner, in the order in which they run.

    Examples
    --------
    >>> a = Configuration("ridge", {"alpha": 1.0})
    >>> a.key == Configuration.from_json(a.to_json()).key
    True
    >>> print(Configuration("ridge", {"alpha": 1.0}, transforms=(Step("pca"),)))
    ridge(alpha=1.0) + pca()
    """

    learner: str
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    space_version: int = 1
    transforms: tuple[Step, ...] = ()

    def to_json(self) -> str:
        """Return canonical JSON: sorted keys, no blanks, shortest floats.

        Without transforms the field is left out, so that the key is the one of versions
        that had no transforms.
        """
        record = {
            "learner": self.learner,
            "parameters": dict(self.parameters),
            "space_version": self.space_version,
        }
        if self.transforms:
            record["transforms"] = [step.to_record() for step in self.transforms]
        return _canonical(record)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the configuration that `to_json` wrote."""
        record: dict[str, Any] = json.loads(text)
        return cls(
            record["learner"],
            record["parameters"],
            record["space_version"],
            tuple(Step.from_record(step) for step in record.get("transforms", ())),
        )

    @cached_property
    def key(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def label(self) -> str:
        """Names only, for tables and displays: ``"ridge + text_svd"``."""
        return " + ".join([self.learner, *(step.name for step in self.transforms)])

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self.key == other.key

    def __str__(self) -> str:
        learner = f"{self.learner}({_listed(self.parameters)})"
        return " + ".join([learner, *map(str, self.transforms)])


def chain_key(steps: Sequence[Step]) -> str:
    """Return a short hash of a chain of steps; ``""`` for no steps."""
    if not steps:
        return ""
    text = _canonical([step.to_record() for step in steps])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _canonical(record: Any) -> str:
    return json.dumps(record, sort_keys=True, separators=(",", ":"))


def _listed(parameters: Mapping[str, ParameterValue]) -> str:
    return ", ".join(f"{k}={v!r}" for k, v in sorted(parameters.items()))
