"""Least squares with an L2 penalty whose strength is chosen on the training rows.

The strength is chosen by leave-one-out if rows are independent. If they are in groups
or in order of time, whole inner folds are left out, since related rows would leak.
"""

from collections.abc import Sequence

import numpy as np

from headstart.base import FloatArray, IntArray, Resources, Rows

__all__ = ["estimated_seconds", "fit_ridge"]

# Safety factor of the estimate, since a decomposition cannot be interrupted: for slower
# machines, and for the extrapolation from few rows to more.
_SLOWER = 3.0
_UNEVEN = 1.5
_GROWTH = 4
_LEAST_ROWS = 256


def estimated_seconds(n_rows: float, n_columns: float) -> float:
    """Return predicted seconds of one decomposition, fitted to measurements."""
    return n_rows * n_columns * (1e-9 * min(n_columns, n_rows) + 1e-8)


def fit_ridge(
    X: FloatArray, train: Rows, alphas: Sequence[float], resources: Resources
) -> tuple[FloatArray, float]:
    """Return coefficients and intercept, fitted on as many rows as the time allows.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        The training rows, expanded.
    train : Rows
        Target, weights and inner folds of these rows.
    alphas : sequence of float
        Candidates for the strength of the penalty.
    resources : Resources
        Seed and deadline. If the time is too short for all rows, increasing samples of
        them are used; without a deadline all rows are.

    Returns
    -------
    coef : ndarray of shape (n_columns,)
    intercept : float
    """
    y = np.asarray(train.y, dtype=np.float64)
    n_rows, n_columns = X.shape
    n_decompositions = 1 if train.parts is None else 1 + np.unique(train.parts).size

    def seconds(n_used: int) -> float:
        return n_decompositions * estimated_seconds(n_used, n_columns)

    n_used = n_rows
    while n_used > _LEAST_ROWS and (
        _SLOWER * seconds(n_used) > resources.seconds_left()
    ):
        n_used = max(_LEAST_ROWS, n_used // _GROWTH)
    if n_used == n_rows:
        return _fit(X, y, train.weight, train.parts, alphas)
    order = np.random.default_rng(resources.seed).permutation(n_rows)
    while True:
        started = resources.clock()
        rows = np.sort(order[:n_used])
        weight = None if train.weight is None else train.weight[rows]
        parts = None if train.parts is None else train.parts[rows]
        fitted = _fit(X[rows], y[rows], weight, parts, alphas)
        spent = resources.clock() - started
        n_next = min(n_rows, _GROWTH * n_used)
        expected = _UNEVEN * spent * seconds(n_next) / seconds(n_used)
        if n_used == n_rows or expected > resources.seconds_left():
            return fitted
        n_used = n_next


def _fit(
    X: FloatArray,
    y: FloatArray,
    weight: FloatArray | None,
    parts: IntArray | None,
    alphas: Sequence[float],
) -> tuple[FloatArray, float]:
    from sklearn.linear_model import Ridge, RidgeCV

    if parts is None or np.unique(parts).size < 2:
        estimator = RidgeCV(alphas=alphas)
    else:
        estimator = Ridge(alpha=_best_by_parts(X, y, weight, parts, alphas))
    estimator.fit(X, y, sample_weight=weight)
    return estimator.coef_, float(estimator.intercept_)


def _best_by_parts(
    X: FloatArray,
    y: FloatArray,
    weight: FloatArray | None,
    parts: IntArray,
    alphas: Sequence[float],
) -> float:
    """Return the strength with the least squared error on left-out inner folds."""
    losses = np.zeros(len(alphas))
    for part in np.unique(parts):
        is_held_out = parts == part
        is_training = ~is_held_out
        shares = np.ones(is_training.sum()) if weight is None else weight[is_training]
        means = np.average(X[is_training], axis=0, weights=shares)
        center = float(np.average(y[is_training], weights=shares))
        roots = np.sqrt(shares)
        coef = _path(
            (X[is_training] - means) * roots[:, None],
            (y[is_training] - center) * roots,
            alphas,
        )
        errors = (X[is_held_out] - means) @ coef + center - y[is_held_out, None]
        losses += (np.ones(len(errors)) if weight is None else weight[is_held_out]) @ (
            errors**2
        )
    return float(alphas[int(np.argmin(losses))])


def _path(X: FloatArray, y: FloatArray, alphas: Sequence[float]) -> FloatArray:
    """Return the coefficients per strength, of shape (n_columns, n_alphas)."""
    if X.shape[0] >= X.shape[1]:
        values, vectors = np.linalg.eigh(X.T @ X)
        basis, projected = vectors, vectors.T @ (X.T @ y)
    else:
        values, vectors = np.linalg.eigh(X @ X.T)
        basis, projected = X.T @ vectors, vectors.T @ y
    # Rounding can make eigenvalues negative.
    strengths = np.maximum(values, 0.0)[:, None] + np.asarray(alphas)
    return np.asarray(basis @ (projected[:, None] / strengths))
