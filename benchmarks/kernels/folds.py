"""Folds against scikit-learn."""

import numpy as np
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedGroupKFold

from headstart.validation import stratified_folds, stratified_group_folds
from kernels.row import Row, Timed

N_ROWS = 1_000_000
N_FOLDS = 5
N_GROUPS = 100_000


def unevenness(y: np.ndarray, ids: np.ndarray) -> float:
    """Mean over classes of the standard deviation of their shares over folds.

    What scikit-learn's splitter makes as small as it can.
    """
    counts = np.zeros((N_FOLDS, y.max() + 1))
    np.add.at(counts, (ids, y), 1)
    return float((counts / counts.sum(axis=0)).std(axis=0).mean())


def stratified_groups() -> Timed:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, N_GROUPS, N_ROWS)
    # Groups differ in their classes.
    y = (rng.uniform(size=N_ROWS) < rng.beta(1, 1, N_GROUPS)[groups]).astype(np.int64)
    rows = np.zeros((N_ROWS, 1))

    def peer() -> np.ndarray:
        ids = np.empty(N_ROWS, dtype=np.int64)
        splitter = StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=0)
        for fold, (_, held_out) in enumerate(splitter.split(rows, y, groups)):
            ids[held_out] = fold
        return ids

    def headstart() -> np.ndarray:
        return stratified_group_folds(y, groups, N_FOLDS).fold_ids[0]

    def agree(theirs: object, ours: object) -> str:
        parted = np.unique(groups * N_FOLDS + ours).size > np.unique(groups).size
        worse = unevenness(y, ours) > unevenness(y, theirs) + 1e-6
        return "groups are parted" if parted else "less even" if worse else ""

    return Timed(peer, headstart, agree)


def repeated() -> Timed:
    y = np.random.default_rng(0).integers(0, 2, N_ROWS)
    rows = np.zeros((N_ROWS, 1))

    def peer() -> list[np.ndarray]:
        splitter = RepeatedStratifiedKFold(
            n_splits=N_FOLDS, n_repeats=10, random_state=0
        )
        return [held_out for _, held_out in splitter.split(rows, y)]

    def headstart() -> np.ndarray:
        return stratified_folds(y, N_FOLDS, 10).fold_ids

    def agree(theirs: object, ours: object) -> str:
        same = all(
            abs(int(y[held_out].sum()) - int(y[ours[at // 5] == at % 5].sum())) <= 1
            for at, held_out in enumerate(theirs)
        )
        return "" if same else "classes are dealt out otherwise"

    return Timed(peer, headstart, agree)


ROWS = [
    Row(
        15,
        "stratified group 5-fold, 100k groups",
        "1M",
        "sklearn",
        500,
        stratified_groups,
        peer_repeats=1,
    ),
    Row(16, "repeated stratified 5-fold, 10 times", "1M", "sklearn", 8, repeated),
]
