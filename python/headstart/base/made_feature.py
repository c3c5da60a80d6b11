"""A feature that a transform made or selected, with its description."""

from dataclasses import dataclass

__all__ = ["MadeFeature"]


@dataclass(frozen=True, slots=True)
class MadeFeature:
    """A column that a transform made, or kept or left out.

    Parameters
    ----------
    name : str
        Name of the column in the result of `Transform.transform`.
    words : str
        Its description, or the reason why it was kept or left out.
    kept : bool
        False for a column that a selection left out.
    gain : float or None
        Share of the target's residual after simpler features that it explains, 0 to 1;
        None if it was not measured.
    """

    name: str
    words: str
    kept: bool = True
    gain: float | None = None
