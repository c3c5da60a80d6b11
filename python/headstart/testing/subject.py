"""The subject of a check: a learner, transform or metric."""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Subject"]


@dataclass(eq=False)
class Subject:
    """The object under test, in the process of its checks.

    Parameters
    ----------
    tested : Learner, Transform or metric
    module : str
        Module of the subject.
    packed : bytes
        The pickled subject; empty if it cannot be pickled.
    unpackable : str
        The reason why it cannot be pickled.
    seconds : float
        Limit of a call in another process.
    imports : dict
        Seconds and side effects of the import of `module`.
    """

    tested: Any
    module: str = ""
    packed: bytes = b""
    unpackable: str = ""
    seconds: float = 120.0
    imports: dict[str, tuple[float, list[str]]] = field(default_factory=dict)
