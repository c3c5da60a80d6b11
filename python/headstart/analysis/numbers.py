"""Numbers as the stored facts have them."""

from collections.abc import Iterable

__all__ = ["rounded"]


def rounded(values: Iterable[float]) -> tuple[float, ...]:
    """Return numbers of six digits: more than any plot shows, and half the bytes.

    Examples
    --------
    >>> rounded([1 / 3, 2e9 / 3])
    (0.333333, 666667000.0)
    """
    return tuple(float(f"{float(value):.6g}") for value in values)
