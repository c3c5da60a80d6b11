"""A feature that a transform made or chose, in words for people."""

from dataclasses import dataclass

__all__ = ["MadeFeature"]


@dataclass(frozen=True, slots=True)
class MadeFeature:
    """A column that a transform made, or decided on.

    Parameters
    ----------
    name : str
        The column's, as `Transform.transform` calls it.
    words : str
        What it is, or why it was kept or left out.
    kept : bool
        False for a column that a selection left out.
    gain : float or None
        What it tells of the target by itself, where that was measured: a share of what
        simpler features leave unexplained, 0 to 1.
    """

    name: str
    words: str
    kept: bool = True
    gain: float | None = None
