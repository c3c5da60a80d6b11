"""A fitted model with all that prediction needs: schema, target, ensemble, facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, Parts, TaskKind
from headstart.ensemble.bagged import BaggedEnsemble
from headstart.ensemble.steps import FRAME, TABLE, UNSEEN, SchemaStep, StepRecord
from headstart.facts import Facts
from headstart.tables import Schema, TargetEncoder, Unseen, to_frame_like

__all__ = ["FittedModel", "MemoryStore"]


@dataclass(frozen=True, slots=True)
class MemoryStore:
    """Fitted models, encoders and transforms held as bytes."""

    models: Mapping[str, Parts]
    encoders: Mapping[str, Parts]
    transforms: Mapping[str, Parts] = field(default_factory=dict)

    def model(self, name: str) -> Parts:
        """Return the parts of a fitted model."""
        return dict(self.models[name])

    def encoder(self, name: str) -> Parts:
        """Return the parts of a fitted view encoder."""
        return dict(self.encoders[name])

    def transform(self, name: str) -> Parts:
        """Return the parts of a fitted transform."""
        return dict(self.transforms[name])


@dataclass(frozen=True)
class FittedModel:
    """The result of a fit.

    Parameters
    ----------
    schema : Schema
        The columns that tables must have.
    target : TargetEncoder
        Maps codes to labels.
    ensemble : BaggedEnsemble
    facts : Facts
        The record of the fit.
    """

    schema: Schema
    target: TargetEncoder
    ensemble: BaggedEnsemble
    facts: Facts = field(repr=False)

    def predict_outputs(self, data: Any) -> FloatArray:
        """Return predictions of shape (n_rows, n_outputs) for a user's table."""
        return self.predict_and_count(data)[0]

    def predict_and_count(self, data: Any) -> tuple[FloatArray, Unseen]:
        """Return `predict_outputs`, and counts of values that training rows lack.

        Returns
        -------
        outputs : ndarray of shape (n_rows, n_outputs)
        unseen : Unseen
            Per column, the number of values that the model does not know; columns
            whose type has changed.
        """
        frame = to_frame_like(data, self.schema.names)
        columns = self._schema_step.apply({FRAME: frame})
        return self.ensemble.predict(columns[TABLE]), columns[UNSEEN]

    def steps(self) -> list[StepRecord]:
        """Return the steps of the model as data, in the order in which they run."""
        steps = (self._schema_step, *self.ensemble.steps)
        return [step.describe() for step in steps]

    @property
    def _schema_step(self) -> SchemaStep:
        has_texts = self.ensemble.has_transforms and bool(self.schema.texts)
        return SchemaStep(self.schema, has_texts)

    def probabilities(self, outputs: FloatArray) -> FloatArray:
        """Return `predict_outputs` as probabilities of shape (n_rows, n_classes)."""
        if self.ensemble.task.kind is TaskKind.BINARY:
            return np.hstack([1.0 - outputs, outputs])
        return outputs

    def labels(self, outputs: FloatArray) -> NDArray[Any]:
        """Return `predict_outputs` as labels or values, shape (n_rows,)."""
        if self.ensemble.task.kind is TaskKind.REGRESSION:
            return self.ensemble.output.values(outputs)
        return self.target.decode(self.ensemble.output.codes(outputs))

    def predict_proba(self, data: Any) -> FloatArray:
        """Return probabilities of shape (n_rows, n_classes)."""
        return self.probabilities(self.predict_outputs(data))

    def predict(self, data: Any) -> NDArray[Any]:
        """Return labels or values, shape (n_rows,)."""
        return self.labels(self.predict_outputs(data))

    def in_memory(self) -> "FittedModel":
        """Return the same model with every part held as bytes."""
        store = self.ensemble.store
        fits = [fit for member in self.ensemble.members for fit in member.fits]
        memory = MemoryStore(
            {name: store.model(name) for name in dict.fromkeys(f.model for f in fits)},
            {
                name: store.encoder(name)
                for name in dict.fromkeys(f.encoder for f in fits)
            },
            {
                name: store.transform(name)
                for name in dict.fromkeys(n for f in fits for n in f.transforms)
            },
        )
        ensemble = BaggedEnsemble(
            self.ensemble.task,
            self.ensemble.members,
            self.ensemble.learners,
            memory,
            self.ensemble.transforms,
            self.ensemble.output,
        )
        return replace(self, ensemble=ensemble)

    def __getstate__(self) -> dict[str, Any]:
        model = self.in_memory()
        return {name: getattr(model, name) for name in self.__dataclass_fields__}
