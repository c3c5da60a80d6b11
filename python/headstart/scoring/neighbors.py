"""Mutual information from nearest neighbours, with a seed for its noise."""

from typing import Any

import numpy as np

from headstart import _core
from headstart.base import FloatArray, TaskKind
from headstart.machine.watch import Progress, Watch
from headstart.scoring.columns import in_range
from headstart.scoring.features import Features
from headstart.scoring.target import Target

__all__ = ["neighbor_information"]


def neighbor_information(
    X: Any,
    y: Any,
    *,
    n_neighbors: int = 3,
    task: TaskKind | str | None = None,
    noise: FloatArray | int | None = 0,
    n_threads: int = 1,
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> FloatArray:
    """Return the mutual information of numeric columns and the target, in nats.

    The estimator of scikit-learn's ``mutual_info_classif`` and
    ``mutual_info_regression`` for continuous columns [1]_ [2]_, with equal values
    for equal noise. Rows with a missing value are ignored, column by column.

    Parameters
    ----------
    X : matrix or table of numbers
    y : column of labels or numbers
    n_neighbors : int, default=3
    task : optional
        As in `score_features`.
    noise : int, array or None, default=0
        What tells equal values apart, of size 1e-10: a seed to draw it by; standard
        normal numbers of shape (n_samples, n_features), for a numeric target one more
        column; or None for no noise.
    n_threads : int, default=1
    time_limit : float, optional
        Seconds after which what is done so far is returned, with a `HeadstartWarning`
        that says how much that is. None, the default, sets no limit.
    progress : callable of ``(done, total)``, optional
        Called at most ten times a second with the number of columns done and
        of all. What it raises ends the work.

    Returns
    -------
    ndarray of shape (n_features,)
        Not below 0; NaN for columns with no more values than neighbours, and for those
        that there was no time for.

    Raises
    ------
    TypeError, ValueError
        If the columns are no numbers, or the noise is not of the right shape.

    References
    ----------
    .. [1] B. Ross, "Mutual information between discrete and continuous data sets",
       PLoS ONE 9(2), 2014.
    .. [2] A. Kraskov et al., "Estimating mutual information", Phys. Rev. E 69, 2004.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.arange(40) % 2
    >>> X = np.column_stack([y + np.arange(40) / 100, np.arange(40) * 7 % 40])
    >>> neighbor_information(X, y).round(2)
    array([0.71, 0.  ])
    """
    watch = Watch.of("neighbor_information", time_limit, progress)
    features = Features.of(X)
    if features.categorical:
        name = features.names[features.categorical[0]]
        raise TypeError(
            f"Column {name!r} holds no numbers. hint: "
            "score_features(X, y, 'neighbor_information') takes mixed tables."
        )
    target = Target.of(y, task, features.shape[0])
    n_neighbors = in_range("n_neighbors", n_neighbors, 1, max(1, features.shape[0] - 1))
    given: FloatArray | None = None
    seed: int | None = None
    if isinstance(noise, int):
        seed = noise
    elif noise is not None:
        n_columns = features.shape[1] + (not target.kind.is_classification)
        given = np.asarray(noise, dtype=np.float64)
        if given.shape != (features.shape[0], n_columns):
            raise ValueError(
                f"noise must have shape {(features.shape[0], n_columns)}. "
                f"Got {given.shape} instead."
            )
        given = given.ravel(order="F")
    found = _core.score_neighbors(
        features.values, target.either, n_neighbors, given, seed, watch.of_core,
        n_threads,
    )  # fmt: skip
    n_found = found.size - int(np.isnan(found).sum()) if watch.is_late() else found.size
    watch.warn_of_part("neighbor_information", n_found, found.size, "columns")
    return found
