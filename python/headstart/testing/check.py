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
        Stable name: lower case, words joined by hyphens.
    description : str
        What holds where it passes, in one line.
    hint : str
        What to do where it fails.
    function : callable of ``(subject) -> None``
        Raises `CheckError` or `NotApplicableError`; anything else it raises is a
        failure, too.
    after : tuple of str
        Checks that must have passed, or this one would only repeat their complaint.
    place : {"worker", "here"}
        In a worker process, which may crash or hang without harm; or in the caller's,
        for checks that send their own work to workers.
    """

    id: str
    description: str
    hint: str
    function: Callable[[Any], None]
    after: tuple[str, ...] = ()
    place: Literal["worker", "here"] = "worker"


def check(
    id: str,  # noqa: A002 - the word for it everywhere else
    *,
    hint: str,
    after: tuple[str, ...] = ("output-form",),
    place: Literal["worker", "here"] = "worker",
) -> Callable[[Callable[[Any], None]], Check]:
    """Return a decorator that makes a `Check` of a function and its docstring."""

    def make(function: Callable[[Any], None]) -> Check:
        description = (function.__doc__ or "").strip()
        return Check(id, description, hint, function, after, place)

    return make
