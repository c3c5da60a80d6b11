"""Errors with the name of the plugin call that raised."""

from collections.abc import Iterator
from contextlib import contextmanager

from headstart.testing.outcome import CheckError, NotApplicableError

__all__ = ["describe", "naming"]


@contextmanager
def naming(what: str) -> Iterator[None]:
    """Convert exceptions inside to a `CheckError` that names the call `what`."""
    try:
        yield
    except (CheckError, NotApplicableError):
        raise
    except Exception as error:
        raise CheckError(f"{what} raised {describe(error)}") from error


def describe(error: BaseException) -> str:
    """Return class and first line of an error."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300] if lines else 'no message'}"
