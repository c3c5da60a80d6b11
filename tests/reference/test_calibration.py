"""Calibration and DeLong against scikit-learn and the plainest sums."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression

from headstart.validation import (
    BetaCalibration,
    IsotonicCalibration,
    PlattCalibration,
    TemperatureCalibration,
    compare_by_delong,
    delong_interval,
)

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_rows", [1, 7, 500, 30_000])
def test_isotonic(n_rows, weighted):
    p = RNG.uniform(0.01, 0.99, n_rows)
    p[: n_rows // 2] = p[: n_rows // 2].round(2)
    y = (RNG.uniform(size=n_rows) < p).astype(int)
    w = RNG.uniform(0.1, 2, n_rows) if weighted else None
    theirs = IsotonicRegression(out_of_bounds="clip").fit(p, y, sample_weight=w)
    at = np.linspace(0, 1, 1001)
    ours = IsotonicCalibration().fit(p, y, w).predict(at)
    np.testing.assert_allclose(ours, theirs.predict(at), atol=1e-9)


def least(loss, start):
    return minimize(
        loss,
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 4000},
    ).fun


def cross_entropy(target, p):
    return -np.sum(target * np.log(p) + (1 - target) * np.log(1 - p))


def test_platt_and_beta_are_where_the_loss_is_least():
    p = RNG.uniform(0.01, 0.99, 200)
    y = (RNG.uniform(size=200) < p**2).astype(int)
    n_ones = y.sum()
    target = np.where(y == 1, (n_ones + 1) / (n_ones + 2), 1 / (200 - n_ones + 2))
    log, other = np.log(p), -np.log1p(-p)

    def at(z):
        return cross_entropy(target, 1 / (1 + np.exp(-z)))

    platt = cross_entropy(target, PlattCalibration().fit(p, y).predict(p))
    beta = cross_entropy(target, BetaCalibration().fit(p, y).predict(p))
    expected = least(lambda c: at(c[0] * (log + other) + c[1]), [1.0, 0.0])
    np.testing.assert_allclose(platt, expected, rtol=1e-7)
    expected = least(lambda c: at(c[0] * log + c[1] * other + c[2]), [1.0, 1.0, 0.0])
    np.testing.assert_allclose(beta, expected, rtol=1e-7)


def test_temperature_is_where_the_loss_is_least():
    p = RNG.dirichlet([1, 1, 1], 300)
    y = np.array([RNG.choice(3, p=row) for row in p])
    p = p**2.5 / (p**2.5).sum(axis=1, keepdims=True)

    def loss(factor):
        q = p ** factor[0]
        return -np.mean(np.log(q[np.arange(300), y] / q.sum(axis=1)))

    fitted = TemperatureCalibration().fit(p, y)
    np.testing.assert_allclose(loss([fitted.factor_]), least(loss, [1.0]), rtol=1e-9)


def test_delong_is_the_plain_sum_over_pairs():
    y = np.arange(60) % 3 == 0
    scores = [(RNG.normal(size=60) + y).round(1) for _ in range(2)]
    parts = []
    for s in scores:
        psi = (s[y][:, None] > s[~y]) + 0.5 * (s[y][:, None] == s[~y])
        parts.append((psi.mean(), psi.mean(axis=1), psi.mean(axis=0)))
    ones, zeros = (np.cov([part[i] for part in parts]) for i in (1, 2))
    covariance = ones / y.sum() + zeros / (~y).sum()
    one = delong_interval(y, scores[0])
    assert one.estimate == pytest.approx(parts[0][0])
    assert one.standard_error**2 == pytest.approx(covariance[0, 0])
    both = compare_by_delong(y, *scores)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    assert both.standard_error**2 == pytest.approx(variance)
