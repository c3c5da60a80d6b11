"""A row of the table of kernels: one operation, a peer's and ours."""

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Row", "Timed"]


@dataclass(frozen=True)
class Timed:
    """Two calls that do the same work on the same data.

    Parameters
    ----------
    peer, headstart : callable of ``() -> object``
        What is timed. Data are made before.
    agree : callable of ``(peer's, headstart's) -> str`` or None
        Compares what both returned; an empty string where they agree, else how they
        differ. A row whose answers differ does not count as met.
    share : float
        Share of the row's work that `peer` does, where all of it would take minutes:
        its seconds are divided by it. Said in the table.
    """

    peer: Callable[[], object]
    headstart: Callable[[], object]
    agree: Callable[[object, object], str] | None = None
    share: float = 1.0


@dataclass(frozen=True)
class Row:
    """One operation at one size.

    Parameters
    ----------
    number : int
        Place in the table.
    operation, size, peer : str
        In words.
    target : float
        Least ratio of the peer's seconds to ours.
    prepare : callable of ``() -> Timed``
        Makes the data.
    peer_repeats, headstart_repeats : int
        The best of so many is taken.
    wall : bool
        Whether wall time counts instead of the processor's: rows about threads.
    """

    number: int
    operation: str
    size: str
    peer: str
    target: float
    prepare: Callable[[], Timed]
    peer_repeats: int = 3
    headstart_repeats: int = 7
    wall: bool = False
