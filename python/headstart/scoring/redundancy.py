"""Selection of relevant columns with little redundancy."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray, TaskKind
from headstart.machine.compute import Compute
from headstart.scoring.binning import BinnedMatrix
from headstart.scoring.columns import in_range
from headstart.scoring.features import Features
from headstart.scoring.score_features import compute_scores
from headstart.scoring.target import Target

__all__ = ["CRITERIA", "choose_columns", "select_features"]

CRITERIA = ("mrmr", "mrmr_quotient", "mrmr_f", "jmi")
"""Names of the criteria of `select_features`."""

_BY_INFORMATION = {"mrmr": "difference", "mrmr_quotient": "quotient", "jmi": "joint"}


def select_features(
    X: Any,
    y: Any,
    n_selected: int,
    criterion: str = "mrmr",
    *,
    task: TaskKind | str | None = None,
    categorical: Sequence[int] | Sequence[bool] | NDArray[Any] | None = None,
    n_bins: int = 16,
    compute: Compute = Compute(),
) -> pl.DataFrame:
    """Return columns selected greedily by relevance, penalised for redundancy.

    Parameters
    ----------
    X : matrix, table or BinnedMatrix
        As in `score_features`. ``mrmr_f`` needs numeric columns.
    y : column of labels or numbers
    n_selected : int
        Largest number of selected columns.
    criterion : {"mrmr", "mrmr_quotient", "mrmr_f", "jmi"}
        ``mrmr`` and ``mrmr_quotient``: the mutual information with the target minus, or
        divided by, the mean mutual information with the selected columns [1]_.
        ``mrmr_f``: the F statistic divided by the mean absolute Pearson correlation, as
        in the package ``mrmr_selection``. ``jmi``: joint mutual information [2]_. All
        but ``mrmr_f`` use bins, with a bin for missing values.
    task, categorical
        As in `score_features`.
    n_bins : int, default=16
        Largest number of bins per column. With many bins, the information of pairs of
        columns is overestimated.
    compute : Compute, optional
        Time limit and progress are ignored.

    Returns
    -------
    polars.DataFrame
        ``feature``, ``place`` (index of the column in `X`) and ``score``, in the order
        of selection.

    Raises
    ------
    TypeError, ValueError
        As in `score_features`, or if the criterion is unknown.

    References
    ----------
    .. [1] H. Peng et al., "Feature selection based on mutual information", TPAMI 27(8),
       2005.
    .. [2] H. Yang and J. Moody, "Data visualization and feature selection", NIPS 1999.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.arange(64) % 4
    >>> X = np.column_stack([y // 2, y // 2, y % 2]).astype(float)
    >>> select_features(X, y, 2)["feature"].to_list()
    ['x0', 'x2']
    """
    features: Features | BinnedMatrix
    if isinstance(X, BinnedMatrix):
        features = X
    else:
        features = Features.of(X, categorical=categorical)
    target = Target.of(y, task, features.shape[0])
    chosen = choose_columns(
        features, target, n_selected, criterion,
        n_bins=n_bins, seed=compute.seed, n_threads=compute.n_threads,
    )  # fmt: skip
    return pl.DataFrame(
        {
            "feature": [features.names[column] for column, _ in chosen],
            "place": [column for column, _ in chosen],
            "score": [score for _, score in chosen],
        },
        schema={"feature": pl.String, "place": pl.Int64, "score": pl.Float64},
    )


def choose_columns(
    features: Features | BinnedMatrix,
    target: Target,
    n_selected: int,
    criterion: str,
    *,
    n_bins: int = 16,
    seed: int = 0,
    n_threads: int = 1,
) -> list[tuple[int, float]]:
    """Return the indices of the selected columns with their scores.

    Parameters
    ----------
    features, target, n_selected, criterion, n_bins
        As in `select_features`.
    seed, n_threads : int
        As in `Compute`.

    Raises
    ------
    TypeError, ValueError
        As in `select_features`.
    """
    if criterion not in CRITERIA:
        raise ValueError(
            f"Unknown criterion {criterion!r}. Known: {', '.join(CRITERIA)}."
        )
    n_selected = in_range("n_selected", n_selected, 1, 2**31)
    n_threads = in_range("n_threads", n_threads, 1, 1024)
    if criterion == "mrmr_f":
        return _by_correlation(features, target, n_selected, n_threads)
    if isinstance(features, Features):
        binned = BinnedMatrix.of_features(
            features, n_bins=n_bins, seed=seed, n_threads=n_threads
        )
    else:
        binned = features
    labels = target.labels
    if not target.kind.is_classification:
        core = _core.BinnedMatrix.fit([target.values], [False], 16, None, 0, 1)
        labels = core.codes()[:, 0].astype(np.uint16), core.bins(0)[1]
    return _core.select_by_information(
        binned.core, labels, _BY_INFORMATION[criterion], n_selected, n_threads
    )


def _by_correlation(
    features: Features | BinnedMatrix, target: Target, n_selected: int, n_threads: int
) -> list[tuple[int, float]]:
    scores: FloatArray = compute_scores(
        features, target, "f", n_threads=n_threads
    ).score
    if isinstance(features, BinnedMatrix) or features.categorical:
        raise TypeError(
            "mrmr_f needs numeric columns. hint: criterion='mrmr' does not."
        )
    relevance = np.nan_to_num(scores, nan=0.0, posinf=np.finfo(np.float64).max)
    return _core.select_by_correlation(
        features.values, relevance, n_selected, n_threads
    )
