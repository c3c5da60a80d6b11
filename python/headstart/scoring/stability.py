"""Stability selection: columns that are selected on most subsamples of rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from headstart.base import TaskKind
from headstart.machine.compute import Compute
from headstart.scoring.binning import BinnedMatrix
from headstart.scoring.columns import in_range
from headstart.scoring.features import Features
from headstart.scoring.redundancy import CRITERIA, choose_columns
from headstart.scoring.score_features import compute_scores
from headstart.scoring.target import Target

__all__ = ["Subsamples", "stability_selection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsamples:
    """Random subsamples of the rows.

    Parameters
    ----------
    n : int, default=50
    share : float, default=0.5
        Share of the rows in each subsample, stratified by class; above 0 and below 1.
    """

    n: int = 50
    share: float = 0.5


def stability_selection(
    X: Any,
    y: Any,
    n_selected: int,
    method: str = "mutual_information",
    *,
    subsamples: Subsamples = Subsamples(),
    task: TaskKind | str | None = None,
    n_bins: int = 32,
    compute: Compute = Compute(),
) -> pl.DataFrame:
    """Return the selection frequency of columns over subsamples of the rows [1]_.

    The table is binned once, and subsamples share its bins.

    Parameters
    ----------
    X : matrix, table or BinnedMatrix
    y : column of labels or numbers
    n_selected : int
        Number of columns selected on each subsample.
    method : str
        A method of `score_features` on bins, such as ``mutual_information`` or
        ``cramers_v``, or a criterion of `select_features` other than ``mrmr_f``.
    subsamples : Subsamples, optional
        By default 50 subsamples of half of the rows.
    task
        As in `score_features`.
    n_bins : int, default=32
        Largest number of bins per column.
    compute : Compute, optional
        At the time limit, the result of the subsamples done so far is returned, with a
        `HeadstartWarning` on their number. Progress counts subsamples.

    Returns
    -------
    polars.DataFrame
        One row per column: ``feature``, ``count`` and ``frequency``, the count divided
        by the number of subsamples.

    Raises
    ------
    TypeError, ValueError
        As in `score_features`, or if `subsamples` is invalid.

    References
    ----------
    .. [1] N. Meinshausen and P. Bühlmann, "Stability selection", JRSS B 72(4), 2010.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.arange(120) % 2
    >>> X = np.column_stack([np.arange(120) % 7, y, np.arange(120) % 5])
    >>> stability_selection(X, y, 1, subsamples=Subsamples(n=8))["count"].to_list()
    [0, 8, 0]
    """
    share = subsamples.share
    if not 0 < share < 1:
        raise ValueError(f"share must be above 0 and below 1. Got {share} instead.")
    watch = compute.watch("stability_selection")
    seed, n_threads = compute.seed, compute.n_threads
    n_subsamples = in_range("n", subsamples.n, 1, 10**6)
    n_selected = in_range("n_selected", n_selected, 1, 2**31)
    if isinstance(X, BinnedMatrix):
        binned = X
    else:
        binned = BinnedMatrix.of_features(
            Features.of(X), n_bins=n_bins, seed=seed, n_threads=n_threads
        )
    target = Target.of(y, task, binned.shape[0])
    counts = np.zeros(binned.shape[1], dtype=np.int64)
    random = np.random.default_rng(seed)
    n_done = 0
    while n_done < n_subsamples and not (n_done and watch.is_late()):
        rows = _subsample(target, share, random)
        subsample = binned.take(rows, n_threads=n_threads)
        codes = target.codes[rows] if target.codes.size else target.codes
        subsample_target = Target(
            target.kind, codes, target.n_classes, target.values[rows]
        )
        if method in CRITERIA:
            chosen = choose_columns(
                subsample, subsample_target, n_selected, method, n_threads=n_threads
            )
            counts[[column for column, _ in chosen]] += 1
        else:
            scores = compute_scores(
                subsample, subsample_target, method, n_threads=n_threads
            ).score
            order = np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")
            best = order[:n_selected]
            counts[best[~np.isnan(scores[best])]] += 1
        n_done += 1
        watch.report(n_done, n_subsamples)
    watch.warn_of_part("stability_selection", n_done, n_subsamples, "subsamples")
    return pl.DataFrame(
        {
            "feature": list(binned.names),
            "count": counts,
            "frequency": counts / n_done,
        }
    )


def _subsample(
    target: Target, share: float, random: np.random.Generator
) -> np.ndarray[Any, np.dtype[np.int64]]:
    if not target.kind.is_classification:
        n_rows = target.values.size
        size = max(2, round(share * n_rows))
        return np.sort(random.permutation(n_rows)[:size])
    class_rows = []
    for code in range(target.n_classes):
        rows = np.flatnonzero(target.codes == code)
        class_rows.append(random.permutation(rows)[: max(1, round(share * rows.size))])
    return np.sort(np.concatenate(class_rows))
