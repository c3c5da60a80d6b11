"""What can go wrong between a refresh and a server."""

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
    """A refresh stopped; nothing of it is in the base."""


class TransientReplyError(Exception):
    """A reply that another try may get right.

    Parameters
    ----------
    message : str
    wait : float
        Seconds that the server asked to be left alone, 0 if it did not.
    """

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class FinalReplyError(Exception):
    """A reply that will not get better, or that is not taken for safety's sake."""


class MalformedReplyError(Exception):
    """A reply that the client cannot read, and would not the next time either."""


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
    """A dataset is left out, for the reason that the message gives."""
