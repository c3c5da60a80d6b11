"""The fit of a kernel machine: its kernel, its metric, and its points.

The kernel is chosen by leave-one-out, which has a closed form, with plain distances.
The metric follows, as in recursive feature machines [1]_, and with it the bandwidth and
the ridge once more. All this uses a sample of large tables. Then all rows are fitted:
with each row as a point, or with few of them as landmarks.

References
----------
.. [1] A. Radhakrishnan, D. Beaglehole, P. Pandit, M. Belkin, "Mechanism for feature
   learning in neural networks and backpropagation-free machine learning models",
   Science 383, 2024.
"""

import math
from dataclasses import dataclass

import numpy as np

from headstart import _core
from headstart.base import FloatArray, IntArray, Resources
from headstart.learners.kernel_metric import (
    HeldOut,
    PartFits,
    choose_metric,
    next_metric,
    plain_metric,
)
from headstart.learners.kernel_rows import (
    BANDWIDTH,
    POWER,
    RIDGE,
    START,
    Clock,
    GridPoint,
    KernelForm,
    KernelRows,
    climb,
    landmark_seconds,
    larger_ridges,
    solve_seconds,
)

__all__ = ["KernelFit", "fit_kernel", "predicted_seconds"]

_TUNED_ROWS = 1000  # rows that the kernel and the form of the metric are chosen on
_LEAST_ROWS = 200
_METRIC_ROWS = 2000  # rows that the final metric is learnt from
_EXACT_ROWS = 5000  # up to here all rows may be points, with a matrix of 200 MB
_LANDMARKS = (1000, 2000)
_LANDMARK_RIDGES = 5
_LANDMARK_WORK = 4e10  # rows times squared landmarks
_TUNING_FITS = 20.0  # fits of the first kernel, for the number of tuned rows


@dataclass(frozen=True, eq=False)
class KernelFit:
    """A fitted machine.

    Parameters
    ----------
    metric : ndarray of shape (1, n_features) or (n_features, n_features)
    points : ndarray of shape (n_points, n_features)
        In the coordinates of the metric.
    coef : ndarray of shape (n_points, n_outputs)
    kernel : KernelForm
    rows : ndarray of shape (n_held_out,)
        Training rows with held-out outputs.
    held_out : ndarray of shape (n_held_out, n_outputs)
        Outputs of these rows by machines that were fitted without them.
    """

    metric: FloatArray
    points: FloatArray
    coef: FloatArray
    kernel: KernelForm
    rows: IntArray
    held_out: FloatArray


