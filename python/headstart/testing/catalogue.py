"""All checks by kind of subject."""

import importlib
from collections.abc import Mapping
from typing import Any, Literal, get_args

from headstart.testing.check import Check

__all__ = ["Kind", "checks_for", "checks_of", "find_check", "make_subject"]

Kind = Literal["learner", "transform", "metric"]

# Names instead of imports: a worker that checks learners needs no metrics.
_LOCATIONS = {
    "learner": ("headstart.testing.learners", "LEARNER_CHECKS", "LearnerSubject"),
    "transform": (
        "headstart.testing.transforms",
        "TRANSFORM_CHECKS",
        "TransformSubject",
    ),
    "metric": ("headstart.testing.metrics", "METRIC_CHECKS", "MetricSubject"),
}


def checks_for(kind: Kind) -> Mapping[str, str]:
    """Return the ids of the checks of a kind, each with a one-line description.

    Parameters
    ----------
    kind : {"learner", "transform", "metric"}

    Examples
    --------
    >>> checks_for("learner")["deterministic"]
    'One seed gives bitwise the same model, for any state of global generators.'
    """
    return {check.id: check.description for check in checks_of(kind)}


def checks_of(kind: str) -> tuple[Check, ...]:
    """Return the checks of a kind, in the order in which they run.

    Raises
    ------
    ValueError
        If the kind is unknown.
    """
    if kind not in _LOCATIONS:
        raise ValueError(
            f"The kind must be one of {', '.join(get_args(Kind))}. Got {kind!r}."
        )
    module, name, _ = _LOCATIONS[kind]
    checks: tuple[Check, ...] = getattr(importlib.import_module(module), name)
    return checks


def find_check(kind: str, id: str) -> Check:  # noqa: A002
    """Return the check with a given id."""
    return next(check for check in checks_of(kind) if check.id == id)


def make_subject(kind: str, tested: Any, packed: bytes = b"", **options: Any) -> Any:
    """Return the subject of the checks of a kind."""
    module, _, name = _LOCATIONS[kind]
    return getattr(importlib.import_module(module), name)(
        tested, packed=packed, **options
    )
