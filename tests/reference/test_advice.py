"""The meta-learner's steps against the plainest loops and integrals."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal, norm

from headstart.meta.advice.posterior import _NOISE as NOISE
from headstart.meta.advice.posterior import _TEMPER as TEMPER
from headstart.meta.advice.posterior import (
    Conditioned,
    RegretModel,
    expected_improvement,
)
from headstart.meta.advice.regrets import normalise_losses


class PlainPosterior:
    """A mixture of Gaussians with a very wide prior instead of a flat one."""

    # Variance of the location, in regrets.
    WIDE = 1e5

    def __init__(self, model, weights, places, losses):
        self.model, self.places, self.losses = model, places, losses
        n_all = model.covariance.shape[0]
        self.covariance = model.covariance + self.WIDE * np.ones((n_all, n_all))
        self.own = self.covariance[np.ix_(places, places)] + NOISE * np.eye(len(places))
        self.scales = np.array([self.mode(d) for d in range(len(weights))])
        logs = [
            math.log(w) + TEMPER * self.log_integral(d) + self.log_likeness(d)
            for d, w in enumerate(weights)
        ]
        unscaled = np.exp(np.array(logs) - max(logs))
        self.weights = unscaled / unscaled.sum()

    def log_joint(self, d, log_scale):
        """Of the losses and the logarithm of the scale."""
        scale, n = math.exp(log_scale), len(self.places)
        # The flat location takes one power of the scale from the density's n.
        return (
            (n - 1) * log_scale
            + multivariate_normal.logpdf(
                scale * (self.losses - self.losses.mean()),
                self.model.means[d, self.places],
                self.own,
            )
            + self.model.shape * log_scale
            - self.model.rate * scale
        )

    def mode(self, d):
        minimum = minimize_scalar(
            lambda s: -self.log_joint(d, s),
            bounds=(-12, 12),
            method="bounded",
            options={"xatol": 1e-10},
        )
        return math.exp(minimum.x)

    def log_integral(self, d):
        """Laplace's approximation, the curvature by differences."""
        at, step = math.log(self.scales[d]), 1e-2
        around = [self.log_joint(d, at + k * step) for k in (-1, 0, 1)]
        curvature = -(around[0] - 2 * around[1] + around[2]) / step**2
        return around[1] - 0.5 * math.log(curvature)

    def log_likeness(self, d):
        """Of the best loss to be expected here to that of the dataset."""
        y = self.scales[d] * (self.losses - self.losses.mean())
        residual = y - self.model.means[d, self.places]
        location = self.WIDE * np.linalg.solve(self.own, residual).sum()
        best = self.losses.mean() + location / self.scales[d]
        gap = (best - self.model.locations[d]) / self.model.locations.std()
        return -math.log(1 + gap**2 / 2)

    def improvement(self, d, c):
        y = self.scales[d] * (self.losses - self.losses.mean())
        weights = np.linalg.solve(self.own, self.covariance[self.places, c])
        means = self.model.means[d]
        mean = means[c] + weights @ (y - means[self.places])
        variance = self.covariance[c, c] - weights @ self.covariance[self.places, c]
        deviation = math.sqrt(variance)
        u = (y.min() - mean) / deviation
        return deviation * (u * norm.cdf(u) + norm.pdf(u))


@pytest.mark.parametrize("seed", range(3))
def test_conditioning_and_expected_improvement_agree(seed):
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(15, 2)) @ rng.normal(size=(2, 8))
    losses = 0.3 + 0.05 * (shared + rng.normal(size=(15, 8)))
    model = RegretModel(normalise_losses(losses), np.arange(8) % 3)
    weights = rng.dirichlet(np.ones(15))
    places = np.array([1, 3, 4, 6])
    # Near each other: nothing is cut off.
    results = 0.3 + np.array([0.01, 0.0, 0.02, 0.015])
    observed = dict(zip(places.tolist(), results.tolist(), strict=True))
    conditioned = model.condition(weights, observed)
    plain = PlainPosterior(model, weights, places, results)
    np.testing.assert_allclose(conditioned.weights, plain.weights, rtol=0.02, atol=1e-4)
    gains = expected_improvement(conditioned) / conditioned.weights[:, None]
    for c in (0, 2, 5, 7):
        expected = [plain.improvement(d, c) for d in range(15)]
        np.testing.assert_allclose(gains[:, c], expected, rtol=0.01, atol=1e-4)


def test_expected_improvement_agrees_with_scipy_far_into_the_tails():
    means = np.array([np.linspace(-9.0, 30.0, 400)])
    conditioned = Conditioned(np.ones(1), means, np.full(400, 1.7), np.full(1, 0.4))
    u = (0.4 - means) / 1.7
    # Below, the two terms cancel each other in SciPy's digits.
    expected = 1.7 * np.where(
        u > -15, u * norm.cdf(u) + norm.pdf(u), norm.pdf(u) / (u**2 + 3)
    )
    improvement = expected_improvement(conditioned)
    np.testing.assert_allclose(improvement, expected, rtol=2e-3)
    np.testing.assert_allclose(improvement[u > -6], expected[u > -6], rtol=1e-5)
