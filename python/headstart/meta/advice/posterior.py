"""The posterior: the choice after this run has results.

Notation, with n results of this run, D hypotheses and C configurations:

- z (C) : regrets on the new table, 0 the best and 1 the median configuration;
- m_d (C) : mean of z under hypothesis d, its own regrets drawn towards the mean of all;
- S (C, C) : covariance of z under any hypothesis;
- y (n) : measured losses, y = a + z_o / t with unknown location a and scale t > 0;
- K = S_oo (n, n), q = 1' K^-1 1, Q = K^-1 - K^-1 1 1' K^-1 / q.

So z is a mixture of D Gaussians around what happened on known datasets: with S of full
size it is one Gaussian over configurations, with S = 0 it is the datasets themselves.
A flat prior on the location is integrated out, and with a Gamma(s, r) prior on the
scale, ::

    log p(y, t | d) = (n - 1 + s) log t - r t - (t² y'Qy - 2 t y'Q m_d + m_d'Q m_d) / 2

whose mode t_d is the root of a quadratic. A hypothesis weighs as much as it did before
times the Laplace approximation of its integral over log t, and, where losses of
datasets are comparable, times 1 / (1 + g² / 2), where g is the difference between the
location it implies and its own dataset's, in standard deviations of these: a table with
small errors is like those with small errors. The next configuration has the highest
expected improvement, the mean over hypotheses.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray
from headstart.meta.advice.covariance import shrunk_covariance
from headstart.meta.advice.regrets import CAP, Regrets

__all__ = ["Conditioned", "RegretModel", "expected_improvement"]

# Correlation of z with the regrets of the hypothesis's dataset.
_FIDELITY = 0.9
# Power of the likelihood in the weights of hypotheses, since the model is approximate.
_TEMPER = 0.5
# Maximum standard deviation of the logarithms of scales whose losses are comparable.
_COMPARABLE = 2.0
# Variance of a result around its true regret.
_NOISE = 0.01


@dataclass(frozen=True, eq=False, slots=True)
class Conditioned:
    """Regrets given the results of a run, under every hypothesis.

    Parameters
    ----------
    weights : ndarray of shape (n_datasets,)
        Weights of the hypotheses, which sum to 1.
    means : ndarray of shape (n_datasets, n_configurations)
    deviations : ndarray of shape (n_configurations,)
        Standard deviations of the difference from the best result.
    best : ndarray of shape (n_datasets,)
        Regret of the best result so far.
    """

    weights: FloatArray
    means: FloatArray
    deviations: FloatArray
    best: FloatArray


class RegretModel:
    """A mixture of Gaussians over configurations, one per known dataset.

    Parameters
    ----------
    regrets : Regrets
        Regrets of at least two datasets.
    groups : ndarray of int, shape (n_configurations,)
        The learner of each configuration.
    is_proxy : bool, default=False
        Whether the datasets' losses are of another metric than the run's: then their
        locations are not compared.
    """

    def __init__(
        self,
        regrets: Regrets,
        groups: NDArray[np.int64],
        *,
        is_proxy: bool = False,
    ) -> None:
        mean = regrets.values.mean(axis=0)
        deviations = regrets.values - mean
        self.means = mean + _FIDELITY * deviations
        self.covariance = (1.0 - _FIDELITY**2) * shrunk_covariance(deviations, groups)
        self.shape, self.rate = _fit_scales(regrets.scales)
        self.locations = regrets.locations
        self.width = None if is_proxy else _comparable_width(regrets)

    def condition(
        self, weights: FloatArray, results: Mapping[int, float]
    ) -> Conditioned:
        """Return the regrets under every hypothesis, given the results of a run.

        Parameters
        ----------
        weights : ndarray of shape (n_datasets,)
            Prior weights of the hypotheses, which sum to 1.
        results : mapping of int to float
            Losses by configuration; +inf for a failure. At least one is finite.
        """
        places = np.array(sorted(results), dtype=np.int64)
        losses = np.array([results[int(p)] for p in places])
        best = float(losses.min())
        clipped = self._clip(weights, places, losses)
        fit = self._fit(weights, places, clipped)
        standard = fit.scales[:, None] * clipped - fit.offsets[:, None]
        cross = self.covariance[places]
        gain = fit.inverse @ cross
        means = self.means + (standard - self.means[:, places]) @ gain
        variances = (
            self.covariance.diagonal()
            - (cross * gain).sum(axis=0)
            + (1.0 - gain.sum(axis=0)) ** 2 / fit.inverse.sum()
        )
        deviations = np.sqrt(np.maximum(variances, 1e-12))
        return Conditioned(
            fit.weights, means, deviations, fit.scales * best - fit.offsets
        )

    def _clip(
        self, weights: FloatArray, places: NDArray[np.int64], losses: FloatArray
    ) -> FloatArray:
        """Return losses clipped where the regret is `CAP`, as in the base.

        That loss depends on the scale, which is estimated from the losses. The initial
        value is three times the distance of the median result from the best.
        """
        finite = losses[np.isfinite(losses)]
        best = float(finite.min())
        ceiling = best + 3.0 * (float(np.median(finite)) - best)
        if ceiling <= best:
            ceiling = max(float(finite.max()), best + CAP * self.rate / self.shape)
        for _ in range(2):
            fit = self._fit(weights, places, np.minimum(losses, ceiling))
            unit = 1.0 / float(fit.weights @ fit.scales)
            location = float(fit.weights @ (fit.offsets / fit.scales))
            ceiling = max(best + 0.5 * unit, location + CAP * unit)
        return np.minimum(losses, ceiling)

    def _fit(
        self, prior: FloatArray, places: NDArray[np.int64], losses: FloatArray
    ) -> "_Fit":
        """Return scale, location and weight of every hypothesis."""
        n = len(places)
        covariance = self.covariance[np.ix_(places, places)] + _NOISE * np.eye(n)
        inverse: FloatArray = np.linalg.inv(covariance).astype(np.float64)
        ones = inverse.sum(axis=1)
        total = ones.sum()
        centred = inverse - ones[:, None] * ones[None, :] / total
        means = self.means[:, places]
        # Losses are centred: Q is invariant to the mean, and precision is kept.
        shift = losses.mean()
        y = losses - shift
        a = max(float(y @ centred @ y), 0.0)
        b = means @ (centred @ y) - self.rate
        c = ((means @ centred) * means).sum(axis=1)
        power = n - 1 + self.shape
        root = np.sqrt(b**2 + 4.0 * a * power)
        # The root of a t² - b t - power = 0, in the form without cancellation.
        scales = np.where(
            b > 0,
            (b + root) / (2.0 * a) if a > 0 else np.inf,
            2.0 * power / np.maximum(root - b, 1e-300),
        )
        evidence = (
            power * np.log(scales)
            - 0.5 * (a * scales**2 - 2.0 * b * scales + c)
            - 0.5 * np.log(a * scales**2 + power)
        )
        logs = np.log(np.maximum(prior, 1e-300)) + _TEMPER * evidence
        # The location times the scale, for the losses before centring.
        offsets = scales * (shift + y @ ones / total) - means @ ones / total
        if self.width is not None:
            gap = (offsets / scales - self.locations) / self.width
            logs -= np.log1p(0.5 * gap**2)
        weights = np.exp(logs - logs.max())
        return _Fit(weights / weights.sum(), scales, offsets, inverse)


@dataclass(frozen=True, eq=False, slots=True)
class _Fit:
    weights: FloatArray
    scales: FloatArray
    offsets: FloatArray
    inverse: FloatArray


def expected_improvement(conditioned: Conditioned) -> FloatArray:
    """Return the share of each hypothesis in the expected improvements.

    Returns
    -------
    ndarray of shape (n_datasets, n_configurations)
        In regret; the sum of each column is the expected improvement.
    """
    gap = conditioned.best[:, None] - conditioned.means
    deviations = conditioned.deviations
    standard = gap / deviations
    # u Φ(u) + φ(u) is u more than at -u, which is a tail.
    tail = np.exp(np.interp(np.abs(standard), *_log_tail()))
    gain = deviations * (np.maximum(standard, 0.0) + tail)
    return np.asarray(conditioned.weights[:, None] * gain)


@cache
def _log_tail() -> tuple[FloatArray, FloatArray]:
    """Return a table of log(φ(x) - x Φ(-x)) for x from 0 to 20, accurate to 5 digits.

    SciPy has Φ, but importing SciPy takes longer than twenty proposals.
    """
    places = np.arange(0.0, 20.005, 0.005)
    tails = [
        math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
        - 0.5 * x * math.erfc(x / math.sqrt(2.0))
        for x in places.tolist()
    ]
    return places, np.log(np.array(tails))


def _fit_scales(scales: FloatArray) -> tuple[float, float]:
    """Return a Gamma prior of 1 / scale, fitted to mean and variance of the logarithm.

    Losses that are comparable between datasets (error rates) have similar scales, so
    the prior is narrow; for losses in units of the target it is broad.
    """
    logs = -np.log(scales[np.isfinite(scales)])
    if len(logs) < 2:
        return 0.5, 0.5
    variance = max(float(logs.var()), 1e-2)
    # Approximately trigamma(s) = 1 / s + 1 / (2 s²), digamma(s) = log(s) - 1 / (2 s).
    shape = (1.0 + np.sqrt(1.0 + 2.0 * variance)) / (2.0 * variance)
    rate = np.exp(np.log(shape) - 0.5 / shape - logs.mean())
    return float(shape), float(rate)


def _comparable_width(regrets: Regrets) -> float | None:
    """Return the spread of the datasets' best losses; None if units differ.

    Error rates of .02 and of .3 distinguish tables. Errors in the units of targets
    distinguish only targets, and their scales differ by far more.
    """
    logs = np.log(regrets.scales[np.isfinite(regrets.scales)])
    if len(logs) < 2 or logs.std() > _COMPARABLE:
        return None
    width = float(regrets.locations.std())
    return width if width > 0 else None
