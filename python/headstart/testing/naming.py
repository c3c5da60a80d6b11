"""Errors with the name of the plugin's call."""

from collections.abc import Iterator
from contextlib import contextmanager

from headstart.testing.outcome import CheckError, NotApplicableError

__all__ = ["describe", "naming"]


@contextmanager
def naming(call: str) -> Iterator[None]:
    """Convert exceptions in the context to a `CheckError` with the name of a call."""
    try:
        yield
    except (CheckError, NotApplicableError):
        raise
    except Exception as error:
        raise CheckError(f"{call} raised {describe(error)}") from error


def describe(error: BaseException) -> str:
    """Return the class and the first line of an error."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300] if lines else 'no message'}"
