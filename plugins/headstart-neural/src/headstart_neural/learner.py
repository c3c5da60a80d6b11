"""RealMLP and TabM as learners: spaces, costs, storage.

torch is imported in `fit`, `load` and `predict`, and not before.
"""

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from headstart.sdk import (
    Choice,
    FittedFold,
    Float,
    FloatArray,
    FoldLearner,
    FoldTarget,
    Integer,
    Matrix,
    MissingPluginError,
    Parameters,
    ParameterValue,
    Parts,
    Resources,
    Rows,
    SearchSpace,
    Task,
    View,
    number,
    pack_arrays,
    require,
    unpack_arrays,
)
from headstart_neural.plan import Plan

__all__ = ["NeuralLearner", "RealMLP", "TabM", "can_run"]

_PLAN, _WEIGHTS = "plan.json", "weights.safetensors"
_FORM = {
    "flat": ("f", 1),
    "shapes": ("i", 2),
    "n_dimensions": ("i", 1),
    "epochs": ("i", 0),
}
_NAMES = "names.txt"
_MAX_DIMENSIONS = 4
_DEVICES = {"cpu": "cpu", "gpu": "cuda"}
_OF_PROBABILITIES = frozenset(
    {"roc_auc", "roc_auc_ovr", "roc_auc_ovo", "average_precision", "log_loss", "brier"}
)


def can_run() -> bool:
    """Whether what the nets need is installed; nothing is imported."""
    return all(importlib.util.find_spec(name) for name in ("torch", "tabm"))


@dataclass(frozen=True, eq=False)
class FittedNet:
    """A trained net.

    Parameters
    ----------
    plan : Plan
    weights : dict of str to ndarray
    epochs : int
        Epochs after which it was best.
    net : torch.nn.Module
        With these weights.
    """

    plan: Plan
    weights: dict[str, Any]
    epochs: int
    net: Any


class NeuralLearner(FoldLearner):
    """What both nets share.

    Attributes
    ----------
    clamps : bool
        Whether predicted values keep to the range of the training rows.

    Parameters
    ----------
    device : {"cpu", "gpu"}
        Where nets are trained; predictions are made on the processor.
    """

    family: ClassVar[str] = "neural"
    clamps: ClassVar[bool] = False
    default: ClassVar[dict[str, ParameterValue]]
    max_rows: ClassVar[int | None] = 200_000

    def __init__(self, *, device: str = "cpu") -> None:
        if device not in _DEVICES:
            raise ValueError(
                f"The 'device' parameter of {type(self).__name__} must be 'cpu' or "
                f"'gpu'. Got {device!r} instead."
            )
        self.device = device

    def plan(self, parameters: Parameters, X: Matrix, task: Task) -> Plan:
        """Return the sizes of the net for a table."""
        raise NotImplementedError

    def settings(self, parameters: Parameters, n_rows: int, task: Task) -> Any:
        """Return how it is trained, a `training.Settings`."""
        raise NotImplementedError

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> FittedNet:
        """Train until the validation rows stop getting better, or the deadline."""
        _require_torch(self.name)
        from headstart_neural import training

        plan = self.plan(parameters, rows.X, task)
        if self.clamps and not task.kind.is_classification:
            low, high = float(np.min(rows.y)), float(np.max(rows.y))
            plan = replace(plan, low=low, high=high)
        settings = self.settings(parameters, len(rows.y), task)
        weights, epochs = training.train(plan, settings, rows, validation, resources)
        return FittedNet(plan, weights, epochs, training.net_of(plan, weights))

    def predict_model(
        self, model: FittedNet, X: Matrix, target: FoldTarget
    ) -> FloatArray:
        """Return values or probabilities of the present classes."""
        from headstart_neural import training

        outputs = training.outputs(model.plan, model.net, X)
        return outputs if target.is_classification else outputs[:, 0]

    def refit_parameters(
        self, parameters: Parameters, models: Sequence[FittedFold]
    ) -> Parameters:
        """Add ``epochs``, the median of the folds' best."""
        epochs = [fold.model.epochs for fold in models if fold.model is not None]
        if not epochs:
            return parameters
        return {**parameters, "epochs": max(1, round(float(np.median(epochs))))}

    def dump_model(self, model: FittedNet) -> Parts:
        """Return the plan as JSON and the weights as one array."""
        names = sorted(model.weights)
        arrays = [model.weights[name] for name in names]
        shapes = np.zeros((len(names), _MAX_DIMENSIONS), dtype=np.int64)
        for place, array in enumerate(arrays):
            shapes[place, : array.ndim] = array.shape
        packed = pack_arrays(
            {
                "flat": np.concatenate([array.ravel() for array in arrays]),
                "shapes": shapes,
                "n_dimensions": np.array([array.ndim for array in arrays]),
                "epochs": np.array(model.epochs),
            }
        )
        return {
            _PLAN: model.plan.to_json(),
            _NAMES: "\n".join(names).encode(),
            _WEIGHTS: packed,
        }

    def load_model(
        self, parts: Parts, n_features: int, target: FoldTarget
    ) -> FittedNet:
        """Return the net of `parts`; all is checked before it is built."""
        plan, weights, epochs = read_parts(parts)
        n_outputs = target.n_present if target.is_classification else 1
        require(
            plan.kind == self.name
            and plan.n_numeric + len(plan.cardinalities) == n_features
            and plan.is_classification == target.is_classification
            and plan.n_outputs == n_outputs,
            "The plan of a net does not fit its description.",
        )
        _require_torch(self.name)
        from headstart_neural import training

        return FittedNet(plan, weights, epochs, training.net_of(plan, weights))


