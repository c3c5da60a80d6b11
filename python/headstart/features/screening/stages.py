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
_SHARE_KEPT = 10  # one in so many goes on after the first stage
_LAST_KEPT = 200
_CUT_SAMPLE = 128


@dataclass(frozen=True)
class Stage:
    """The rows of a stage, and its candidates before and after it.

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
        Share of the residual's squares taken off, out of fold.
    stages : tuple of Stage
    truncated : bool
        Whether the time limit cut something off.
    """

    descriptors: NDArray[np.int32]
    gains: FloatArray
    stages: tuple[Stage, ...]
    truncated: bool


@dataclass(frozen=True)
class Screening:
    """Options of screening: threads, seed, deadline and progress.

    `operators` are codes of those that candidates may be made by, None for all.
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

    def tell(self, stage: str, done: int, total: int) -> None:
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
        """Return gain and correlation of each candidate, NaN where time ran out."""
        return _core.score_candidates(
            table, descriptors, self._rules(depth, stage), self.n_threads
        )

    def pair_gains(self, table: "_core.ScreeningTable") -> FloatArray:
        """Return the joint gain of each pair of numeric columns."""
        return _core.pair_gains(table, self._rules(4, "pairs"), self.n_threads)

    def _rules(self, depth: int, stage: str) -> "_core.ScreeningRules":
        def told(done: int, total: int) -> None:
            self.tell(stage, done, total)

        return {
            "depth": depth,
            "n_sampled": _CUT_SAMPLE << (depth - 4),
            "seed": self.seed,
            "time_limit": self.remaining(),
            "progress": None if self.progress is None else told,
        }


def screen(
    table: ScreenedTable,
    residuals: NDArray[np.float64],
    parts: NDArray[np.uint8],
    how: Screening,
) -> Survivors:
    """Return the candidates that explain most of the baseline's residual.

    The first stage scores every candidate on at most 10,000 rows: the gain of 16 bins
    learnt from one half of the rows on the other, and the rank correlation with the
    residual. The larger of 2,000 and one in ten go on, by the better of the two ranks.
    The second scores those out of fold, on at most 100,000 rows and in finer bins, and
    halves them until 200 are left.

    Parameters
    ----------
    table : ScreenedTable
    residuals : ndarray of shape (n_columns, n_rows)
    parts : ndarray of shape (n_rows,), uint8
        Folds.
    how : Screening
    """
    first = _sampled(table, residuals, parts, _FIRST_ROWS, how.seed)
    candidates, was_cut = _proposed(first, how)
    gains, correlations = score_first(*first, candidates, how)
    done = ~np.isnan(gains)
    n_kept = max(_LEAST_KEPT, int(done.sum()) // _SHARE_KEPT)
    kept = union_of_ranks(gains, correlations, n_kept)
    stages = [Stage("first", first[0].n_rows, len(candidates), len(kept))]
    truncated = was_cut or not done.all()
    survivors, scores = candidates[kept], gains[kept]
    for depth, n_rows in ((4, 2 * _FIRST_ROWS), (5, _LAST_ROWS)):
        if not len(survivors) or how.is_late():
            break
        drawn = _sampled(table, residuals, parts, n_rows, how.seed + 1)
        found, _ = how.score(_core_table(*drawn), survivors, depth, "second stage")
        if np.isnan(found).any():
            truncated = True
            break
        n_kept = max(_LAST_KEPT, len(survivors) // 4) if depth == 4 else _LAST_KEPT
        order = _ordered(found)[:n_kept]
        stages.append(Stage("second", drawn[0].n_rows, len(found), len(order)))
        survivors, scores = survivors[order], found[order]
    truncated = truncated or (len(stages) < 3 and len(survivors) > 0)
    order = _ordered(scores)
    return Survivors(survivors[order], scores[order], tuple(stages), truncated)


def score_first(
    table: ScreenedTable,
    residuals: NDArray[np.float64],
    parts: NDArray[np.uint8],
    candidates: NDArray[np.int32],
    how: Screening,
) -> tuple[FloatArray, FloatArray]:
    """Return the two-fold gain and rank correlation of each candidate."""
    halves = _core_table(table, residuals, parts, halved=True)
    return how.score(halves, candidates, 4, "first stage")


def union_of_ranks(
    gains: FloatArray, correlations: FloatArray, n_kept: int
) -> NDArray[np.int64]:
    """Return the indices of the best candidates by either list, in order.

    Candidates without a score are excluded; ties go to the earlier.
    """
    n_scored = int((~np.isnan(gains)).sum())
    ranks = np.empty((2, len(gains)), dtype=np.int64)
    for rank, scores in zip(ranks, (gains, correlations), strict=True):
        rank[_ordered(scores)] = np.arange(len(gains))
    best = np.argsort(ranks.min(axis=0), kind="stable")[: min(n_kept, n_scored)]
    return np.sort(best[~np.isnan(gains[best])])


def _ordered(scores: FloatArray) -> NDArray[np.int64]:
    return np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")


def _proposed(drawn: "Drawn", how: Screening) -> tuple[NDArray[np.int32], bool]:
    table = drawn[0]
    n_numeric = table.n_numeric
    if n_numeric <= ALL_PAIRS_UP_TO:
        return _allowed(propose(table, None), how), False
    gains = how.pair_gains(_core_table(*drawn, halved=True))
    n_pairs = ALL_PAIRS_UP_TO * (ALL_PAIRS_UP_TO - 1) // 2
    best = np.sort(_ordered(gains)[:n_pairs])
    pairs = np.stack(np.triu_indices(n_numeric, 1), axis=1)
    return _allowed(propose(table, pairs[best]), how), bool(np.isnan(gains).any())


def _allowed(candidates: NDArray[np.int32], how: Screening) -> NDArray[np.int32]:
    if how.operators is None:
        return candidates
    return np.ascontiguousarray(candidates[np.isin(candidates[:, 0], how.operators)])


Drawn = tuple[ScreenedTable, NDArray[np.float64], NDArray[np.uint8]]


def _sampled(
    table: ScreenedTable,
    residuals: NDArray[np.float64],
    parts: NDArray[np.uint8],
    n_rows: int,
    seed: int,
) -> Drawn:
    if table.n_rows <= n_rows:
        return table, residuals, parts
    random = np.random.default_rng(seed)
    rows = np.sort(random.permutation(table.n_rows)[:n_rows])
    return table.take(rows), residuals[:, rows], parts[rows]


def _core_table(
    table: ScreenedTable,
    residuals: NDArray[np.float64],
    parts: NDArray[np.uint8],
    *,
    halved: bool = False,
) -> "_core.ScreeningTable":
    if halved:
        # Folds put together, as evenly as their number allows.
        parts = (np.unique(parts, return_inverse=True)[1] % 2).astype(np.uint8)
    with np.errstate(over="ignore", invalid="ignore"):
        numeric = table.numeric.astype(np.float32, order="C")
        # Differences of large numbers, such as seconds since 1970, are in what is left.
        remainders = np.empty_like(numeric)
        np.subtract(table.numeric, numeric, out=remainders, casting="same_kind")
    # The core takes what is missing for NaN, never for an infinity.
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
        "parts": np.ascontiguousarray(parts),
    }
