"""Links between the raw scores of a model and its predictions."""

import numpy as np

from headstart.base import FloatArray
from headstart.base.arrays import require

__all__ = ["classes_of_link", "link_of_classes", "softmax"]


def link_of_classes(n_classes: int) -> str:
    """Return the link of a model with one score for two classes, else one per class.

    Parameters
    ----------
    n_classes : int
        0 for regression.

    Examples
    --------
    >>> [link_of_classes(n) for n in (0, 2, 5)]
    ['identity', 'logistic', 'softmax']
    """
    if n_classes == 0:
        return "identity"
    return "logistic" if n_classes == 2 else "softmax"


def classes_of_link(link: object, n_scores: int) -> int:
    """Return the number of classes of a model; 0 for regression.

    Parameters
    ----------
    link : object
        From a file: ``"identity"``, ``"logistic"`` or ``"softmax"``.
    n_scores : int
        Raw scores per row.

    Raises
    ------
    ArtifactError
        If there is no such link, or it does not fit the number of scores.
    """
    n_classes = {"identity": 0, "logistic": 2, "softmax": n_scores}.get(str(link), -1)
    require(
        n_classes >= 0 and (n_scores == 1) == (link != "softmax") and n_scores >= 1,
        f"A stored model of {n_scores} scores cannot have the link {str(link)[:40]!r}.",
    )
    return n_classes


def softmax(scores: FloatArray) -> FloatArray:
    """Return the softmax of each row; finite for all finite scores."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
