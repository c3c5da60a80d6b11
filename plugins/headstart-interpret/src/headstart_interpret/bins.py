"""The bins into which one column of a table is cut.

Cuts are learnt from training rows alone and handed to the library, which would
otherwise take them from all rows it is given, validation rows too.
"""

import numpy as np

from headstart.sdk import Bins, FloatArray

__all__ = ["bounded", "learn_bins"]


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
    present = values[~np.isnan(values)]
    if not present.size:
        return None
    has_gaps = present.size < values.size
    if n_levels is not None:
        if n_levels < 2 and not has_gaps:
            return None
        return Bins(np.zeros(0), min(n_levels, max_bins), n_levels > max_bins)
    present = np.sort(bounded(present))
    distinct = present[np.flatnonzero(np.diff(present, prepend=-np.inf))]
    if distinct.size == 1:
        # Only whether the value is there can tell.
        return Bins(distinct) if has_gaps else None
    if distinct.size <= max_bins:
        low, high = distinct[:-1], distinct[1:]
    else:
        indices = np.linspace(0, present.size - 1, max_bins + 1)[1:-1].astype(np.int64)
        high = np.unique(present[indices])
        high = high[high > distinct[0]]
        low = distinct[np.searchsorted(distinct, high) - 1]
    middle = low + (high - low) / 2
    # Rounding may leave the middle on the lower of two neighbouring floats.
    return Bins(np.where(middle > low, middle, high))


def bounded(values: FloatArray) -> FloatArray:
    """Return values within a bound, beyond which the library's histograms overflow."""
    return np.clip(values, -Bins.largest, Bins.largest)
