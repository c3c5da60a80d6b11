"""Small tables for checks, with a signal and noise, in a learner's view."""

from dataclasses import replace

import numpy as np

from headstart.base import Matrix, Rows, Task, TaskKind, View

__all__ = [
    "LOSS_METRICS",
    "N_CLASSES",
    "N_LEVELS",
    "N_TRAIN",
    "N_VALIDATION",
    "frozen",
    "make_matrix",
    "make_rows",
    "make_task",
]

N_TRAIN = 90
N_VALIDATION = 30
N_LEVELS = 4
N_CLASSES = {TaskKind.BINARY: 2, TaskKind.MULTICLASS: 3, TaskKind.REGRESSION: 0}
_METRICS = {
    TaskKind.BINARY: "roc_auc",
    TaskKind.MULTICLASS: "log_loss",
    TaskKind.REGRESSION: "rmse",
}
LOSS_METRICS = {
    TaskKind.BINARY: "log_loss",
    TaskKind.MULTICLASS: "log_loss",
    TaskKind.REGRESSION: "rmse",
}


def make_task(
    kind: TaskKind,
    n_rows: int = N_TRAIN + N_VALIDATION,
    n_classes: int | None = None,
) -> Task:
    """Return the task of this module's tables.

    Parameters
    ----------
    kind : TaskKind
    n_rows : int
    n_classes : int or None
        By default `N_CLASSES` of the kind.
    """
    class_count = N_CLASSES[kind] if n_classes is None else n_classes
    return Task(kind, n_rows, 3, 1, class_count, _METRICS[kind])


def make_matrix(view: View, n_rows: int, seed: int = 0) -> Matrix:
    """Return three numeric columns and one categorical column in a view.

    Parameters
    ----------
    view : View
    n_rows : int
    seed : int
    """
    rng = np.random.default_rng(seed)
    numeric = rng.normal(size=(n_rows, 3))
    codes = rng.integers(0, N_LEVELS, n_rows).astype(np.float64)
    numeric[:, 2] = np.round(numeric[:, 2])
    if view.missing == "native":
        numeric[rng.random(n_rows) < 0.1, 1] = np.nan
        codes[rng.random(n_rows) < 0.1] = np.nan
    if view.categorical == "one_hot":
        columns = (codes[:, None] == np.arange(N_LEVELS)).astype(np.float64)
    else:
        columns = codes[:, None]
    values = np.ascontiguousarray(np.hstack([numeric, columns]))
    names = tuple(f"c{i}" for i in range(values.shape[1]))
    if view.categorical == "native":
        return Matrix(values, names, (3,), (N_LEVELS,))
    return Matrix(values, names)


def make_rows(
    view: View,
    kind: TaskKind,
    n_train: int = N_TRAIN,
    n_validation: int = N_VALIDATION,
) -> tuple[Rows, Rows]:
    """Return training and validation rows whose target depends on two columns.

    Parameters
    ----------
    view : View
    kind : TaskKind
    n_train, n_validation : int
    """
    n_rows = n_train + n_validation
    X = make_matrix(view, n_rows)
    rng = np.random.default_rng(1)
    values = np.nan_to_num(X.values)
    signal = 2 * values[:, 0] + values[:, 1] + 0.3 * rng.normal(size=n_rows)
    if kind is TaskKind.REGRESSION:
        y = 50.0 + 10.0 * signal
    else:
        cuts = [0.0] if kind is TaskKind.BINARY else [-1.0, 1.0]
        y = np.searchsorted(cuts, signal).astype(np.int64)
    train, validation = np.arange(n_train), np.arange(n_train, n_rows)
    return Rows(X.take(train), y[train]), Rows(X.take(validation), y[validation])


def frozen(rows: Rows) -> Rows:
    """Return a read-only copy, like rows from a mapped file."""
    values, y = rows.X.values.copy(), rows.y.copy()
    weight = None if rows.weight is None else rows.weight.copy()
    for array in (values, y, weight):
        if array is not None:
            array.setflags(write=False)
    return Rows(replace(rows.X, values=values), y, weight)
