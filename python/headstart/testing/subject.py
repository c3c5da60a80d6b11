"""The subject of a check: a learner, transform or metric, and its transfer."""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Subject"]


@dataclass(eq=False)
class Subject:
    """The object under test, in the process of its checks.

    Parameters
    ----------
    thing : Learner, Transform or metric
    module : str
        What is imported for it.
    packed : bytes
        It, pickled; empty where it cannot be.
    unpackable : str
        Why it cannot be pickled.
    seconds : float
        Limit of a call that goes to another process.
    imports : dict
        What came of importing `module`, for the checks that ask.
    """

    thing: Any
    module: str = ""
    packed: bytes = b""
    unpackable: str = ""
    seconds: float = 120.0
    imports: dict[str, tuple[float, list[str]]] = field(default_factory=dict)
