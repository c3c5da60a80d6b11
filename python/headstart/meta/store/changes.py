"""The result of adding records to a base."""

from dataclasses import dataclass

__all__ = ["Added", "Conflict"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Records with the same subject and different content; all are kept.

    Parameters
    ----------
    about : str
        Their subject, in words.
    origins : tuple of str
        Their origins, that of the oldest record first.
    """

    about: str
    origins: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.about} (from {' and from '.join(self.origins)})"


@dataclass(frozen=True, slots=True)
class Added:
    """Numbers of added and already stored records, and the conflicts.

    Parameters
    ----------
    n_new : int
        Number of added records.
    n_known : int
        Number of records that were stored already.
    conflicts : tuple of Conflict
        Added records that contradict stored ones or each other.
    """

    n_new: int
    n_known: int
    conflicts: tuple[Conflict, ...]
