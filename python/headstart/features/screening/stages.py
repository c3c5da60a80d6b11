"""The stages of screening: many candidates coarsely, then few precisely."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.features.screening.proposals import ALL_PAIRS_UP_TO, propose
from headstart.features.screening.table import ScreenedTable

__all__ = [
    "Screening",
    "Stage",
    "Survivors",
    "score_first",
    "screen",
    "union_of_ranks",
]

FloatArray = NDArray[np.float32]
Progress = Callable[[str, int, int], object]

_FIRST_ROWS = 10_000
_LAST_ROWS = 100_000
_LEAST_KEPT = 2_000
_SHARE_KEPT = 10  # the first stage keeps one in ten
_LAST_KEPT = 200
_CUT_SAMPLE = 128


@dataclass(frozen=True)
class Stage:
    """The number of rows of a stage, and of candidates before and after it.

    Parameters
    ----------
    name : str
    n_rows, n_candidates, n_kept : int
    """

    name: str
    n_rows: int
    n_candidates: int
    n_kept: int


@dataclass(frozen=True, eq=False)
class Survivors:
    """The remaining candidates, best first.

    Parameters
    ----------
    descriptors : ndarray of shape (n_survivors, 4), int32
    gains : ndarray of shape (n_survivors,), float32
        Explained share of the squared residual, out of fold.
    stages : tuple of Stage
    truncated : bool
        Whether the time limit ended a stage early.
    """

    descriptors: NDArray[np.int32]
    gains: FloatArray
    stages: tuple[Stage, ...]
    truncated: bool


@dataclass(frozen=True)
class Screening:
    """Options of screening: threads, seed, deadline and progress.

    `operators` are the codes of the operators of candidates, None for all.
    """

    n_threads: int = 1
    seed: int = 0
    deadline: float | None = None
    progress: Progress | None = field(default=None, repr=False)
    operators: tuple[int, ...] | None = None

    def remaining(self) -> float | None:
        """Return the remaining seconds, None without a limit."""
        return None if self.deadline is None else self.deadline - time.monotonic()

    def is_late(self) -> bool:
        """Return whether the time limit has passed."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def report(self, stage: str, done: int, total: int) -> None:
        """Report the progress of a stage."""
        if self.progress is not None:
            self.progress(stage, done, total)

    def score(
        self,
        table: "_core.ScreeningTable",
        descriptors: NDArray[np.int32],
        depth: int,
        stage: str,
    ) -> tuple[FloatArray, FloatArray]:
        """Return each candidate's gain and correlation, NaN if the time ran out."""
        return _core.score_candidates(
            table, descriptors, self._rules(depth, stage), self.n_threads
        )

    def pair_gains(self, table: "_core.ScreeningTable") -> FloatArray:
        """Return the joint gain of each pair of numeric columns."""
        return _core.pair_gains(table, self._rules(4, "pairs"), self.n_threads)

    def _rules(self, depth: int, stage: str) -> "_core.ScreeningRules":
        def report(done: int, total: int) -> None:
            self.report(stage, done, total)

        return {
            "depth": depth,
            "n_sampled": _CUT_SAMPLE << (depth - 4),
            "seed": self.seed,
            "time_limit": self.remaining(),
            "progress": None if self.progress is None else report,
        }


