"""The fitted model: a weighted mean of configurations, each the mean of its fits.

Nothing is loaded until it is needed: fold models and view encoders come from a store,
which is the run folder, a model file, or memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import polars as pl

from headstart.base import Configuration, FloatArray, Learner, Parts, Task
from headstart.execution.fold_fit import as_outputs
from headstart.tables import ViewEncoder

__all__ = ["BaggedEnsemble", "Fit", "Member", "ModelStore"]


@dataclass(frozen=True, slots=True)
class Fit:
    """Names of one fitted model and of the fitted view it reads."""

    model: str
    encoder: str


@dataclass(frozen=True, slots=True)
class Member:
    """A configuration with its weight and fits."""

    configuration: Configuration
    weight: float
    fits: tuple[Fit, ...]


class ModelStore(Protocol):
    """Where fitted models and encoders lie."""

    def model(self, name: str) -> Parts:
        """Return the parts of a fitted model."""

    def encoder(self, name: str) -> Parts:
        """Return the parts of a fitted view encoder."""


@dataclass
class BaggedEnsemble:
    """Predicts the weighted mean of its members.

    Parameters
    ----------
    task : Task
    members : sequence of Member
        Weights are positive and sum to 1.
    learners : mapping of str to Learner
        At least those the members name.
    store : ModelStore
    """

    task: Task
    members: Sequence[Member]
    learners: Mapping[str, Learner]
    store: ModelStore
    _models: dict[str, Any] = field(default_factory=dict, repr=False)
    _encoders: dict[str, ViewEncoder] = field(default_factory=dict, repr=False)

    def predict(self, table: pl.DataFrame) -> FloatArray:
        """Predict a canonical table.

        Returns
        -------
        ndarray of shape (n_rows, n_outputs)
            Probability of the second class (binary), of each class (multiclass), or
            values.
        """
        total = np.zeros((table.height, self.task.n_outputs))
        for encoder, fits in self._by_encoder().items():
            matrix = self._encoder(encoder).transform(table)
            for member, fit in fits:
                learner = self.learners[member.configuration.learner]
                raw = learner.predict(self._model(learner, fit), matrix, self.task)
                share = member.weight / len(member.fits)
                total += share * as_outputs(raw, self.task, table.height)
        return total

    def load(self) -> None:
        """Load every part now, so that a damaged one is found early."""
        for encoder, fits in self._by_encoder().items():
            self._encoder(encoder)
            for member, fit in fits:
                self._model(self.learners[member.configuration.learner], fit)

    def _by_encoder(self) -> dict[str, list[tuple[Member, Fit]]]:
        grouped: dict[str, list[tuple[Member, Fit]]] = {}
        for member in self.members:
            for fit in member.fits:
                grouped.setdefault(fit.encoder, []).append((member, fit))
        return grouped

    def _model(self, learner: Learner, fit: Fit) -> Any:
        if fit.model not in self._models:
            self._models[fit.model] = learner.load(self.store.model(fit.model))
        return self._models[fit.model]

    def _encoder(self, name: str) -> ViewEncoder:
        if name not in self._encoders:
            self._encoders[name] = ViewEncoder.from_parts(self.store.encoder(name))
        return self._encoders[name]
