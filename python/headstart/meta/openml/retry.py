"""Retries of failed calls, and the wait before each.

The client (0.15.1) raises many different errors for the same problem: a ``KeyError``
for a gateway's HTML page, an ``ExpatError`` for truncated XML, and none for a stall. So
it is called without retries of its own, and every call is wrapped.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from headstart.meta.openml.errors import (
    FinalReplyError,
    MalformedReplyError,
    RefreshError,
    ServerRefusalError,
    TransientReplyError,
)

__all__ = ["Pace", "Retries", "as_known_error"]

T = TypeVar("T")

_OVERLOAD = 107
_PRIVATE = 112
# Errors of the client for an unexpected reply, after which a retry may succeed. They
# are listed by name, because the client is imported late.
_TRANSIENT = frozenset(
    {
        "ExpatError",
        "OpenMLHashException",
        "OpenMLServerError",
        "RequestException",
    }
)
_CONFUSED = (KeyError, ValueError, AssertionError, AttributeError, IndexError)


@dataclass
class Pace:
    """A limit on calls per second.

    Parameters
    ----------
    calls_per_second : float
        0 for no limit.
    clock, sleep : callable
        In seconds.
    """

    calls_per_second: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next: float = float("-inf")

    def wait(self) -> None:
        """Wait until the next call may be made."""
        if self.calls_per_second <= 0:
            return
        now = self.clock()
        if now < self._next:
            self.sleep(self._next - now)
        self._next = max(now, self._next) + 1.0 / self.calls_per_second


@dataclass
class Retries:
    """Bounded retries with growing waits.

    Parameters
    ----------
    attempts : int
        Maximum number of calls, including the first.
    first_wait, longest_wait : float
        Seconds before the second call, doubled before each later one, up to the
        longest. If the server requests a longer wait, that is used, up to the same
        limit.
    sleep : callable
    forget : callable
        Removes what a failed call left behind; called before each further attempt.
    notice : callable
        Called with a message on each failure that is followed by another attempt.
    """

    attempts: int
    first_wait: float
    longest_wait: float
    sleep: Callable[[float], None]
    forget: Callable[[], None]
    notice: Callable[[str], None]
    n_retries: int = 0

    def call(self, subject: str, action: Callable[[], T]) -> T:
        """Return the result of `action`, with retries.

        Parameters
        ----------
        subject : str
            Subject of the call, for messages.
        action : callable

        Raises
        ------
        ServerRefusalError
            If the server answered with an error of its own.
        MalformedReplyError
            If the client cannot parse a reply, and a retry is useless.
        RefreshError
            If the last attempt failed, too, or a reply is refused.
        """
        for attempt in range(1, self.attempts + 1):
            try:
                return action()
            except Exception as error:
                failure = as_known_error(error)
                if isinstance(failure, FinalReplyError):
                    raise RefreshError(f"{subject}: {failure}") from error
                if not isinstance(failure, TransientReplyError):
                    raise failure from error
                if attempt == self.attempts:
                    raise RefreshError(
                        f"{subject}: {failure} (tried {self.attempts} times)"
                    ) from error
                wait = self._wait(attempt, failure.wait)
                self.n_retries += 1
                self.notice(f"{subject}: {failure}; again in {wait:g} s")
            self.forget()
            self.sleep(wait)
        raise RefreshError(f"{subject}: at least one attempt is needed. Got 0.")

    def _wait(self, attempt: int, requested: float) -> float:
        grown = self.first_wait * 2.0 ** (attempt - 1)
        return min(self.longest_wait, max(grown, requested))


def as_known_error(error: Exception) -> Exception:
    """Return the error of `headstart.meta.openml.errors` for an error of the client."""
    if isinstance(
        error,
        TransientReplyError
        | FinalReplyError
        | MalformedReplyError
        | ServerRefusalError,
    ):
        return error
    names = {kind.__name__ for kind in type(error).__mro__}
    shown = f"{type(error).__name__}: {_one_line(error)}"
    if "OpenMLPrivateDatasetError" in names:
        return ServerRefusalError(_PRIVATE, "the dataset is private")
    code = getattr(error, "code", None)
    if "OpenMLServerException" in names and isinstance(code, int):
        if code == _OVERLOAD:
            return TransientReplyError("the server is overloaded (code 107)")
        message = _one_line(getattr(error, "message", error))
        return ServerRefusalError(code, f"{message} (code {code})")
    if "OpenMLNotAuthorizedError" in names:
        return FinalReplyError(shown)
    if names & _TRANSIENT:
        return TransientReplyError(shown)
    if isinstance(error, _CONFUSED):
        return TransientReplyError(f"the reply is not as expected ({shown})")
    if isinstance(error, TypeError):
        return MalformedReplyError(f"the client cannot parse the reply ({shown})")
    return FinalReplyError(shown)


def _one_line(value: object) -> str:
    line = " ".join(str(value).split())
    return "".join(c if c.isprintable() else "?" for c in line)[:200]
