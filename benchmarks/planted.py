"""Synthetic tables with planted interactions."""

import numpy as np
import polars as pl

__all__ = ["PLANTED", "planted"]

PLANTED = ("planted_regression", "planted_binary", "planted_wide")


def planted(name: str) -> tuple[pl.DataFrame, np.ndarray, str]:
    """Return features, target and kind of task.

    The target depends on x0 * x1, |x2 - x3|, x10 / x11 and x12 * x13, the last four
    columns log-normal; the other columns are noise.
    """
    n_rows, n_columns = (10_000, 60 if name == "planted_wide" else 24)
    random = np.random.default_rng(len(name))
    X = random.normal(size=(n_rows, n_columns))
    X[:, 10:14] = np.exp(0.5 * X[:, 10:14])
    signal = (
        X[:, 0] * X[:, 1]
        + 1.5 * np.abs(X[:, 2] - X[:, 3])
        + X[:, 10] / X[:, 11]
        + 0.5 * X[:, 12] * X[:, 13]
    )
    noisy = signal + random.normal(size=n_rows)
    frame = pl.DataFrame({f"x{i}": X[:, i] for i in range(n_columns)})
    if name == "planted_binary":
        return frame, (noisy > np.median(noisy)).astype(int), "binary"
    return frame, noisy, "regression"
