"""Errors of a refresh and of replies of a server."""

from headstart.exceptions import KnowledgeBaseError

__all__ = [
    "FinalReplyError",
    "MalformedReplyError",
    "RefreshError",
    "ServerRefusalError",
    "TransientReplyError",
    "UnusableDatasetError",
]


class RefreshError(KnowledgeBaseError):
    """A refresh stopped without adding anything to the base."""


class TransientReplyError(Exception):
    """A reply with a temporary error, after which a retry may succeed.

    Parameters
    ----------
    message : str
    wait : float
        Seconds to wait that the server requested, or 0.
    """

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class FinalReplyError(Exception):
    """A reply with a permanent error, or one that is refused for safety."""


class MalformedReplyError(Exception):
    """A reply that the client cannot parse, for which a retry is useless."""


class ServerRefusalError(Exception):
    """The server answered with an error of its own.

    Parameters
    ----------
    code : int
        Number of OpenML's error.
    message : str
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class UnusableDatasetError(Exception):
    """A dataset is left out; the message is the reason."""
