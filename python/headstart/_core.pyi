# Types of the compiled module. Each name is wrapped by one Python module.

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

class _BuildInfo(TypedDict):
    profile: str
    version: str

# What was built.

def build_info() -> _BuildInfo: ...

# Folds: headstart.validation.folds.

def plain_folds(
    n_rows: int, n_folds: int, n_repeats: int, seed: int, n_threads: int
) -> NDArray[np.uint8]: ...
def stratified_folds(
    codes: NDArray[np.int64], n_folds: int, n_repeats: int, seed: int, n_threads: int
) -> NDArray[np.uint8]: ...
def stratified_group_folds(
    codes: NDArray[np.int64],
    groups: NDArray[np.int64],
    n_folds: int,
    n_repeats: int,
    seed: int,
    n_threads: int,
) -> NDArray[np.uint8]: ...
def holdout(
    codes: NDArray[np.int64],
    fraction: float,
    n_repeats: int,
    seed: int,
    n_threads: int,
) -> NDArray[np.uint8]: ...
def group_holdout(
    codes: NDArray[np.int64],
    groups: NDArray[np.int64],
    fraction: float,
    n_repeats: int,
    seed: int,
    n_threads: int,
) -> NDArray[np.uint8]: ...
def time_folds(
    steps: NDArray[np.int64], n_folds: int, gap: int
) -> tuple[NDArray[np.uint8], list[int]]: ...

# Metrics: headstart.metrics.

# Out-of-fold store: headstart.validation.out_of_fold.

# Ensembles: headstart.ensemble.greedy.

# Trees: headstart.learners.tree_arrays.
