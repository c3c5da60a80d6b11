"""Configurations: one point of one learner's search space."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from headstart.base.space import ParameterValue

__all__ = ["Configuration"]


@dataclass(frozen=True)
class Configuration:
    """A learner's name and its parameters, known by content.

    Two configurations with the same canonical JSON are the same one, in every run and
    in every knowledge base.

    Examples
    --------
    >>> a = Configuration("ridge", {"alpha": 1.0})
    >>> a.key == Configuration.from_json(a.to_json()).key
    True
    """

    learner: str
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    space_version: int = 1

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no blanks, shortest floats."""
        return json.dumps(
            {
                "learner": self.learner,
                "parameters": dict(self.parameters),
                "space_version": self.space_version,
            },
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        record: dict[str, Any] = json.loads(text)
        return cls(record["learner"], record["parameters"], record["space_version"])

    @cached_property
    def key(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self.key == other.key

    def __str__(self) -> str:
        listed = ", ".join(f"{k}={v!r}" for k, v in sorted(self.parameters.items()))
        return f"{self.learner}({listed})"
