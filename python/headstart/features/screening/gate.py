"""A fast selection of candidates against a permuted target, for each fold.

`find_features` tests features with a model on validation rows. A search does that
anyway for configurations with and without them; here candidates only have to exceed the
gains of the same screening on a permuted target.
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
# What stands above chance does so by more than the luck of two shuffles.
_MARGIN = 1.25


@dataclass(frozen=True)
class Gated:
    """Candidates that passed the gate, best first.

    Parameters
    ----------
    candidates : tuple of Candidate
    gains : tuple of float
        For each, the share of the additive baseline's squared residual that it tells
        out of fold, all by itself.
    chance : float
        The largest gain of any candidate where the residual was shuffled; NaN where
        nothing was looked for.
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

    Candidates are screened by the out-of-fold residual of a small additive baseline,
    as `find_features` does, on 20,000 rows at most. Then the same is done twice with
    the residual's rows shuffled: kept is what gains a quarter more than the best of
    those, and does not say what another one does.

    Parameters
    ----------
    frame : DataFrame
        Float64 columns, null where missing, and Enum columns.
    y : ndarray of shape (n_rows,)
        Codes ``0 .. n_classes - 1``, or numbers.
    fold_ids : ndarray of int of shape (n_rows,)
        Rows that belong together have one id; at least two.
    kind : TaskKind
    n_classes : int
        0 for regression.
    max_features : int, default=20
    operators : collection of str, optional
        Names of operators that candidates may be made by; all by default.
    compute : Compute, optional
        After the time limit nothing is kept: the answer would depend on the machine.
        Without progress.

    Returns
    -------
    Gated

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(600, 3))
    >>> frame = pl.DataFrame(X, schema=["a", "b", "c"])
    >>> folds = np.arange(600) % 3
    >>> found = screen_features(
    ...     frame, X[:, 0] * X[:, 1], folds, kind=TaskKind.REGRESSION, max_features=1
    ... )
    >>> [candidate.name for candidate in found.candidates]
    ['a * b']
    >>> noise = random.normal(size=600)
    >>> screen_features(frame, noise, folds, kind=TaskKind.REGRESSION).candidates
    ()
    """
    n_threads, seed = compute.n_threads, compute.seed
    limit = compute.time_limit  # none at all may be left for a fold
    deadline = None if limit is None else time.monotonic() + limit
    codes = None
    if operators is not None:
        codes = tuple(sorted(OPERATORS[name].code for name in operators))
    how = Screening(n_threads=n_threads, seed=seed, deadline=deadline, operators=codes)
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
    trial = Trial.start(table, y, ids, baseline, how, confirms=False)
    if trial is None or trial.is_solved():
        return Gated()
    chosen = trial.choose(np.arange(table.n_rows), how, max_features)
    if chosen.survivors.truncated or not len(chosen.descriptors):
        return Gated()
    residuals = baseline.residuals(y, trial.additive)
    chance = 0.0
    for shuffle in range(_N_SHUFFLES):
        shuffled = residuals[:, random.permutation(table.n_rows)]
        found = screen(table, shuffled, ids, replace(how, seed=seed + shuffle))
        if found.truncated:
            return Gated()
        chance = max(chance, float(found.gains.max(initial=0.0)))
    passed = np.flatnonzero(chosen.gains > _MARGIN * chance)
    return Gated(
        tuple(candidate_of(chosen.descriptors[i], table.names) for i in passed),
        tuple(float(chosen.gains[i]) for i in passed),
        chance,
    )


def _can_be_learnt(y: NDArray[Any], folds: NDArray[Any]) -> bool:
    """Return whether each fold has training rows with two distinct targets."""
    known = np.unique(folds)
    if len(known) < 2:
        return False
    return all(len(np.unique(y[folds != fold])) > 1 for fold in known)
