"""The multi-layer perceptron: `mlp`.

A dense network over scaled columns and their hinge features, trained with dropout,
weight decay and a cosine schedule, and stopped by the validation rows.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from headstart.base import (
    Choice,
    Float,
    Integer,
    Parameters,
    Resources,
    Rows,
    SearchSpace,
    Task,
    View,
)
from headstart.learners.hinges import learn_hinges
from headstart.learners.network import AdamW, Network
from headstart.plugins import hookimpl
from headstart.plugins.hookspecs import RegisterLearner
from headstart.predict import DenseNetwork, Hinges, NetworkModel
from headstart.predict.network import SingleArray, network_inputs
from headstart.sdk.fold_learner import FittedFold, FoldLearner

__all__ = ["MultiLayerPerceptron", "register_learners"]


class MultiLayerPerceptron(FoldLearner):
    """A dense network, stopped early by log loss or squared error."""

    name = "mlp"
    family = "neural"
    stored_as = NetworkModel
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
    ) -> NetworkModel:
        """Return the fitted model; see `FoldLearner.fit_model`."""
        return _train(parameters, rows, validation, task, resources)

    def refit_parameters(
        self, parameters: Parameters, models: Sequence[Any]
    ) -> Parameters:
        """Return `parameters` with the number of epochs from the folds."""
        fitted: list[FittedFold] = list(models)
        epochs = [f.model.epochs for f in fitted if f.model is not None]
        if not epochs:
            return parameters
        return {**parameters, "epochs": max(1, round(float(np.median(epochs))))}


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
) -> NetworkModel:
    rng = np.random.default_rng(resources.seed)
    started = resources.clock()
    time_limit = max(resources.seconds_left(), 1e-9)
    hinges = learn_hinges(train.X.values, _int(parameters["n_knots"]))
    X = network_inputs(hinges, train.X.values)
    n_rows = len(X)
    targets = _outputs(train, task)
    weight = np.ones((n_rows, 1), dtype=np.float32)
    if train.weight is not None:
        weight[:, 0] = train.weight
    hidden = (_int(parameters["width"]),) * _int(parameters["n_layers"])
    sizes = (X.shape[1], *hidden, targets.shape[1])
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
    validation_loss = (
        None if validation is None else _ValidationLoss(validation, hinges, task)
    )
    best_loss, best_epoch, best = math.inf, 0, network.flat.copy()
    n_batches = max(1, n_rows // batch)
    for epoch in range(min(epochs, last_epoch)):
        order = rng.permutation(n_rows)
        for index, rows in enumerate(np.array_split(order, n_batches)):
            progress = (epoch + index / n_batches) / epochs
            if time_limit < math.inf:
                # Near the deadline the schedule follows the time instead of the steps.
                progress = max(
                    progress, (resources.clock() - started) / (0.9 * time_limit)
                )
            if progress >= 1.0:
                break
            batch_X = X[rows]
            scores, activations = network.forward_training(batch_X, dropout, rng)
            slope = _slope(scores, targets[rows], task)
            slope *= weight[rows]
            slope /= np.float32(len(rows))
            network.gradient(batch_X, activations, slope, dropout, gradient)
            _clip(gradient)
            optimiser.step(network.flat, gradient, peak * _schedule(progress))
        if validation_loss is None:
            best, best_epoch = network.flat, epoch + 1
        elif (loss := validation_loss.loss(network)) < best_loss:
            best_loss, best_epoch, best = loss, epoch + 1, network.flat.copy()
        if epoch + 1 - best_epoch > patience or progress >= 1.0:
            break
    link = "softmax" if task.kind.is_classification else "identity"
    return NetworkModel(DenseNetwork(sizes, best), hinges, best_epoch, link)


class _ValidationLoss:
    """The loss on validation rows."""

    def __init__(self, rows: Rows, hinges: Hinges, task: Task) -> None:
        self._X = network_inputs(hinges, rows.X.values)
        self._targets = _outputs(rows, task).astype(np.float64)
        self._is_classification = task.kind.is_classification
        self._weight = rows.weight

    def loss(self, network: Network) -> float:
        scores = network.forward(self._X).astype(np.float64)
        if self._is_classification:
            shifted = scores - scores.max(axis=1, keepdims=True)
            total = np.log(np.exp(shifted).sum(axis=1))
            losses = total - (shifted * self._targets).sum(axis=1)
        else:
            losses = (scores[:, 0] - self._targets[:, 0]) ** 2
        return float(np.average(losses, weights=self._weight))


def _outputs(rows: Rows, task: Task) -> SingleArray:
    if task.kind.is_classification:
        return np.eye(task.n_classes, dtype=np.float32)[rows.y.astype(np.int64)]
    return rows.y.astype(np.float32)[:, None]


def _slope(scores: SingleArray, targets: SingleArray, task: Task) -> SingleArray:
    if not task.kind.is_classification:
        return scores - targets
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    return scores - targets


def _schedule(progress: float) -> float:
    """Return the share of the peak learning rate: a short warm-up, then a cosine."""
    rise = 0.05
    if progress < rise:
        return 0.1 + 0.9 * progress / rise
    return 0.5 * (1.0 + math.cos(math.pi * (progress - rise) / (1.0 - rise)))


def _clip(gradient: SingleArray, largest: float = 5.0) -> None:
    norm = float(np.linalg.norm(gradient))
    if norm > largest:
        gradient *= np.float32(largest / norm)


def _int(value: object) -> int:
    return int(value)  # type: ignore[call-overload,no-any-return]