def fit_kernel(rows: KernelRows, resources: Resources, *, full: bool) -> KernelFit:
    """Return the machine of training rows, as good as the time allows.

    Parameters
    ----------
    rows : KernelRows
    resources : Resources
        Seed and deadline. Without a deadline the machine depends on the seed only.
    full : bool
        Whether the metric may be a matrix.
    """
    n_rows = len(rows.X)
    order = np.random.default_rng(resources.seed).permutation(n_rows)
    clock = Clock(resources, rows.X.shape[1], rows.y.shape[1])
    n_tuned = min(n_rows, _TUNED_ROWS)
    while n_tuned > _LEAST_ROWS and not clock.allows(n_tuned, _TUNING_FITS):
        n_tuned = max(_LEAST_ROWS, n_tuned // 2)
    tuned_rows = np.sort(order[:n_tuned])
    tuned = rows.take(tuned_rows).with_several_parts()
    point = _choose_kernel(tuned, clock)
    fits = PartFits(tuned)
    held_out = choose_metric(fits, KernelForm.at(point), clock, full=full)
    first_kernel = KernelForm.at(point)
    if held_out.n_rounds:
        point, held_out = _choose_again(fits, held_out, point, clock)
    kernel = KernelForm.at(point)

    sample = tuned
    if n_rows > n_tuned and clock.allows(_METRIC_ROWS, held_out.n_rounds + 1.0):
        sample = rows.take(np.sort(order[:_METRIC_ROWS]))
    metric = _learn(sample, first_kernel, held_out, clock)
    if n_rows > _EXACT_ROWS:
        by_landmarks = _fit_landmarks(rows, metric, point, order, clock)
        if by_landmarks is not None:
            return by_landmarks
    points = rows if n_rows <= _EXACT_ROWS and clock.allows(n_rows) else sample
    coef = _core.fit_kernel_machine(points.arrays, metric, kernel.kernel, kernel.ridge)
    return KernelFit(
        metric,
        _core.map_to_metric(points.X, metric),
        np.zeros_like(points.y) if coef is None else coef,
        kernel,
        tuned_rows,
        held_out.outputs,
    )


def predicted_seconds(
    n_rows: int, n_features: int, n_outputs: int, *, full: bool
) -> float:
    """Return predicted seconds of `fit_kernel`, fitted to measurements.

    Parameters
    ----------
    n_rows, n_features, n_outputs : int
    full : bool
        Whether the metric may be a matrix.
    """
    tuning = 30.0 + 15.0 * full
    n_tuned = min(n_rows, _TUNED_ROWS)
    seconds = 0.03 + tuning * solve_seconds(n_tuned, n_features, n_outputs)
    if n_rows > _TUNED_ROWS:
        n_sampled = min(n_rows, _METRIC_ROWS)
        seconds += 2.0 * solve_seconds(n_sampled, n_features, n_outputs)
    if n_rows > _EXACT_ROWS:
        n_points = _n_landmarks(n_rows)
        return seconds + landmark_seconds(n_rows, n_points, n_features, n_outputs)
    return seconds + solve_seconds(n_rows, n_features, n_outputs)


def _n_landmarks(n_rows: int) -> int:
    least, most = _LANDMARKS
    return min(most, max(least, int((_LANDMARK_WORK / n_rows) ** 0.5)))


def _choose_kernel(rows: KernelRows, clock: Clock) -> GridPoint:
    """Return the kernel with the least error of rows that are left out."""
    metric = plain_metric(rows)
    parts = rows.parts if rows.are_related else None

    def loss_at(point: GridPoint) -> float:
        kernel = KernelForm.at(point)
        left_out = _core.leave_out_rows(
            rows.arrays, parts, metric, kernel.kernel, kernel.ridge
        )
        return math.inf if left_out is None else rows.loss(left_out[1])

    axes = (RIDGE, POWER, RIDGE, BANDWIDTH, RIDGE)
    return climb(loss_at, START, axes, lambda: clock.allows(len(rows.X), 2.0))


def _choose_again(
    fits: PartFits, held_out: HeldOut, point: GridPoint, clock: Clock
) -> tuple[GridPoint, HeldOut]:
    """Return ridge and bandwidth for learnt metrics, and the held-out outputs."""
    results = {point: held_out}

    def loss_at(point: GridPoint) -> float:
        if point not in results:
            results[point] = fits.fit(
                KernelForm.at(point), held_out.metrics, held_out.form, held_out.n_rounds
            )
        return results[point].loss

    best = climb(
        loss_at, point, (RIDGE, BANDWIDTH, RIDGE), lambda: clock.allows(fits.n_rows)
    )
    return best, results[best]


def _learn(
    rows: KernelRows, kernel: KernelForm, held_out: HeldOut, clock: Clock
) -> FloatArray:
    """Return the metric of the chosen form after the chosen rounds, of these rows."""
    metric = plain_metric(rows)
    for _ in range(held_out.n_rounds):
        if not clock.allows(len(rows.X)):
            break
        coef = _core.fit_kernel_machine(
            rows.arrays, metric, kernel.kernel, kernel.ridge
        )
        learnt = (
            None
            if coef is None
            else next_metric(rows, coef, metric, kernel, held_out.form)
        )
        if learnt is None:
            break
        metric = learnt
    return metric


def _fit_landmarks(
    rows: KernelRows,
    metric: FloatArray,
    point: GridPoint,
    order: IntArray,
    clock: Clock,
) -> KernelFit | None:
    """Return the machine with random rows as points; None if the time is too short.

    Parameters
    ----------
    rows : KernelRows
    metric : ndarray
    point : tuple of int
        The kernel; a larger ridge may replace its own.
    order : ndarray of shape (n_rows,)
        Rows in random order.
    clock : Clock
    """
    n_rows = len(rows.X)
    n_points = _n_landmarks(n_rows)
    if not clock.allows_landmarks(n_rows, n_points):
        return None
    points = _core.map_to_metric(rows.X[np.sort(order[:n_points])], metric)
    # With few points, interpolation is not benign: it needs a larger ridge.
    kernels = larger_ridges(point, _LANDMARK_RIDGES)
    solutions = _core.fit_kernel_landmarks(
        rows.arrays,
        rows.parts,
        points,
        metric,
        kernels[0].kernel,
        [kernel.ridge for kernel in kernels],
    )
    if solutions is None:
        return None
    losses = [rows.loss(left_out) for _, left_out in solutions]
    best = int(np.argmin(losses))
    coef, left_out = solutions[best]
    return KernelFit(metric, points, coef, kernels[best], np.arange(n_rows), left_out)
