"""The multi-layer perceptron: `mlp`.

A dense network by the recipe of RealMLP [1]_, whose members may share weights as in
TabM [2]_.

References
----------
.. [1] D. Holzmüller, L. Grinsztajn, I. Steinwart, "Better by default: strong pre-tuned
   MLPs and boosted trees on tabular data", NeurIPS 2024.
.. [2] Y. Gorishniy, A. Kotelnikov, A. Babenko, "TabM: advancing tabular deep learning
   with parameter-efficient ensembling", ICLR 2025.
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
from headstart.learners.network import Training, columns_of, train
from headstart.plugins import hookimpl
from headstart.plugins.hookspecs import RegisterLearner
from headstart.predict import NetworkForm, NetworkModel
from headstart.sdk.fold_learner import FittedFold, FoldLearner

__all__ = ["MultiLayerPerceptron", "register_learners"]

# Epochs of a schedule that has time, and the fewest rows per step: with 16 rows, the
# RMSE of a regression on 284 rows was 16 % higher.
_EPOCHS = 100
_FEWEST_ROWS = 64

# Rows up to which values are predicted without periodic functions by default.
_PLAIN_ROWS = 500

# Share of the seconds until the deadline that a schedule is planned for, and the epochs
# that it has all the same.
_SHARE = 0.4
_FEWEST_EPOCHS = 25


class MultiLayerPerceptron(FoldLearner):
    """A dense network, stopped at its best epoch by log loss or squared error."""

    name = "mlp"
    family = "neural"
    stored_as = NetworkModel
    view = View("scaled", "native", "imputed")
    space_version = 2

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space; defaults depend on the kind of task and its rows."""
        is_classification = task.kind.is_classification
        is_plain = not is_classification and task.n_rows <= _PLAIN_ROWS
        return SearchSpace(
            {
                "n_layers": Integer(1, 4),
                "width": Choice(64, 128, 256, 512),
                "learning_rate": Float(5e-3, 0.5, log=True),
                "dropout": Float(0.0, 0.5),
                "weight_decay": Float(1e-3, 0.5, log=True),
                "numbers": Choice("plain", "periodic"),
                "n_members": Choice(1, 8),
            },
            default={
                "n_layers": 3,
                "width": 128,
                "learning_rate": 0.04 if is_classification else 0.1,
                "dropout": 0.15 if is_classification else 0.1,
                "weight_decay": 0.02,
                "numbers": "plain" if is_plain else "periodic",
                "n_members": 1,
            },
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return other sizes and strengths of regularisation."""
        if task.kind.is_classification:
            return (
                {"width": 256},
                {"numbers": "plain", "dropout": 0.3, "weight_decay": 0.1},
                {"n_members": 8, "n_layers": 2},
            )
        return (
            {"width": 256, "dropout": 0.0},
            {"numbers": "plain", "n_layers": 2, "weight_decay": 0.1},
            {"n_members": 8, "n_layers": 2, "numbers": "periodic"},
        )

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds: the products of the epochs until it stops."""
        chosen = {**self.search_space(task).default, **parameters}
        n_numeric = task.n_numeric * (4 if chosen["numbers"] == "periodic" else 1)
        n_products = _products(chosen, n_numeric + 6 * task.n_categorical, task)
        epochs, batch = _plan(n_rows)
        share = 0.4 if task.kind.is_classification else 0.8
        steps = share * epochs * math.ceil(n_rows / batch)
        return 0.02 + steps * (3e-5 + 3 * batch * n_products / 1.3e10)

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> NetworkModel:
        """Return the fitted model; see `FoldLearner.fit_model`."""
        kinds, n_codes = columns_of(
            rows.X, has_periodic=parameters["numbers"] == "periodic"
        )
        form = NetworkForm(
            kinds,
            n_codes,
            (_int(parameters, "width"),) * _int(parameters, "n_layers"),
            max(1, task.n_classes),
            _int(parameters, "n_members"),
            "selu" if task.kind.is_classification else "mish",
        )
        epochs, batch = _plan(rows.X.n_rows)
        if "schedule" in parameters:
            epochs = _int(parameters, "schedule")
        else:
            seconds = self.cost(task, parameters, rows.X.n_rows)
            affordable = _SHARE * resources.seconds_left()
            while epochs >= 2 * _FEWEST_EPOCHS and seconds > affordable:
                epochs, seconds = epochs // 2, seconds / 2
        is_classification = task.kind.is_classification
        training = Training(
            learning_rate=_float(parameters, "learning_rate"),
            weight_decay=_float(parameters, "weight_decay"),
            dropout=_float(parameters, "dropout"),
            smoothing=0.0,
            batch=batch,
            epochs=epochs,
            last_epoch=_int(parameters, "epochs") if "epochs" in parameters else epochs,
            # The rate rises again and again: a worse epoch may precede a better one.
            patience=max(8, epochs // (4 if is_classification else 2)),
        )
        return train(form, training, rows, validation, task, resources)

    def refit_parameters(
        self, parameters: Parameters, models: Sequence[Any]
    ) -> Parameters:
        """Return `parameters` with the epochs and the schedule of the folds."""
        folds: list[FittedFold] = list(models)
        fitted: list[NetworkModel] = [f.model for f in folds if f.model is not None]
        if not fitted:
            return parameters
        return {
            **parameters,
            "epochs": max(1, round(float(np.median([m.epochs for m in fitted])))),
            "schedule": max(1, round(float(np.median([m.schedule for m in fitted])))),
        }


@hookimpl
def register_learners(register: RegisterLearner) -> None:
    """Register the multi-layer perceptron."""
    register(MultiLayerPerceptron())


def _plan(n_rows: int) -> tuple[int, int]:
    """Return epochs and rows per step."""
    power = round(math.log2(max(n_rows, 1) / 8))
    batch = int(min(256, max(_FEWEST_ROWS, 2**power)))
    epochs = round(min(_EPOCHS, max(15, 6_000 * batch / max(n_rows, 1))))
    return epochs, batch


def _products(parameters: Parameters, n_inputs: float, task: Task) -> float:
    """Return the products of weights per row."""
    width, n_layers = _int(parameters, "width"), _int(parameters, "n_layers")
    per_member = width * (n_inputs + width * (n_layers - 1) + max(1, task.n_classes))
    return _int(parameters, "n_members") * per_member


def _int(parameters: Parameters, name: str) -> int:
    return int(parameters[name])  # type: ignore[arg-type]


def _float(parameters: Parameters, name: str) -> float:
    return float(parameters[name])  # type: ignore[arg-type]
