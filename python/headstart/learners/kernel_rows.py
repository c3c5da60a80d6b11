"""Training rows of a kernel machine, forms of its kernel, and the time for its fits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from headstart import _core
from headstart.base import FloatArray, IntArray, Resources

__all__ = [
    "BANDWIDTH",
    "POWER",
    "RIDGE",
    "START",
    "Clock",
    "GridPoint",
    "KernelForm",
    "KernelRows",
    "climb",
    "landmark_seconds",
    "larger_ridges",
    "solve_seconds",
]

#: Indices into the values of power, bandwidth and ridge.
GridPoint = tuple[int, int, int]

_GRID: tuple[tuple[float, ...], ...] = (
    (0.7, 1.0, 1.4, 1.8),
    (0.5, 1.4, 4.0),
    tuple(10.0**exponent for exponent in range(-6, 2)),
)
POWER, BANDWIDTH, RIDGE = range(3)
START: GridPoint = (2, 2, 4)
_FEWEST_PARTS = 2
_SLOWER = 3.0  # safety factor of predicted seconds, as a factorisation is not stopped


@dataclass(frozen=True, slots=True)
class KernelForm:
    """The kernel and the penalty of a machine.

    Parameters
    ----------
    power, bandwidth : float
        The kernel is ``exp(-(distance / bandwidth) ** power)``.
    ridge : float
        Factor of the squared norm, beside the weighted squared error.
    """

    power: float
    bandwidth: float
    ridge: float

    @classmethod
    def at(cls, point: GridPoint) -> "KernelForm":
        """Return the form at a point of the grid."""
        power, bandwidth, ridge = (
            values[index] for values, index in zip(_GRID, point, strict=True)
        )
        return cls(power, bandwidth, ridge)

    @property
    def kernel(self) -> tuple[float, float]:
        """Bandwidth and power, for the compiled module."""
        return self.bandwidth, self.power


@dataclass(frozen=True, eq=False)
class KernelRows:
    """Training rows of a machine.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
    y : ndarray of shape (n_rows, n_outputs)
        Targets with mean 0.
    weight : ndarray of shape (n_rows,)
    parts : ndarray of shape (n_rows,)
        The part of rows that a row is held out with.
    are_related : bool
        Whether rows of a part are related, so that they can only be left out together.
    """

    X: FloatArray
    y: FloatArray
    weight: FloatArray
    parts: IntArray
    are_related: bool = False

    @property
    def arrays(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Columns, targets and weights, for the compiled module."""
        return self.X, self.y, self.weight

    def take(self, rows: IntArray) -> "KernelRows":
        """Return the given rows, copied."""
        return KernelRows(
            self.X[rows],
            self.y[rows],
            self.weight[rows],
            self.parts[rows],
            self.are_related,
        )

    def with_several_parts(self) -> "KernelRows":
        """Return rows of two or more parts: if all are of one, they are divided."""
        if np.unique(self.parts).size > 1:
            return self
        return replace(self, parts=np.arange(len(self.X)) % _FEWEST_PARTS)

    def loss(self, outputs: FloatArray) -> float:
        """Return the weighted mean over rows of the squared error of all outputs."""
        errors = ((outputs - self.y) ** 2).sum(axis=1)
        return float(np.average(errors, weights=self.weight))

    def scaled(self, metric: FloatArray) -> FloatArray:
        """Return a metric over the root of the mean squared distance of the rows."""
        points = _core.map_to_metric(self.X, metric)
        mean_square = 2.0 * float(points.var(axis=0).sum())
        return metric / (mean_square**0.5 if mean_square > 0 else 1.0)


class Clock:
    """Compares predicted seconds with those until the deadline.

    Parameters
    ----------
    resources : Resources
    n_features, n_outputs : int
        Columns and targets of the rows.
    """

    def __init__(self, resources: Resources, n_features: int, n_outputs: int) -> None:
        self._resources = resources
        self._shape = n_features, n_outputs

    def allows_landmarks(self, n_rows: int, n_points: int) -> bool:
        """Return whether there is time for a fit of rows with landmarks."""
        seconds = landmark_seconds(n_rows, n_points, *self._shape)
        return _SLOWER * seconds <= self._resources.seconds_left()

    def allows(self, n_rows: float, n_fits: float = 1.0) -> bool:
        """Return whether there is time for as many fits of `n_rows` rows."""
        seconds = n_fits * solve_seconds(n_rows, *self._shape)
        return _SLOWER * seconds <= self._resources.seconds_left()


def solve_seconds(n_rows: float, n_features: int, n_outputs: int) -> float:
    """Return predicted seconds of one fit with all rows as points.

    Parameters
    ----------
    n_rows : float
    n_features, n_outputs : int
    """
    per_pair = 3e-8 + 1e-10 * n_features + 1e-9 * n_outputs
    return 1e-4 + n_rows**2 * (per_pair + 2.5e-11 * n_rows)


def landmark_seconds(
    n_rows: int, n_points: int, n_features: int, n_outputs: int
) -> float:
    """Return predicted seconds of a fit with landmarks.

    Parameters
    ----------
    n_rows, n_points, n_features, n_outputs : int
    """
    per_pair = 4e-8 + 2e-10 * n_features + 5e-9 * n_outputs
    return n_rows * n_points * (per_pair + 1e-10 * n_points) + 2.5e-10 * n_points**3


def larger_ridges(point: GridPoint, n_ridges: int) -> list[KernelForm]:
    """Return the form at a grid point, and those with the next larger ridges.

    Examples
    --------
    >>> [form.ridge for form in larger_ridges((0, 0, 6), 4)]
    [1.0, 10.0]
    """
    power, bandwidth, ridge = point
    last = min(ridge + n_ridges, len(_GRID[RIDGE]))
    return [KernelForm.at((power, bandwidth, index)) for index in range(ridge, last)]


def climb(
    loss_at: Callable[[GridPoint], float],
    start: GridPoint,
    axes: Sequence[int],
    may_go_on: Callable[[], bool],
) -> GridPoint:
    """Return a grid point with a low loss, by steps along one axis at a time.

    Parameters
    ----------
    loss_at : callable of ``(point) -> float``
        Called at most once per point.
    start : tuple of int
    axes : sequence of int
        Axes in the order in which they are searched; one may occur more than once.
    may_go_on : callable of ``() -> bool``
        Asked before each loss but the first.

    Examples
    --------
    >>> climb(
    ...     lambda p: (p[0] - 1) ** 2 + (p[2] - 6) ** 2, (2, 2, 4), (0, 2), lambda: True
    ... )
    (1, 2, 6)
    """
    point = start
    losses = {point: loss_at(point)}
    for axis in axes:
        for step in (1, -1):
            while may_go_on():
                index = point[axis] + step
                if not 0 <= index < len(_GRID[axis]):
                    break
                moved = _moved(point, axis, index)
                if moved not in losses:
                    losses[moved] = loss_at(moved)
                if not losses[moved] < losses[point]:
                    break
                point = moved
    return point


def _moved(point: GridPoint, axis: int, index: int) -> GridPoint:
    power, bandwidth, ridge = (
        index if place == axis else own for place, own in enumerate(point)
    )
    return power, bandwidth, ridge
