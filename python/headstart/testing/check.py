"""The definition of a check: a stable id, a function, a hint, and options."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Check", "check"]


@dataclass(frozen=True, slots=True)
class Check:
    """A check of a learner, transform or metric.

    Parameters
    ----------
    id : str
        Stable name in lower case, with hyphens.
    description : str
        The requirement, in one line.
    hint : str
        Advice for a failure.
    function : callable of ``(subject) -> None``
        Raises `CheckError` or `NotApplicableError`. Other exceptions are failures, too.
    after : tuple of str
        Checks that must pass first. Otherwise, this check would only repeat their
        failure.
    place : {"worker", "here"}
        Whether the check runs in a worker process, which may crash or hang, or in the
        caller's process, for checks that use workers themselves.
    """

    id: str
    description: str
    hint: str
    function: Callable[[Any], None]
    after: tuple[str, ...] = ()
    place: Literal["worker", "here"] = "worker"


def check(
    id: str,  # noqa: A002 - the usual word
    *,
    hint: str,
    after: tuple[str, ...] = ("output-form",),
    place: Literal["worker", "here"] = "worker",
) -> Callable[[Callable[[Any], None]], Check]:
    """Return a decorator that makes a `Check` from a function and its docstring.

    Parameters
    ----------
    id, hint, after, place
        As in `Check`.
    """

    def make(function: Callable[[Any], None]) -> Check:
        description = (function.__doc__ or "").strip()
        return Check(id, description, hint, function, after, place)

    return make
