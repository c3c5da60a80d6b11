"""Permutation tests of the relation of binned columns to a target."""

from typing import Any

import polars as pl

from headstart import _core
from headstart.base import TaskKind
from headstart.machine.compute import Compute
from headstart.scoring.adjustment import adjust_p_values
from headstart.scoring.binning import BinnedMatrix
from headstart.scoring.columns import in_range
from headstart.scoring.features import Features
from headstart.scoring.target import Target

__all__ = ["permutation_test"]


def permutation_test(
    X: Any,
    y: Any,
    *,
    n_permutations: int = 200,
    task: TaskKind | str | None = None,
    n_bins: int = 32,
    compute: Compute = Compute(),
) -> pl.DataFrame:
    """Return a permutation test of each column.

    Columns are binned once, and each permutation counts all values once. The statistic
    is the mutual information with the classes in nats, or the share of a numeric
    target's variance between bins. Missing values form a bin.

    Parameters
    ----------
    X : matrix, table or BinnedMatrix
    y : column of labels or numbers
    n_permutations : int, default=200
        The smallest possible p-value is ``1 / (n_permutations + 1)``.
    task
        As in `score_features`.
    n_bins : int, default=32
        Largest number of bins per column.
    compute : Compute, optional
        At the time limit, the result of the permutations done so far is returned, with
        a `HeadstartWarning` on their number. Progress counts permutations.

    Returns
    -------
    polars.DataFrame
        One row per column: ``feature``, ``statistic``, ``null_mean`` (over
        permutations), ``p_value`` (the share of permutations, with the true order as
        one of them, whose statistic is at least as large) and ``q_value`` (adjusted for
        multiple tests).

    Raises
    ------
    TypeError, ValueError
        As in `score_features`.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.arange(200) % 2
    >>> X = np.column_stack([y + 0.0, np.arange(200) % 7])
    >>> permutation_test(X, y, n_permutations=99)["p_value"].to_list()[0]
    0.01
    """
    watch = compute.watch("permutation_test")
    seed, n_threads = compute.seed, compute.n_threads
    n_permutations = in_range("n_permutations", n_permutations, 1, 10**6)
    if isinstance(X, BinnedMatrix):
        binned = X
    else:
        binned = BinnedMatrix.of_features(
            Features.of(X), n_bins=n_bins, seed=seed, n_threads=n_threads
        )
    target = Target.of(y, task, binned.shape[0])
    statistics = _core.null_statistics(
        binned.core, target.either, n_permutations, seed, watch.of_core, n_threads
    )
    n_done = len(statistics) - 1
    watch.warn_of_part("permutation_test", n_done, n_permutations, "permutations")
    # Statistics of equal tables may differ by rounding.
    n_reached = (statistics[1:] >= statistics[0] * (1 - 1e-12)).sum(axis=0)
    p_values = (1 + n_reached) / (1 + n_done)
    return pl.DataFrame(
        {
            "feature": list(binned.names),
            "statistic": statistics[0],
            "null_mean": statistics[1:].sum(axis=0) / max(1, n_done),
            "p_value": p_values,
            "q_value": adjust_p_values(p_values),
        }
    )
