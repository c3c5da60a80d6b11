"""The message about values that no training row has."""

from collections.abc import Mapping

__all__ = ["describe_unseen"]

_SHOWN = 5


def describe_unseen(unseen: Mapping[str, int], n_rows: int) -> str:
    """Return a message with the number of unseen values per column, largest first.

    Parameters
    ----------
    unseen : mapping of str to int
        As `Schema.apply_and_count` returns it, not empty.
    n_rows : int
        Number of rows of the table.

    Examples
    --------
    >>> describe_unseen({"town": 2}, 1_000)
    "Values that the model does not know count as missing, in 1,000 rows: 'town' 2."
    """
    ranked = sorted(unseen.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{name!r} {n:,}" for name, n in ranked[:_SHOWN])
    n_more = len(ranked) - _SHOWN
    more = f" and {n_more} more columns" if n_more > 0 else ""
    return (
        "Values that the model does not know count as missing, in "
        f"{n_rows:,} rows: {shown}{more}."
    )
