"""Kernel machines with a learnt metric: `kernel`.

Ridge regression with a generalised Laplace kernel, whose metric is learnt from the
machine's gradients [1]_. Columns of numbers count twice, by value and by rank. Classes
are regressions of 0 or 1, and a temperature turns them into probabilities.

References
----------
.. [1] D. Beaglehole, D. Holzmüller, A. Radhakrishnan, M. Belkin, "xRFM: accurate,
   scalable, and interpretable feature learning models for tabular data", 2025,
   arXiv:2508.10053.
"""

from collections.abc import Sequence

import numpy as np

from headstart import _core
from headstart.base import (
    Choice,
    Float,
    FloatArray,
    IntArray,
    Parameters,
    Resources,
    Rows,
    SearchSpace,
    Task,
    View,
)
from headstart.learners.inner_parts import inner_parts
from headstart.learners.kernel_fit import fit_kernel, predicted_seconds
from headstart.learners.kernel_rows import KernelRows
from headstart.plugins import hookimpl
from headstart.plugins.hookspecs import RegisterLearner
from headstart.predict import KernelMachine, NormalScores, link_of_classes, softmax
from headstart.predict.kernel_machine import log_shares
from headstart.sdk.fold_learner import FoldLearner
from headstart.tables.encode.numeric import normal_scores

__all__ = ["Kernel", "register_learners"]

_N_PARTS = 3
_N_KNOTS = 256
_LEAST_SHARES = (0.03, 0.01, 0.003, 0.001)
_MAX_CELLS = 6_000_000  # of the rows and columns that are fitted: 48 MB


class Kernel(FoldLearner):
    """Kernel ridge regression with a learnt metric."""

    name = "kernel"
    family = "kernel"
    stored_as = KernelMachine
    view = View("scaled", "one_hot", "imputed")
    max_rows = 50_000
    opt_in = True

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space; `rank_share` is the share of ranks in distances."""
        del task
        return SearchSpace(
            {
                "metric": Choice("diagonal", "full"),
                "rank_share": Float(0.0, 1.0),
            },
            default={"metric": "full", "rank_share": 0.5},
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return distances by ranks only, and by values only."""
        del task
        return (
            {"rank_share": 1.0, "metric": "diagonal"},
            {"rank_share": 0.0},
        )

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds, fitted to measurements."""
        width = 2 * task.n_numeric + 8 * task.n_categorical
        chosen = {**self.search_space(task).default, **parameters}
        n_fitted = min(n_rows, _MAX_CELLS // max(width, 1))
        return predicted_seconds(
            n_fitted, width, task.n_outputs, full=chosen["metric"] == "full"
        )

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> KernelMachine:
        """Return the fitted model; see `FoldLearner.fit_model`."""
        del validation
        rows = _affordable(rows, resources.seed)
        share = float(parameters["rank_share"] or 0.0)
        scores = _learn_scores(rows.X.values) if share > 0 else NormalScores.none()
        X = scores.expand(rows.X.values)
        factors = np.ones(X.shape[1])
        factors[scores.columns] = (1.0 - share) ** 0.5
        factors[rows.X.n_features :] = share**0.5
        X *= factors
        weight = np.ones(len(X)) if rows.weight is None else rows.weight
        targets = _targets(task, rows)
        offset = np.average(targets, axis=0, weights=weight)
        are_related = rows.parts is not None and np.unique(rows.parts).size > 1
        parts = inner_parts(rows.y, rows.parts, _N_PARTS, resources.seed)
        fitted = fit_kernel(
            KernelRows(X, targets - offset, weight, parts, are_related),
            resources,
            full=parameters["metric"] == "full",
        )
        least_share, sharpness = 1.0, 1.0
        if task.kind.is_classification:
            least_share, sharpness = _calibrate(
                fitted.held_out + offset,
                rows.y[fitted.rows].astype(np.int64),
                weight[fitted.rows],
            )
        return KernelMachine(
            scores,
            factors[:, None] * fitted.metric
            if len(fitted.metric) > 1
            else factors * fitted.metric,
            fitted.points,
            fitted.coef,
            offset,
            fitted.kernel.bandwidth,
            fitted.kernel.power,
            least_share,
            sharpness,
            link_of_classes(task.n_classes),
        )


@hookimpl
def register_learners(register: RegisterLearner) -> None:
    """Register the kernel machine."""
    register(Kernel())


def _affordable(rows: Rows, seed: int) -> Rows:
    """Return as many random rows as fit into the memory."""
    most = _MAX_CELLS // (2 * rows.X.n_features)
    if rows.X.n_rows <= most:
        return rows
    chosen = np.random.default_rng(seed).permutation(rows.X.n_rows)[:most]
    return rows.take(np.sort(chosen))


def _targets(task: Task, rows: Rows) -> FloatArray:
    if task.n_classes > 2:
        return np.eye(task.n_classes)[rows.y.astype(np.int64)]
    return np.asarray(rows.y, dtype=np.float64)[:, None]


def _calibrate(
    outputs: FloatArray, y: IntArray, weight: FloatArray
) -> tuple[float, float]:
    """Return the least share and the sharpness with the lowest log loss.

    Parameters
    ----------
    outputs : ndarray of shape (n_rows, n_outputs)
        Of rows that were held out.
    y : ndarray of shape (n_rows,)
        Codes of their classes.
    weight : ndarray of shape (n_rows,)
    """
    maps = []
    for least in _LEAST_SHARES:
        logs = log_shares(outputs, least)
        sharpness = _core.fit_temperature(softmax(logs), y, weight, 1)
        shares = softmax(sharpness * logs)[np.arange(len(y)), y]
        maps.append((-float(np.average(np.log(shares), weights=weight)), sharpness))
    best = min(range(len(maps)), key=lambda index: maps[index])
    return _LEAST_SHARES[best], maps[best][1]


def _learn_scores(values: FloatArray) -> NormalScores:
    """Return the normal scores of columns with more than two values."""
    columns, ends, knots, scores = [], [], [], []
    for column in range(values.shape[1]):
        ordered = np.sort(values[:, column])
        if np.count_nonzero(np.diff(ordered)) < 2:
            continue
        own_knots, own_scores = normal_scores(ordered, _N_KNOTS)
        columns.append(column)
        knots.append(own_knots)
        scores.append(own_scores)
        ends.append(sum(map(len, knots)))
    if not columns:
        return NormalScores.none()
    return NormalScores(
        np.array(columns), np.array(ends), np.concatenate(knots), np.concatenate(scores)
    )
