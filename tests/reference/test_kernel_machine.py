"""Kernel machines against NumPy's solutions, fits without a row, and differences."""

import numpy as np
import pytest

from headstart import _core

DIAGONAL = np.array([[1.0, 0.3, 0.0, 2.0]])
FULL = np.random.default_rng(5).normal(size=(4, 4))
EACH_METRIC = pytest.mark.parametrize(
    "metric", [DIAGONAL, FULL], ids=["factors", "full"]
)
EACH_POWER = pytest.mark.parametrize("power", [0.7, 1.0, 1.4])
BANDWIDTH, RIDGE = 3.0, 0.05


def make_rows(n_rows=120, n_outputs=2):
    """Return columns with some equal rows, targets and weights."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 4))
    X[1::7] = X[0::7][: len(X[1::7])]
    y = np.column_stack([np.sin(X[:, 0] * (k + 1)) + X[:, 3] for k in range(n_outputs)])
    y += 0.1 * rng.normal(size=y.shape)
    return X, y, rng.uniform(0.5, 2.0, n_rows)


def mapped(X, metric):
    return X * metric if len(metric) == 1 else X @ metric


def kernel(X, Z, metric, power, bandwidth=BANDWIDTH):
    """Return the kernel between rows, by plain differences."""
    differences = mapped(X, metric)[:, None] - mapped(Z, metric)
    distances = np.sqrt((differences**2).sum(axis=2))
    return np.exp(-((distances / bandwidth) ** power))


def solved(K, y, weight, ridge=RIDGE):
    return np.linalg.solve(K + ridge * np.diag(1 / weight), y)


@EACH_METRIC
@EACH_POWER
def test_outputs_are_weighted_sums_of_kernels(metric, power):
    X, y, _ = make_rows()
    Z = np.random.default_rng(1).normal(size=(200, 4))

    outputs = _core.apply_kernel_machine(
        Z, metric, _core.map_to_metric(X, metric), y, (BANDWIDTH, power), 1
    )

    np.testing.assert_allclose(outputs, kernel(Z, X, metric, power) @ y, rtol=1e-6)


@EACH_METRIC
@EACH_POWER
def test_coefficients_solve_the_regularised_system(metric, power):
    X, y, weight = make_rows()

    form = (BANDWIDTH, power)
    coef = _core.fit_kernel_machine((X, y, weight), metric, form, RIDGE)
    same, _ = _core.leave_out_rows((X, y, weight), None, metric, form, RIDGE)

    K = kernel(X, X, metric, power)
    expected = solved(K, y, weight)
    np.testing.assert_allclose(coef, expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(same, expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(K @ coef, K @ expected, rtol=1e-6)


@EACH_METRIC
@EACH_POWER
def test_left_out_outputs_are_those_of_fits_without_the_row(metric, power):
    X, y, weight = make_rows(60)

    _, left_out = _core.leave_out_rows(
        (X, y, weight), None, metric, (BANDWIDTH, power), RIDGE
    )

    K = kernel(X, X, metric, power)
    for row in range(len(X)):
        rest = np.delete(np.arange(len(X)), row)
        coef = solved(K[np.ix_(rest, rest)], y[rest], weight[rest])
        np.testing.assert_allclose(left_out[row], K[row, rest] @ coef, rtol=1e-6)


@EACH_METRIC
def test_left_out_outputs_of_parts_are_those_of_fits_without_the_part(metric):
    X, y, weight = make_rows(90)
    parts = np.random.default_rng(2).choice([3, 5, 9], 90)

    _, left_out = _core.leave_out_rows(
        (X, y, weight), parts, metric, (BANDWIDTH, 1.0), RIDGE
    )

    K = kernel(X, X, metric, 1.0)
    for part in np.unique(parts):
        rest, rows = np.flatnonzero(parts != part), np.flatnonzero(parts == part)
        coef = solved(K[np.ix_(rest, rest)], y[rest], weight[rest])
        expected = K[np.ix_(rows, rest)] @ coef
        np.testing.assert_allclose(left_out[rows], expected, rtol=1e-6, atol=1e-9)


@EACH_METRIC
def test_landmarks_minimise_the_penalised_error_with_and_without_a_part(metric):
    X, y, weight = make_rows(700)
    rng = np.random.default_rng(3)
    parts, chosen = rng.integers(0, 3, 700), rng.permutation(700)[:300]
    ridges = [0.02, 1.0]

    solutions = _core.fit_kernel_landmarks(
        (X, y, weight),
        parts,
        _core.map_to_metric(X[chosen], metric),
        metric,
        (BANDWIDTH, 1.0),
        ridges,
    )

    K = kernel(X, X[chosen], metric, 1.0)
    gram = K[chosen] + 1e-9 * np.eye(len(chosen))

    def expected(rows, ridge):
        scaled = K[rows] * weight[rows][:, None]
        return np.linalg.solve(K[rows].T @ scaled + ridge * gram, scaled.T @ y[rows])

    for (coef, left_out), ridge in zip(solutions, ridges, strict=True):
        outputs = K @ expected(np.arange(700), ridge)
        np.testing.assert_allclose(K @ coef, outputs, rtol=1e-6, atol=1e-7)
        for part in range(3):
            rows = np.flatnonzero(parts == part)
            outputs = K[rows] @ expected(np.flatnonzero(parts != part), ridge)
            np.testing.assert_allclose(left_out[rows], outputs, rtol=1e-6, atol=1e-7)


def test_all_rows_as_landmarks_are_the_exact_machine():
    X, y, weight = make_rows()
    X[1::7] += 0.1  # landmarks must differ
    metric, kernel_form = np.ones((1, 4)), (BANDWIDTH, 1.0)
    parts = np.arange(len(X)) % 4

    coef, left_out = _core.leave_out_rows(
        (X, y, weight), parts, metric, kernel_form, RIDGE
    )
    ((other_coef, other_left_out),) = _core.fit_kernel_landmarks(
        (X, y, weight), parts, X, metric, kernel_form, [RIDGE]
    )

    K = kernel(X, X, metric, 1.0)
    np.testing.assert_allclose(K @ other_coef, K @ coef, rtol=1e-6)
    # Landmarks of the left-out part stay, so that its outputs differ a little.
    assert np.abs(other_left_out - left_out).max() < 0.5 * np.abs(left_out - y).max()


@EACH_METRIC
@EACH_POWER
@pytest.mark.parametrize("is_full", [False, True])
def test_the_metric_is_the_mean_outer_product_of_gradients(metric, power, is_full):
    if len(metric) > 1 and not is_full:
        pytest.skip("a full metric is not followed by factors")
    X, y, weight = make_rows()
    form = (BANDWIDTH, power)
    coef = _core.fit_kernel_machine((X, y, weight), metric, form, RIDGE)
    # Without rows that equal a point of another row: there is a kink.
    at = [
        row for row in range(len(X)) if (np.abs(X - X[row]).sum(axis=1) == 0).sum() < 2
    ]

    learnt = _core.learn_kernel_metric(
        (X, y, weight), coef, at, metric, form, (is_full, 0.2)
    )

    step = 1e-6
    gradients = np.empty((len(at), 4, y.shape[1]))
    for column in range(4):
        sides = []
        for sign in (1, -1):
            moved = X[at].copy()
            moved[:, column] += sign * step
            # The row's own point has a kink; its kernel is the same at both sides.
            sides.append(kernel(moved, X, metric, power) @ coef)
        gradients[:, column] = (sides[0] - sides[1]) / (2 * step)
    product = np.einsum("i,iac,ibc->ab", weight[at], gradients, gradients)
    expected = 0.8 * product / np.diag(product).mean() + 0.2 * np.eye(4)
    if is_full:
        found = learnt @ learnt.T
    else:
        found, expected = learnt**2, np.diag(expected)[None]
    np.testing.assert_allclose(found, expected, atol=2e-5)
