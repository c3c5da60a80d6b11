"""The multi-layer perceptron: `mlp`.

A dense network over scaled columns and their hinge features, trained with dropout,
weight decay and a cosine schedule, and stopped by the validation rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.base import (
    Choice,
    Float,
    FloatArray,
    Integer,
    Matrix,
    Parameters,
    Parts,
    Resources,
    Rows,
    SearchSpace,
    Task,
    View,
)
from headstart.base.arrays import pack_arrays, require, unpack_arrays
from headstart.learners.hinges import Hinges
from headstart.learners.network import AdamW, Network, SingleArray
from headstart.plugins import hookimpl
from headstart.plugins.hookspecs import RegisterLearner
from headstart.sdk.fold_learner import FittedFold, FoldLearner, one_part, softmax
from headstart.sdk.fold_target import FoldTarget

__all__ = ["FittedNetwork", "MultiLayerPerceptron", "register_learners"]

_PART = "network.safetensors"
_FORM = {
    "sizes": ("i", 1),
    "flat": ("f", 1),
    "columns": ("i", 1),
    "knots": ("f", 1),
    "epochs": ("i", 0),
}
_MAX_SIZE = 1 << 20  # columns of a stored layer
_PREDICT_ROWS = 4096  # so that hidden values fit into the processor's cache
_LARGEST_INPUT = 1e4


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """A trained network; `epochs` is the number after which it was best."""

    network: Network
    hinges: Hinges
    epochs: int


class MultiLayerPerceptron(FoldLearner):
    """A dense network, stopped early by log loss or squared error."""

    name = "mlp"
    family = "neural"
    view = View("scaled", "one_hot", "imputed")

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space."""
        del task
        return SearchSpace(
            {
                "n_layers": Integer(1, 3),
                "width": Choice(32, 64, 128, 256),
                "learning_rate": Float(5e-4, 2e-2, log=True),
                "dropout": Float(0.0, 0.5),
                "weight_decay": Float(1e-4, 1.0, log=True),
                "n_knots": Choice(0, 4, 8),
            },
            default={
                "n_layers": 2,
                "width": 128,
                "learning_rate": 3e-3,
                "dropout": 0.2,
                "weight_decay": 0.2,
                "n_knots": 4,
            },
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return other learning rates, depths and widths."""
        if task.kind.is_classification:
            return (
                {"learning_rate": 1e-3, "dropout": 0.35, "weight_decay": 0.5},
                {"n_layers": 3, "dropout": 0.05, "n_knots": 0},
                {"n_layers": 1, "width": 256, "n_knots": 8},
            )
        return (
            {"learning_rate": 8e-3, "dropout": 0.05, "width": 256},
            {"n_layers": 3, "dropout": 0.1, "n_knots": 0},
            {"learning_rate": 1e-3, "n_knots": 8},
        )

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds, fitted to measurements."""
        chosen = {**self.search_space(task).default, **parameters}
        inputs = task.n_numeric * (1 + _int(chosen["n_knots"])) + 8 * task.n_categorical
        width, n_layers = _int(chosen["width"]), _int(chosen["n_layers"])
        size = width * (inputs + width * (n_layers - 1) + task.n_outputs)
        epochs, batch = _plan(n_rows)
        steps = 0.5 * epochs * math.ceil(n_rows / batch)
        return 0.02 + steps * (1e-4 + 7e-9 * size + 1.6e-10 * size * batch)

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> FittedNetwork:
        """Return the fitted model; see `FoldLearner.fit_model`."""
        return _train(parameters, rows, validation, task, resources)

    def predict_model(
        self, model: FittedNetwork, X: Matrix, target: FoldTarget
    ) -> FloatArray:
        """Return predictions; see `FoldLearner.predict_model`."""
        scores = np.empty((X.n_rows, model.network.sizes[-1]))
        for start in range(0, X.n_rows, _PREDICT_ROWS):
            rows = slice(start, start + _PREDICT_ROWS)
            scores[rows] = model.network.forward(_inputs(model.hinges, X.values[rows]))
        return softmax(scores) if target.is_classification else scores[:, 0]

    def refit_parameters(
        self, parameters: Parameters, models: Sequence[Any]
    ) -> Parameters:
        """Return `parameters` with the number of epochs from the folds."""
        fitted: list[FittedFold] = list(models)
        epochs = [f.model.epochs for f in fitted if f.model is not None]
        if not epochs:
            return parameters
        return {**parameters, "epochs": max(1, round(float(np.median(epochs))))}

    def dump_model(self, model: FittedNetwork) -> Parts:
        """Return the parts; see `FoldLearner.dump_model`."""
        arrays: dict[str, np.ndarray[Any, Any]] = {
            "sizes": np.array(model.network.sizes, dtype=np.int64),
            "flat": model.network.flat,
            "columns": model.hinges.columns,
            "knots": model.hinges.knots,
            "epochs": np.array(model.epochs, dtype=np.int64),
        }
        return {_PART: pack_arrays(arrays)}

    def load_model(
        self, parts: Parts, n_features: int, target: FoldTarget
    ) -> FittedNetwork:
        """Return the model of `parts`; see `FoldLearner.load_model`."""
        arrays = unpack_arrays(one_part(parts, _PART), _FORM)
        sizes = tuple(int(size) for size in arrays["sizes"])
        columns, knots = arrays["columns"], arrays["knots"]
        require(
            2 <= len(sizes) <= 10
            and all(1 <= size <= _MAX_SIZE for size in sizes)
            and sizes[0] == n_features + columns.size
            and sizes[-1] == max(1, target.n_present)
            and arrays["flat"].shape == (Network.count(sizes),)
            and columns.shape == knots.shape,
            f"The arrays of a network do not fit together: {sizes}.",
        )
        flat = arrays["flat"].astype(np.float32)
        require(
            bool(np.all((columns >= 0) & (columns < n_features)))
            and np.isfinite(knots).all()
            and np.isfinite(flat).all()
            and np.abs(flat).max() < 1e6,
            "The arrays of a network hold impossible values.",
        )
        hinges = Hinges(columns.astype(np.int64), knots.astype(np.float64))
        return FittedNetwork(Network(sizes, flat), hinges, int(arrays["epochs"]))


@hookimpl
def register_learners(register: RegisterLearner) -> None:
    """Register the multi-layer perceptron."""
    register(MultiLayerPerceptron())


def _plan(n_rows: int) -> tuple[int, int]:
    """Return epochs and rows per batch, for 2,000 to 6,000 steps in total."""
    batch = int(min(256, max(16, 2 ** round(math.log2(max(n_rows, 1) / 16)))))
    epochs = round(min(100, max(15, 6000 * batch / max(n_rows, 1))))
    return epochs, batch


def _train(
    parameters: Parameters,
    train: Rows,
    validation: Rows | None,
    task: Task,
    resources: Resources,
) -> FittedNetwork:
    rng = np.random.default_rng(resources.seed)
    started = resources.clock()
    time_given = max(resources.seconds_left(), 1e-9)
    hinges = Hinges.learn(train.X.values, _int(parameters["n_knots"]))
    X = _inputs(hinges, train.X.values)
    n_rows = len(X)
    wanted = _outputs(train, task)
    weight = np.ones((n_rows, 1), dtype=np.float32)
    if train.weight is not None:
        weight[:, 0] = train.weight
    hidden = (_int(parameters["width"]),) * _int(parameters["n_layers"])
    sizes = (X.shape[1], *hidden, wanted.shape[1])
    network = Network.random(sizes, rng)
    optimiser = AdamW(
        network.flat.size,
        network.decayed() * np.float32(parameters["weight_decay"] or 0.0),
    )
    dropout = float(parameters["dropout"] or 0.0)
    peak = float(parameters["learning_rate"] or 0.0)
    epochs, batch = _plan(n_rows)
    last_epoch = _int(parameters.get("epochs") or epochs)
    patience = max(8, epochs // 4)
    gradient = np.empty_like(network.flat)
    judge = None if validation is None else _ValidationLoss(validation, hinges, task)
    best_loss, best_epoch, best = math.inf, 0, network.flat.copy()
    n_batches = max(1, n_rows // batch)
    for epoch in range(min(epochs, last_epoch)):
        order = rng.permutation(n_rows)
        for index, rows in enumerate(np.array_split(order, n_batches)):
            done = (epoch + index / n_batches) / epochs
            if time_given < math.inf:
                # Near the deadline the schedule follows the time instead of the steps.
                done = max(done, (resources.clock() - started) / (0.9 * time_given))
            if done >= 1.0:
                break
            batch_X = X[rows]
            scores, kept = network.forward_training(batch_X, dropout, rng)
            slope = _slope(scores, wanted[rows], task)
            slope *= weight[rows]
            slope /= np.float32(len(rows))
            network.gradient(batch_X, kept, slope, dropout, gradient)
            _clip(gradient)
            optimiser.step(network.flat, gradient, peak * _schedule(done))
        if judge is None:
            best, best_epoch = network.flat, epoch + 1
        elif (loss := judge.loss(network)) < best_loss:
            best_loss, best_epoch, best = loss, epoch + 1, network.flat.copy()
        if epoch + 1 - best_epoch > patience or done >= 1.0:
            break
    return FittedNetwork(Network(sizes, best), hinges, best_epoch)


class _ValidationLoss:
    """The loss on validation rows."""

    def __init__(self, rows: Rows, hinges: Hinges, task: Task) -> None:
        self._X = _inputs(hinges, rows.X.values)
        self._wanted = _outputs(rows, task).astype(np.float64)
        self._is_classification = task.kind.is_classification
        self._weight = rows.weight

    def loss(self, network: Network) -> float:
        scores = network.forward(self._X).astype(np.float64)
        if self._is_classification:
            shifted = scores - scores.max(axis=1, keepdims=True)
            total = np.log(np.exp(shifted).sum(axis=1))
            losses = total - (shifted * self._wanted).sum(axis=1)
        else:
            losses = (scores[:, 0] - self._wanted[:, 0]) ** 2
        return float(np.average(losses, weights=self._weight))


def _inputs(hinges: Hinges, values: FloatArray) -> SingleArray:
    # Values beyond single precision would become infinite.
    bounded = np.clip(values, -_LARGEST_INPUT, _LARGEST_INPUT)
    return hinges.expand(bounded).astype(np.float32)


def _outputs(rows: Rows, task: Task) -> SingleArray:
    if task.kind.is_classification:
        return np.eye(task.n_classes, dtype=np.float32)[rows.y.astype(np.int64)]
    return rows.y.astype(np.float32)[:, None]


def _slope(scores: SingleArray, wanted: SingleArray, task: Task) -> SingleArray:
    if not task.kind.is_classification:
        return scores - wanted
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    return scores - wanted


def _schedule(done: float) -> float:
    """Return the share of the peak learning rate: a short warm-up, then a cosine."""
    rise = 0.05
    if done < rise:
        return 0.1 + 0.9 * done / rise
    return 0.5 * (1.0 + math.cos(math.pi * (done - rise) / (1.0 - rise)))


def _clip(gradient: SingleArray, largest: float = 5.0) -> None:
    norm = float(np.linalg.norm(gradient))
    if norm > largest:
        gradient *= np.float32(largest / norm)


def _int(value: object) -> int:
    return int(value)  # type: ignore[call-overload,no-any-return]
