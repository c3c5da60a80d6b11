"""How one column is cut into the bins of a table.

Cuts are learnt from training rows alone and handed to the library, which would
otherwise take them from all rows it is given, validation rows too.
"""

from dataclasses import dataclass

import numpy as np

from headstart.sdk import FloatArray, IntArray

__all__ = ["LARGEST", "Bins", "learn_bins"]

#: Numbers beyond it are as good as infinite, and the library's histograms overflow.
LARGEST = 1e100


@dataclass(frozen=True, eq=False)
class Bins:
    """Bins of one column: 0 is missing, then the bins, the last is unknown.

    Parameters
    ----------
    cuts : ndarray of shape (n_cuts,)
        Ascending; a number equal to a cut lies above it. Empty for categories.
    n_levels : int
        Categories: codes from ``n_levels - 1`` on share a bin if `shares_last`, and
        are unknown otherwise. 0 for numbers.
    shares_last : bool
    """

    cuts: FloatArray
    n_levels: int = 0
    shares_last: bool = False

    @property
    def size(self) -> int:
        """Entries of a table along this column."""
        return (self.n_levels if self.n_levels else self.cuts.size + 1) + 2

    def place(self, values: FloatArray) -> IntArray:
        """Return the bin of each value."""
        if not self.n_levels:
            found = np.searchsorted(self.cuts, bounded(values), side="right") + 1
            return np.where(np.isnan(values), 0, found)
        codes = self.codes(values)
        known = (codes >= 0) & (codes < self.n_levels)
        found = np.where(known, codes, self.n_levels).astype(np.int64) + 1
        return np.where(np.isnan(values), 0, found)

    def codes(self, values: FloatArray) -> FloatArray:
        """Return categories with the rare ones together, where they share a bin."""
        return np.minimum(values, self.n_levels - 1) if self.shares_last else values


def learn_bins(values: FloatArray, max_bins: int, n_levels: int | None) -> Bins | None:
    """Return the bins of a column; None where all its rows are alike.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Of the training rows.
    max_bins : int
        At least 2.
    n_levels : int or None
        Levels of a categorical column; codes count them by falling frequency.
    """
    known = values[~np.isnan(values)]
    if not known.size:
        return None
    has_gaps = known.size < values.size
    if n_levels is not None:
        if n_levels < 2 and not has_gaps:
            return None
        return Bins(np.zeros(0), min(n_levels, max_bins), n_levels > max_bins)
    known = np.sort(bounded(known))
    distinct = known[np.flatnonzero(np.diff(known, prepend=-np.inf))]
    if distinct.size == 1:
        # Only whether the value is there can tell.
        return Bins(distinct) if has_gaps else None
    if distinct.size <= max_bins:
        low, high = distinct[:-1], distinct[1:]
    else:
        places = np.linspace(0, known.size - 1, max_bins + 1)[1:-1].astype(np.int64)
        high = np.unique(known[places])
        high = high[high > distinct[0]]
        low = distinct[np.searchsorted(distinct, high) - 1]
    middle = low + (high - low) / 2
    # Rounding may leave the middle on the lower of two neighbouring floats.
    return Bins(np.where(middle > low, middle, high))


def bounded(values: FloatArray) -> FloatArray:
    """Return the values within what the library can count with; NaN stays."""
    return np.clip(values, -LARGEST, LARGEST)
