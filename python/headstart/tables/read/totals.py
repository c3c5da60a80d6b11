"""Rows of totals at the end of a table."""

import re
import warnings
from typing import Any

from headstart.exceptions import HeadstartWarning

__all__ = ["n_total_rows", "warn_of_totals"]

_TOTAL = re.compile(
    r"((grand|sub)[ -]?)?total(s|e|en|er)?|sum(me|ma|mary)?|gesamt(summe)?|insgesamt"
    r"|totaal|somme|suma|soma|total g[eé]n[eé]ral",
    re.IGNORECASE,
)
_MOST = 3


def n_total_rows(firsts: Any) -> int:
    """Return how many of the last rows are totals, at most three.

    None are where another row has such a word, too: it is a level.

    Parameters
    ----------
    firsts : sequence or Series
        The first value of each row.

    Examples
    --------
    >>> n_total_rows(["Ulm", "Bonn", "Rom", "Total:"])
    1
    """
    n = 0
    while n < min(_MOST, len(firsts) - 2) and _is_total(firsts[len(firsts) - 1 - n]):
        n += 1
    if n and any(map(_is_total, firsts[: len(firsts) - n])):
        return 0
    return n


def warn_of_totals(n_rows: int, place: str, word: Any, *, stacklevel: int) -> None:
    """Warn that rows of totals are left out.

    Parameters
    ----------
    n_rows : int
    place : str
        The file, or the sheet of one.
    word : object
        The last row's first value.
    stacklevel : int
        Frames from here to the caller whose line is shown.
    """
    noun = "row" if n_rows == 1 else f"{n_rows} rows"
    holds = "it holds" if n_rows == 1 else "they hold"
    verb = "is" if n_rows == 1 else "are"
    warnings.warn(
        f"The last {noun} of {place} {verb} left out: {holds} totals ({word!r}).",
        HeadstartWarning,
        stacklevel=stacklevel + 1,
    )


def _is_total(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return _TOTAL.fullmatch(value.strip().rstrip(": ")) is not None
