"""The metric of a kernel machine, learnt from the machine's own gradients.

A round fits a machine and replaces the metric by the average outer product of its
gradients: distances then count in directions in which the target changes. The product
is mixed with the identity, because that of few rows is noisy.

The form of the metric and the number of rounds are chosen on held-out parts of the
rows: leave-one-out does not see that a metric was learnt from the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart import _core
from headstart.base import FloatArray
from headstart.learners.kernel_rows import Clock, KernelForm, KernelRows

__all__ = ["HeldOut", "PartFits", "choose_metric", "next_metric", "plain_metric"]

_ROUNDS = 3
_PLAIN_SHARES = (0.5, 0.03)
_GRADIENT_ROWS = 500  # rows at which gradients are averaged
_MATRIX_COLUMNS = 400  # above, a full matrix is too expensive for its gain

#: Whether a metric is a matrix instead of factors, and the share of the identity in it.
MetricForm = tuple[bool, float]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Outputs of rows by machines that were fitted without them.

    Parameters
    ----------
    form : (bool, float)
        See `MetricForm`.
    n_rounds : int
        Rounds in which the metrics were learnt; 0 for plain distances.
    metrics, coefs : sequence of ndarray
        The metrics and coefficients without each part.
    outputs : ndarray of shape (n_rows, n_outputs)
    loss : float
        Of the outputs.
    """

    form: MetricForm
    n_rounds: int
    metrics: Sequence[FloatArray]
    coefs: Sequence[FloatArray]
    outputs: FloatArray
    loss: float


class PartFits:
    """Fits without each part of the rows.

    Parameters
    ----------
    rows : KernelRows
        With at least two parts.
    """

    def __init__(self, rows: KernelRows) -> None:
        self._rows = rows
        numbers = np.unique(rows.parts)
        self._held_out = [np.flatnonzero(rows.parts == number) for number in numbers]
        self._training = [
            rows.take(np.flatnonzero(rows.parts != number)) for number in numbers
        ]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self._rows.X)

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return int(self._rows.X.shape[1])

    def plain(self, kernel: KernelForm) -> HeldOut:
        """Return the outputs with plain distances."""
        metrics = [plain_metric(rows) for rows in self._training]
        return self.fit(kernel, metrics, (False, 1.0), 0)

    def fit(
        self,
        kernel: KernelForm,
        metrics: Sequence[FloatArray],
        form: MetricForm,
        n_rounds: int,
    ) -> HeldOut:
        """Return the outputs with a metric for each part.

        Parameters
        ----------
        kernel : KernelForm
        metrics : sequence of ndarray
        form, n_rounds
            See `HeldOut`.
        """
        outputs = np.full_like(self._rows.y, np.nan)
        coefs = []
        for rows, held_out, metric in zip(
            self._training, self._held_out, metrics, strict=True
        ):
            coef = _core.fit_kernel_machine(
                rows.arrays, metric, kernel.kernel, kernel.ridge
            )
            if coef is not None:
                outputs[held_out] = _core.apply_kernel_machine(
                    self._rows.X[held_out],
                    metric,
                    _core.map_to_metric(rows.X, metric),
                    coef,
                    kernel.kernel,
                    1,
                )
            coefs.append(np.zeros_like(rows.y) if coef is None else coef)
        loss = self._rows.loss(outputs)
        return HeldOut(form, n_rounds, metrics, coefs, outputs, loss)

    def next_round(
        self, last: HeldOut, kernel: KernelForm, form: MetricForm
    ) -> HeldOut | None:
        """Return the outputs after another round; None if a machine is constant."""
        metrics = []
        for rows, coef, metric in zip(
            self._training, last.coefs, last.metrics, strict=True
        ):
            learnt = next_metric(rows, coef, metric, kernel, form)
            if learnt is None:
                return None
            metrics.append(learnt)
        return self.fit(kernel, metrics, form, last.n_rounds + 1)


def plain_metric(rows: KernelRows) -> FloatArray:
    """Return equal factors for all columns."""
    return rows.scaled(np.ones((1, rows.X.shape[1])))


def next_metric(
    rows: KernelRows,
    coef: FloatArray,
    metric: FloatArray,
    kernel: KernelForm,
    form: MetricForm,
) -> FloatArray | None:
    """Return the metric of a machine's gradients; None if the machine is constant.

    Parameters
    ----------
    rows : KernelRows
    coef, metric : ndarray
        Coefficients and metric of a machine with all these rows as points.
    kernel : KernelForm
    form : (bool, float)
        See `MetricForm`.
    """
    step = -(-len(rows.X) // _GRADIENT_ROWS)
    at = list(range(0, len(rows.X), step))
    learnt = _core.learn_kernel_metric(
        rows.arrays, coef, at, metric, kernel.kernel, form
    )
    return None if learnt is None else rows.scaled(learnt)


def choose_metric(
    fits: PartFits, kernel: KernelForm, clock: Clock, *, full: bool
) -> HeldOut:
    """Return the held-out outputs of the best form and number of rounds.

    Parameters
    ----------
    fits : PartFits
    kernel : KernelForm
    clock : Clock
    full : bool
        Whether the metric may be a matrix.
    """
    best = plain = fits.plain(kernel)
    matrices = full and fits.n_features <= _MATRIX_COLUMNS
    for is_full in (False, True)[: 1 + matrices]:
        for share in _PLAIN_SHARES:
            last = plain
            while last.n_rounds < _ROUNDS and clock.allows(fits.n_rows, 2.0):
                current = fits.next_round(last, kernel, (is_full, share))
                if current is None or not current.loss < last.loss:
                    break
                last = current
            if last.loss < best.loss:
                best = last
    return best
