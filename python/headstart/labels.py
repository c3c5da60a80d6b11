"""Labels as codes: positions in the list of classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["codes_of_labels"]


def codes_of_labels(
    values: NDArray[Any], classes: NDArray[Any]
) -> tuple[NDArray[np.int64], int | None]:
    """Return the code of each label, and the first row whose label is no class.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
    classes : ndarray of shape (n_classes,)
        Distinct labels, at least one, in the order of their codes.

    Returns
    -------
    codes : ndarray of shape (n_rows,)
        Arbitrary for labels that are no class.
    row : int or None

    Examples
    --------
    >>> codes_of_labels(np.array(["b", "a", "b"]), np.array(["b", "a"]))
    (array([0, 1, 0]), None)
    >>> codes_of_labels(np.array([2, 7]), np.array([1, 2]))[1]
    1
    """
    order = np.argsort(classes, kind="stable")
    places = np.searchsorted(classes, values, sorter=order)
    codes = order[np.minimum(places, len(classes) - 1)]
    is_unknown = np.asarray(classes[codes] != values)
    row = int(np.argmax(is_unknown)) if is_unknown.any() else None
    return np.require(codes, dtype=np.int64, requirements=["C", "A"]), row
