"""What adding to a base did."""

from dataclasses import dataclass

__all__ = ["Added", "Conflict"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Records that are about the same and say something else; all are kept.

    Parameters
    ----------
    about : str
        What they are about, in words.
    origins : tuple of str
        Who said so, who was there first at the front.
    """

    about: str
    origins: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.about} (from {' and from '.join(self.origins)})"


@dataclass(frozen=True, slots=True)
class Added:
    """Numbers of records that were new, known or in conflict.

    Parameters
    ----------
    n_new : int
        Added.
    n_known : int
        There already, to the last digit: nothing was done.
    conflicts : tuple of Conflict
        Of those added, the ones that contradict what was there, or each other.
    """

    n_new: int
    n_known: int
    conflicts: tuple[Conflict, ...]
