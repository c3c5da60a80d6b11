"""Rounding and formatting of numbers for the stored facts."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

__all__ = ["distinct_texts", "rounded"]

_DIGITS = 6  # more than any plot shows
_FEWEST, _MOST = 4, 17  # digits of a number as text


def rounded(values: Iterable[float], spread: float = 0.0) -> tuple[float, ...]:
    """Return numbers rounded to six digits, more than any plot shows.

    Parameters
    ----------
    values : iterable of float
    spread : float, default=0
        Width of the range in which the values are shown. Where it is smaller than the
        values, six digits of the range are kept.

    Examples
    --------
    >>> rounded([1 / 3, 2e9 / 3])
    (0.333333, 666667000.0)
    >>> rounded([1.6e9 + 1 / 3, 1.6e9 + 10], spread=100)
    (1600000000.333, 1600000010.0)
    """
    numbers = [float(value) for value in values]
    if not 0 < spread < max(map(abs, numbers), default=0.0):
        return tuple(float(f"{number:.{_DIGITS}g}") for number in numbers)
    decimals = _DIGITS - 1 - math.floor(math.log10(spread))
    return tuple(round(number, decimals) for number in numbers)


def distinct_texts(values: Sequence[float]) -> list[str]:
    """Return distinct numbers as distinct texts.

    Whole numbers stay whole; others have four digits, or as many as are needed.

    Examples
    --------
    >>> distinct_texts([1.6e9, 1.6e9 + 60]), distinct_texts([1 / 3, 1234.56])
    (['1600000000', '1600000060'], ['0.3333', '1235'])
    """
    if all(value.is_integer() for value in map(float, values)):
        return [_positional(float(value)) for value in values]
    for digits in range(_FEWEST, _MOST + 1):
        short = [float(f"{value:.{digits}g}") for value in values]
        if len(set(short)) == len(values):
            break
    return [_positional(number) for number in short]


def _positional(number: float) -> str:
    if number and not 1e-6 <= abs(number) < 1e15:
        return f"{number:g}"
    return np.format_float_positional(number, trim="-")
