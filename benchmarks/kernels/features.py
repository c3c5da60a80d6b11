"""Encodings of categories."""

import numpy as np
import polars as pl

from headstart.features import TargetEncoder
from headstart.validation import stratified_folds
from kernels.row import Row, Timed

__all__ = ["ROWS"]

N_ROWS, N_COLUMNS, N_LEVELS = 100_000, 50, 1_000


def target_means() -> Timed:
    """Words in, out-of-fold target means out.

    Each gets the words as it takes them best: scikit-learn an array of Python strings,
    headstart a polars table. The folds are the same.
    """
    from sklearn.model_selection import PredefinedSplit
    from sklearn.preprocessing import TargetEncoder as PeerEncoder

    rng = np.random.default_rng(0)
    levels = np.array([f"level {i}" for i in range(N_LEVELS)], dtype=object)
    words = levels[rng.integers(0, N_LEVELS, (N_ROWS, N_COLUMNS))]
    y = rng.integers(0, 2, N_ROWS)
    frame = pl.DataFrame({f"c{i}": words[:, i].tolist() for i in range(N_COLUMNS)})
    fold_ids = stratified_folds(y, 5).fold_ids[0]
    peer = PeerEncoder(cv=PredefinedSplit(fold_ids), target_type="binary")
    return Timed(
        lambda: peer.fit_transform(words, y),
        lambda: TargetEncoder().fit_transform(frame, y, fold_ids),
        agree,
    )


def agree(theirs: np.ndarray, ours: np.ndarray) -> str:
    """Say by how much means differ, beyond rounding."""
    gap = float(np.abs(theirs - ours).max())
    return "" if gap < 1e-12 else f"means differ by {gap:.1e}"


ROWS = [
    Row(
        number=7,
        operation="out-of-fold target means, words in",
        size="100,000 x 50, 1,000 levels",
        peer="scikit-learn TargetEncoder",
        target=20,
        prepare=target_means,
    )
]
