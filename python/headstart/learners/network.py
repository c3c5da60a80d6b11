"""The training of a dense network: its form, its schedule, its best epoch.

The compiled module takes the steps. Here it is decided how many of them there are, when
the validation rows are asked, and when the deadline ends the schedule.
"""

import math
from dataclasses import dataclass

import numpy as np

from headstart import _core
from headstart.base import FloatArray, IntArray, Matrix, Resources, Rows, Task
from headstart.predict.network import (
    EMBEDDED,
    NUMBER,
    ONE_HOT,
    PERIODIC,
    NetworkForm,
    NetworkModel,
    within_range,
)

__all__ = ["Training", "columns_of", "train"]

_ONE_HOT_CODES = 9
_EMBEDDED_CODES = 1_000
# A column of fewer values needs no periodic functions.
_PERIODIC_VALUES = 10
# Of the seconds until the deadline, the share for the schedule: the rest is for the
# validation and storage.
_SHARE = 0.9
# Products between two readings of the clock: about 20 ms.
_PRODUCTS = 400_000_000
# Values beyond the range of the training rows, in shares of it.
_MARGIN = 0.05


@dataclass(frozen=True, slots=True)
class Training:
    """How a network is trained.

    Parameters
    ----------
    learning_rate, weight_decay, dropout, smoothing : float
    batch : int
        Rows per step.
    epochs : int
        Epochs of the whole schedule.
    last_epoch : int
        Epoch after which training ends.
    patience : int
        Epochs without a better validation loss after which it ends.
    """

    learning_rate: float
    weight_decay: float
    dropout: float
    smoothing: float
    batch: int
    epochs: int
    last_epoch: int
    patience: int


def columns_of(X: Matrix, *, has_periodic: bool) -> tuple[IntArray, IntArray]:
    """Return the kind and the number of codes of each column of training rows."""
    kinds = np.full(X.n_features, NUMBER, dtype=np.int64)
    n_codes = np.zeros(X.n_features, dtype=np.int64)
    for column in range(X.n_features):
        values = X.values[:, column]
        if column in X.categorical:
            # Codes without training rows have no input: their weights are random.
            n = int(values.max(initial=0.0)) + 1
            kinds[column] = ONE_HOT if n <= _ONE_HOT_CODES else EMBEDDED
            n_codes[column] = min(n, _EMBEDDED_CODES)
        elif has_periodic and np.unique(values).size >= _PERIODIC_VALUES:
            kinds[column] = PERIODIC
    return kinds, n_codes


def train(
    form: NetworkForm,
    training: Training,
    rows: Rows,
    validation: Rows | None,
    task: Task,
    resources: Resources,
) -> NetworkModel:
    """Return the network of the best epoch, or of the last without validation rows.

    Near the deadline the schedule follows the time instead of the steps.

    Parameters
    ----------
    form : NetworkForm
    training : Training
    rows : Rows
    validation : Rows or None
    task : Task
    resources : Resources
    """
    started = resources.clock()
    time_limit = _SHARE * max(resources.seconds_left(), 1e-9)
    trainer = _core.NetworkTrainer(
        form.to_core(),
        np.ascontiguousarray(rows.X.values),
        rows.y.copy(),  # contiguous
        rows.weight,
        learning_rate=training.learning_rate,
        weight_decay=training.weight_decay,
        dropout=training.dropout,
        smoothing=training.smoothing,
        batch=training.batch,
        seed=resources.seed,
    )
    low, high = _range(rows, task)
    per_epoch = trainer.steps_per_epoch
    total = per_epoch * training.epochs
    most_steps = max(1, _PRODUCTS // max(1, trainer.n_products))
    best_loss, best_epoch, best = math.inf, 0, trainer.parameters()
    progress = 0.0
    for epoch in range(min(training.epochs, training.last_epoch)):
        step = epoch * per_epoch
        while step < (epoch + 1) * per_epoch and progress < 1.0:
            n_steps = min(most_steps, (epoch + 1) * per_epoch - step)
            start = max(progress, step / total)
            end = max(start, (step + n_steps) / total)
            trainer.train(n_steps, start, end)
            step += n_steps
            if time_limit < math.inf:
                progress = (resources.clock() - started) / time_limit
        if validation is None:
            best, best_epoch = trainer.parameters(), epoch + 1
        else:
            outputs = trainer.predict(np.ascontiguousarray(validation.X.values))
            if task.kind.is_classification:
                loss = _log_loss(outputs, validation)
            else:
                errors = within_range(outputs, low, high) - validation.y
                loss = float(np.average(errors**2, weights=validation.weight))
            if loss < best_loss:
                best_loss, best_epoch, best = loss, epoch + 1, trainer.parameters()
        if epoch + 1 - best_epoch >= training.patience or progress >= 1.0:
            break
    return NetworkModel(form, best, low, high, best_epoch, training.epochs)


def _range(rows: Rows, task: Task) -> tuple[float, float]:
    if task.kind.is_classification:
        return 0.0, 0.0
    low, high = float(rows.y.min()), float(rows.y.max())
    margin = _MARGIN * (high - low)
    return low - margin, high + margin


def _log_loss(outputs: FloatArray, rows: Rows) -> float:
    hits = outputs[np.arange(len(outputs)), rows.y.astype(np.int64)]
    losses = -np.log(np.maximum(hits, 1e-15))
    return float(np.average(losses, weights=rows.weight))
