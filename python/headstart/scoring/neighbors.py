"""Mutual information from nearest neighbours, with seeded noise."""

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

    The estimator is that of scikit-learn's ``mutual_info_classif`` and
    ``mutual_info_regression`` for continuous columns [1]_ [2]_. With the same noise,
    the values are equal. Rows with a missing value are ignored, separately for each
    column.

    Parameters
    ----------
    X : matrix or table of numbers
    y : column of labels or numbers
    n_neighbors : int, default=3
    task : optional
        As in `score_features`.
    noise : int, array or None, default=0
        Noise of size 1e-10 that breaks ties: a seed; standard normal numbers of shape
        (n_samples, n_features), with one more column for a numeric target; or None for
        no noise.
    n_threads : int, default=1
    time_limit : float, optional
        Seconds after which the incomplete result is returned, with a `HeadstartWarning`
        on the number of columns done. None, the default, sets no limit.
    progress : callable of ``(done, total)``, optional
        Called at most ten times per second with the number of columns done and their
        total. An exception stops the computation.

    Returns
    -------
    ndarray of shape (n_features,)
        Non-negative. NaN for columns with no more values than neighbours, and for
        columns not done within the time limit.

    Raises
    ------
    TypeError, ValueError
        If the columns are not numeric, or the noise has the wrong shape.

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
            f"Column {name!r} is not numeric. hint: "
            "score_features(X, y, 'neighbor_information') takes mixed tables."
        )
    target = Target.of(y, task, features.shape[0])
    n_neighbors = in_range("n_neighbors", n_neighbors, 1, max(1, features.shape[0] - 1))
    noise_values: FloatArray | None = None
    seed: int | None = None
    if isinstance(noise, int):
        seed = noise
    elif noise is not None:
        n_columns = features.shape[1] + (not target.kind.is_classification)
        noise_values = np.asarray(noise, dtype=np.float64)
        if noise_values.shape != (features.shape[0], n_columns):
            raise ValueError(
                f"noise must have shape {(features.shape[0], n_columns)}. "
                f"Got {noise_values.shape} instead."
            )
        noise_values = noise_values.ravel(order="F")
    information = _core.score_neighbors(
        features.values, target.either, n_neighbors, noise_values, seed, watch.of_core,
        n_threads,
    )  # fmt: skip
    n_done = (
        information.size - int(np.isnan(information).sum())
        if watch.is_late()
        else information.size
    )
    watch.warn_of_part("neighbor_information", n_done, information.size, "columns")
    return information