def read_parts(parts: Parts) -> tuple[Plan, dict[str, Any], int]:
    """Return plan, weights by name and epochs of stored parts, without torch.

    Raises
    ------
    ArtifactError
        If they are not what `NeuralLearner.dump_model` writes.
    """
    require(
        set(parts) == {_PLAN, _NAMES, _WEIGHTS},
        f"A stored net must consist of {_PLAN}, {_NAMES} and {_WEIGHTS}. "
        f"Got {sorted(parts)} instead.",
    )
    plan = Plan.from_json(parts[_PLAN])
    names = parts[_NAMES].decode("ascii").split("\n")
    arrays = unpack_arrays(parts[_WEIGHTS], _FORM)
    shapes, dimensions = arrays["shapes"], arrays["n_dimensions"]
    require(
        len(set(names)) == len(names)
        and shapes.shape == (len(names), _MAX_DIMENSIONS)
        and dimensions.shape == (len(names),)
        and bool(((dimensions >= 1) & (dimensions <= _MAX_DIMENSIONS)).all())
        and bool((shapes >= 0).all())
        and int(arrays["epochs"]) >= 0,
        "The weights of a net do not fit together.",
    )
    weights, start = {}, 0
    for name, shape, n_dimensions in zip(
        names, shapes.tolist(), dimensions.tolist(), strict=True
    ):
        size = math.prod(shape[:n_dimensions])
        require(
            size <= arrays["flat"].size - start,
            "The weights of a net are not all there.",
        )
        flat = arrays["flat"][start : start + size].astype(np.float32)
        weights[name] = flat.reshape(shape[:n_dimensions])
        start += size
    require(start == arrays["flat"].size, "A net has weights too many.")
    return plan, weights, int(arrays["epochs"])


