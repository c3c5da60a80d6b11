"""A fast selection of candidates against a permuted target, for each fold.

`find_features` confirms features with a model on validation rows. A search compares
configurations with and without the features anyway. Here, candidates only have to
exceed the gains of the same screening on a permuted target.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.base import TaskKind
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.catalogue import OPERATORS
from headstart.features.screening.baseline import Baseline
from headstart.features.screening.confirmation import Trial
from headstart.features.screening.proposals import candidate_of
from headstart.features.screening.stages import Screening, screen
from headstart.features.screening.table import ScreenedTable
from headstart.machine.compute import Compute

__all__ = ["Gated", "screen_features"]

_MOST_ROWS = 20_000
_FOLDS = 3
_N_SHUFFLES = 2
# Two shuffles underestimate the largest gain by chance, hence a margin.
_MARGIN = 1.25


@dataclass(frozen=True)
class Gated:
    """Candidates that passed the gate, best first.

    Parameters
    ----------
    candidates : tuple of Candidate
    gains : tuple of float
        Share of the additive baseline's squared residual that each candidate alone
        explains out of fold.
    chance : float
        The largest gain of any candidate on a shuffled residual; NaN if there was no
        screening.
    """

    candidates: tuple[Candidate, ...] = ()
    gains: tuple[float, ...] = ()
    chance: float = float("nan")


def screen_features(
    frame: pl.DataFrame,
    y: NDArray[Any],
    fold_ids: NDArray[np.integer[Any]],
    *,
    kind: TaskKind,
    n_classes: int = 0,
    max_features: int = 20,
    operators: Collection[str] | None = None,
    compute: Compute = Compute(),
) -> Gated:
    """Return generated features with larger gains than on permuted residuals.

    Candidates are screened on the out-of-fold residual of a small additive baseline, as
    in `find_features`, with at most 20,000 rows. The screening is repeated twice with
    shuffled residuals. A candidate is kept if its gain exceeds the largest gain of
    these repetitions by a quarter, and it is not redundant to another kept candidate.

    Parameters
    ----------
    frame : DataFrame
        Float64 columns, null where missing, and Enum columns.
    y : ndarray of shape (n_rows,)
        Class codes ``0 .. n_classes - 1``, or numbers.
    fold_ids : ndarray of int of shape (n_rows,)
        The fold of each row; at least two distinct folds.
    kind : TaskKind
    n_classes : int
        0 for regression.
    max_features : int, default=20
    operators : collection of str, optional
        Names of the operators of candidates; all by default.
    compute : Compute, optional
        If the time limit is reached, no candidate is kept: the result would depend on
        the machine. Progress is not reported.

    Returns
    -------
    Gated

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(600, 3))
    >>> frame = pl.DataFrame(X, schema=["a", "b", "c"])
    >>> folds = np.arange(600) % 3
    >>> gated = screen_features(
    ...     frame, X[:, 0] * X[:, 1], folds, kind=TaskKind.REGRESSION, max_features=1
    ... )
    >>> [candidate.name for candidate in gated.candidates]
    ['a * b']
    >>> noise = random.normal(size=600)
    >>> screen_features(frame, noise, folds, kind=TaskKind.REGRESSION).candidates
    ()
    """
    n_threads, seed = compute.n_threads, compute.seed
    limit = compute.time_limit  # may be 0 for a fold
    deadline = None if limit is None else time.monotonic() + limit
    codes = None
    if operators is not None:
        codes = tuple(sorted(OPERATORS[name].code for name in operators))
    options = Screening(
        n_threads=n_threads, seed=seed, deadline=deadline, operators=codes
    )
    random = np.random.default_rng(seed)
    if frame.height > _MOST_ROWS:
        rows = np.sort(random.permutation(frame.height)[:_MOST_ROWS])
        frame, y, fold_ids = frame[rows], y[rows], fold_ids[rows]
    folds = np.unique(fold_ids, return_inverse=True)[1] % _FOLDS
    if not _can_be_learnt(y, folds):
        return Gated()
    table = ScreenedTable.of_canonical(frame)
    baseline = Baseline(kind, n_classes, n_threads, seed)
    ids = folds.astype(np.uint8)
    trial = Trial.start(table, y, ids, baseline, options, confirms=False)
    if trial is None or trial.is_solved():
        return Gated()
    chosen = trial.choose(np.arange(table.n_rows), options, max_features)
    if chosen.survivors.truncated or not len(chosen.descriptors):
        return Gated()
    residuals = baseline.residuals(y, trial.additive)
    chance = 0.0
    for shuffle in range(_N_SHUFFLES):
        shuffled = residuals[:, random.permutation(table.n_rows)]
        survivors = screen(table, shuffled, ids, replace(options, seed=seed + shuffle))
        if survivors.truncated:
            return Gated()
        chance = max(chance, float(survivors.gains.max(initial=0.0)))
    passed = np.flatnonzero(chosen.gains > _MARGIN * chance)
    return Gated(
        tuple(candidate_of(chosen.descriptors[i], table.names) for i in passed),
        tuple(float(chosen.gains[i]) for i in passed),
        chance,
    )


def _can_be_learnt(y: NDArray[Any], folds: NDArray[Any]) -> bool:
    """Return whether each fold has training rows with two distinct targets."""
    distinct = np.unique(folds)
    if len(distinct) < 2:
        return False
    return all(len(np.unique(y[folds != fold])) > 1 for fold in distinct)
