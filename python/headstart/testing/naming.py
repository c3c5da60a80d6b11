"""Say which call of a plugin raised."""

from collections.abc import Iterator
from contextlib import contextmanager

from headstart.testing.outcome import CheckError, NotApplicableError

__all__ = ["describe", "naming"]


@contextmanager
def naming(what: str) -> Iterator[None]:
    """Turn what the calls inside raise into a `CheckError` that says `what` raised."""
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