class RealMLP(NeuralLearner):
    """An MLP by RealMLP's recipe; the README says what differs from it."""

    name: ClassVar[str] = "real_mlp"
    view: ClassVar[View] = View("scaled", "native", "imputed")
    clamps: ClassVar[bool] = True
    default: ClassVar[dict[str, ParameterValue]] = {
        "learning_rate": 0.04,
        "width": 256,
        "n_layers": 3,
        "dropout": 0.15,
        "weight_decay": 0.02,
        "label_smoothing": 0.1,
        "embedding": 4,
    }

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space.

        Values take a higher rate than classes; smoothed labels spoil probabilities.
        """
        rate = 0.04 if task.kind.is_classification else 0.2
        smoothing = 0.0 if task.metric in _OF_PROBABILITIES else 0.1
        return SearchSpace(
            {
                "learning_rate": Float(0.01, 0.5, log=True),
                "width": Choice(64, 128, 256, 512),
                "n_layers": Integer(1, 4),
                "dropout": Float(0.0, 0.5),
                "weight_decay": Float(1e-3, 0.5, log=True),
                "label_smoothing": Float(0.0, 0.2),
                "embedding": Choice(0, 4, 8),
            },
            default={
                **self.default,
                "learning_rate": rate,
                "label_smoothing": smoothing,
            },
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return configurations worth trying first."""
        del task
        return (
            {"dropout": 0.0},
            {"width": 512, "dropout": 0.3, "weight_decay": 0.1},
            {"embedding": 0, "n_layers": 2},
        )

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Predict seconds; reckoned from the products in a pass, not measured."""
        chosen = {**self.default, **parameters}
        inputs = task.n_numeric * max(1.0, number(chosen, "embedding"))
        width = number(chosen, "width")
        layers = number(chosen, "n_layers")
        products = width * (inputs + 8 * task.n_categorical + width * (layers - 1) + 1)
        steps = _epochs(n_rows) * math.ceil(n_rows / _batch(n_rows))
        return 3.0 + 0.5 * steps * (2e-3 + 6e-10 * products * _batch(n_rows))

    def plan(self, parameters: Parameters, X: Matrix, task: Task) -> Plan:
        """Return the sizes of the net for a table."""
        embedding = int(number(parameters, "embedding"))
        return Plan(
            kind=self.name,
            n_numeric=X.n_features - len(X.categorical),
            cardinalities=tuple(max(1, n) for n in X.n_levels),
            n_outputs=max(1, task.n_classes),
            n_layers=int(number(parameters, "n_layers")),
            width=int(number(parameters, "width")),
            k=1,
            n_frequencies=16 if embedding else 0,
            embedding=embedding,
            dropout=number(parameters, "dropout"),
            is_classification=task.kind.is_classification,
        )

    def settings(self, parameters: Parameters, n_rows: int, task: Task) -> Any:
        """Return how it is trained."""
        from headstart_neural.training import Settings

        epochs = _epochs(n_rows)
        if "epochs" in parameters:
            epochs = int(number(parameters, "epochs"))
        return Settings(
            learning_rate=number(parameters, "learning_rate"),
            weight_decay=number(parameters, "weight_decay"),
            label_smoothing=number(parameters, "label_smoothing")
            if task.kind.is_classification
            else 0.0,
            n_epochs=epochs,
            # The rate rises again and again: what is worse now may be best at the end.
            patience=max(20, epochs // 3),
            batch=_batch(n_rows),
            is_real_mlp=True,
            device=_DEVICES[self.device],
        )


class TabM(NeuralLearner):
    """Many MLPs that share most of their weights, trained as one."""

    name: ClassVar[str] = "tabm"
    view: ClassVar[View] = View("quantile", "native", "imputed")
    default: ClassVar[dict[str, ParameterValue]] = {
        "learning_rate": 2e-3,
        "width": 256,
        "n_layers": 2,
        "dropout": 0.1,
        "weight_decay": 3e-4,
        "embedding": 8,
        "k": 16,
    }

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space; it is the same for all tasks."""
        del task
        return SearchSpace(
            {
                "learning_rate": Float(3e-4, 1e-2, log=True),
                "width": Choice(64, 128, 256, 512),
                "n_layers": Integer(1, 4),
                "dropout": Float(0.0, 0.5),
                "weight_decay": Float(1e-5, 0.1, log=True),
                "embedding": Choice(0, 8, 16),
                "k": Choice(8, 16, 32),
            },
            default=self.default,
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return configurations worth trying first."""
        del task
        return (
            {"k": 32, "learning_rate": 1e-3},
            {"embedding": 0, "n_layers": 3, "dropout": 0.2},
            {"width": 128, "dropout": 0.3, "weight_decay": 1e-2},
        )

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Predict seconds; reckoned from the products in a pass, not measured."""
        chosen = {**self.default, **parameters}
        inputs = task.n_numeric * max(1.0, number(chosen, "embedding"))
        width, k = number(chosen, "width"), number(chosen, "k")
        layers = number(chosen, "n_layers")
        products = (
            k * width * (inputs + 8 * task.n_categorical + width * (layers - 1) + 1)
        )
        steps = _epochs(n_rows) * math.ceil(n_rows / _batch(n_rows))
        return 3.0 + 0.3 * steps * (4e-3 + 6e-10 * products * _batch(n_rows))

    def plan(self, parameters: Parameters, X: Matrix, task: Task) -> Plan:
        """Return the sizes of the net for a table."""
        embedding = int(number(parameters, "embedding"))
        return Plan(
            kind=self.name,
            n_numeric=X.n_features - len(X.categorical),
            cardinalities=tuple(max(1, n) for n in X.n_levels),
            n_outputs=max(1, task.n_classes),
            n_layers=int(number(parameters, "n_layers")),
            width=int(number(parameters, "width")),
            k=int(number(parameters, "k")),
            n_frequencies=16 if embedding else 0,
            embedding=embedding,
            dropout=number(parameters, "dropout"),
            is_classification=task.kind.is_classification,
        )

    def settings(self, parameters: Parameters, n_rows: int, task: Task) -> Any:
        """Return how it is trained."""
        del task
        from headstart_neural.training import Settings

        epochs = _epochs(n_rows)
        if "epochs" in parameters:
            epochs = int(number(parameters, "epochs"))
        return Settings(
            learning_rate=number(parameters, "learning_rate"),
            weight_decay=number(parameters, "weight_decay"),
            label_smoothing=0.0,
            n_epochs=epochs,
            patience=16,
            batch=_batch(n_rows),
            is_real_mlp=False,
            device=_DEVICES[self.device],
        )


def _batch(n_rows: int) -> int:
    return int(min(256, max(16, 2 ** round(math.log2(max(n_rows, 1) / 16)))))


def _epochs(n_rows: int) -> int:
    """Return epochs of 6,000 steps at most, fewer on many rows."""
    return round(min(128, max(15, 6_000 * _batch(n_rows) / max(n_rows, 1))))


def _require_torch(name: str) -> None:
    if not can_run():
        raise MissingPluginError(
            f"Learner {name!r} needs torch and tabm. "
            "hint: pip install 'headstart-neural[torch]'"
        )