def screen(
    table: ScreenedTable,
    residuals: NDArray[np.float64],
    fold_ids: NDArray[np.uint8],
    options: Screening,
) -> Survivors:
    """Return the candidates that explain most of the baseline's residual.

    The first stage scores every candidate on at most 10,000 rows. The scores are the
    gain of 16 bins, fitted to one half of the rows and evaluated on the other, and the
    rank correlation with the residual. It keeps one in ten candidates, at least 2,000,
    by the better of the two ranks. The second stage scores these out of fold with at
    most 100,000 rows and more bins. It keeps a quarter, then 200.

    Parameters
    ----------
    table : ScreenedTable
    residuals : ndarray of shape (n_columns, n_rows)
    fold_ids : ndarray of shape (n_rows,), uint8
    options : Screening
    """
    first = _sampled(table, residuals, fold_ids, _FIRST_ROWS, options.seed)
    candidates, was_cut = _proposed(first, options)
    gains, correlations = score_first(*first, candidates, options)
    is_scored = ~np.isnan(gains)
    n_kept = max(_LEAST_KEPT, int(is_scored.sum()) // _SHARE_KEPT)
    best = union_of_ranks(gains, correlations, n_kept)
    stages = [Stage("first", first[0].n_rows, len(candidates), len(best))]
    truncated = was_cut or not is_scored.all()
    survivors, scores = candidates[best], gains[best]
    for depth, n_rows in ((4, 2 * _FIRST_ROWS), (5, _LAST_ROWS)):
        if not len(survivors) or options.is_late():
            break
        sample = _sampled(table, residuals, fold_ids, n_rows, options.seed + 1)
        second_scores, _ = options.score(
            _core_table(*sample), survivors, depth, "second stage"
        )
        if np.isnan(second_scores).any():
            truncated = True
            break
        n_kept = max(_LAST_KEPT, len(survivors) // 4) if depth == 4 else _LAST_KEPT
        order = _ordered(second_scores)[:n_kept]
        stages.append(Stage("second", sample[0].n_rows, len(second_scores), len(order)))
        survivors, scores = survivors[order], second_scores[order]
    truncated = truncated or (len(stages) < 3 and len(survivors) > 0)
    order = _ordered(scores)
    return Survivors(survivors[order], scores[order], tuple(stages), truncated)


def score_first(
    table: ScreenedTable,
    residuals: NDArray[np.float64],
    fold_ids: NDArray[np.uint8],
    candidates: NDArray[np.int32],
    options: Screening,
) -> tuple[FloatArray, FloatArray]:
    """Return the two-fold gain and rank correlation of each candidate."""
    halves = _core_table(table, residuals, fold_ids, halved=True)
    return options.score(halves, candidates, 4, "first stage")


def union_of_ranks(
    gains: FloatArray, correlations: FloatArray, n_kept: int
) -> NDArray[np.int64]:
    """Return the indices of the best candidates by either score, in order.

    Candidates without a score are excluded. The earlier candidate wins a tie.
    """
    n_scored = int((~np.isnan(gains)).sum())
    ranks = np.empty((2, len(gains)), dtype=np.int64)
    for rank, scores in zip(ranks, (gains, correlations), strict=True):
        rank[_ordered(scores)] = np.arange(len(gains))
    best = np.argsort(ranks.min(axis=0), kind="stable")[: min(n_kept, n_scored)]
    return np.sort(best[~np.isnan(gains[best])])


def _ordered(scores: FloatArray) -> NDArray[np.int64]:
    return np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")


def _proposed(sample: "Drawn", options: Screening) -> tuple[NDArray[np.int32], bool]:
    table = sample[0]
    n_numeric = table.n_numeric
    if n_numeric <= ALL_PAIRS_UP_TO:
        return _allowed(propose(table, None), options), False
    gains = options.pair_gains(_core_table(*sample, halved=True))
    n_pairs = ALL_PAIRS_UP_TO * (ALL_PAIRS_UP_TO - 1) // 2
    best = np.sort(_ordered(gains)[:n_pairs])
    pairs = np.stack(np.triu_indices(n_numeric, 1), axis=1)
    return _allowed(propose(table, pairs[best]), options), bool(np.isnan(gains).any())


def _allowed(candidates: NDArray[np.int32], options: Screening) -> NDArray[np.int32]:
    if options.operators is None:
        return candidates
    return np.ascontiguousarray(
        candidates[np.isin(candidates[:, 0], options.operators)]
    )


Drawn = tuple[ScreenedTable, NDArray[np.float64], NDArray[np.uint8]]


def _sampled(
    table: ScreenedTable,
    residuals: NDArray[np.float64],
    fold_ids: NDArray[np.uint8],
    n_rows: int,
    seed: int,
) -> Drawn:
    if table.n_rows <= n_rows:
        return table, residuals, fold_ids
    random = np.random.default_rng(seed)
    rows = np.sort(random.permutation(table.n_rows)[:n_rows])
    return table.take(rows), residuals[:, rows], fold_ids[rows]


def _core_table(
    table: ScreenedTable,
    residuals: NDArray[np.float64],
    fold_ids: NDArray[np.uint8],
    *,
    halved: bool = False,
) -> "_core.ScreeningTable":
    if halved:
        # Merge the folds into two halves, as evenly as their number allows.
        fold_ids = (np.unique(fold_ids, return_inverse=True)[1] % 2).astype(np.uint8)
    with np.errstate(over="ignore", invalid="ignore"):
        numeric = table.numeric.astype(np.float32, order="C")
        # Large numbers, such as seconds since 1970, differ only in the remainders.
        remainders = np.empty_like(numeric)
        np.subtract(table.numeric, numeric, out=remainders, casting="same_kind")
    # The core treats NaN, but not infinity, as missing.
    numeric[np.isinf(numeric)] = np.nan
    remainders[~np.isfinite(remainders)] = 0.0
    if not remainders.any():
        remainders = remainders[:0]
    return {
        "numeric": numeric,
        "remainders": remainders,
        "codes": np.ascontiguousarray(table.codes),
        "n_levels": table.n_levels,
        "residuals": np.ascontiguousarray(residuals),
        "parts": np.ascontiguousarray(fold_ids),
    }
