"""The fitted model: a weighted mean of configurations, each the mean of its fits.

Nothing is loaded until it is needed: fold models, view encoders and fitted transforms
come from a store, which is the run folder, a model file, or memory.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import polars as pl

from headstart.base import (
    Configuration,
    FloatArray,
    Learner,
    MadeFeature,
    Parts,
    Task,
    Transform,
)
from headstart.ensemble.output import PLAIN_MEAN, Output
from headstart.execution.fold_fit import as_outputs
from headstart.execution.steps import FittedStep, apply_step, load_step
from headstart.tables import ViewEncoder

__all__ = ["BaggedEnsemble", "Fit", "Member", "ModelStore"]

_log = logging.getLogger("headstart.ensemble")

# Rows that are predicted at once: views and transformed tables are several times as
# large as the table.
_MOST_CELLS = 2**25
_FEWEST_ROWS, _MOST_ROWS = 1_000, 100_000


@dataclass(frozen=True, slots=True)
class Fit:
    """Names of a fitted model, its fitted view encoder and its fitted transforms.

    Parameters
    ----------
    model, encoder : str
    transforms : tuple of str
        Fitted transforms that the table goes through first. They are fitted per fold,
        and members with the same transforms share them.
    """

    model: str
    encoder: str
    transforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A configuration with its weight and fits."""

    configuration: Configuration
    weight: float
    fits: tuple[Fit, ...]


class ModelStore(Protocol):
    """A store of fitted models, encoders and transforms."""

    def model(self, name: str) -> Parts:
        """Return the parts of a fitted model."""

    def encoder(self, name: str) -> Parts:
        """Return the parts of a fitted view encoder."""

    def transform(self, name: str) -> Parts:
        """Return the parts of a fitted transform."""


@dataclass
class BaggedEnsemble:
    """Predicts the weighted mean of its members, after an output step.

    Parameters
    ----------
    task : Task
    members : sequence of Member
        Weights are positive and sum to 1.
    learners : mapping of str to Learner
        At least those that the members name.
    store : ModelStore
    transforms : mapping of str to Transform
        At least those the members name.
    output : Output
        The step after the mean.
    """

    task: Task
    members: Sequence[Member]
    learners: Mapping[str, Learner]
    store: ModelStore
    transforms: Mapping[str, Transform] = field(default_factory=dict)
    output: Output = PLAIN_MEAN
    _models: dict[str, Any] = field(default_factory=dict, repr=False)
    _encoders: dict[str, ViewEncoder] = field(default_factory=dict, repr=False)
    _steps: dict[str, FittedStep] = field(default_factory=dict, repr=False)

    @property
    def has_transforms(self) -> bool:
        """True if tables go through transforms, which may need raw text columns."""
        return any(member.configuration.transforms for member in self.members)

    def with_members(self, members: Sequence[Member]) -> "BaggedEnsemble":
        """Return an ensemble of other members, without loading them.

        Parameters
        ----------
        members : sequence of Member
            Their learners and transforms are among those of this ensemble.
        """
        return BaggedEnsemble(
            self.task,
            tuple(members),
            self.learners,
            self.store,
            self.transforms,
            self.output,
        )

    def predict(self, table: pl.DataFrame) -> FloatArray:
        """Return predictions for a canonical table, computed in blocks of rows.

        Parameters
        ----------
        table : DataFrame
            With the raw text columns of `Schema.read_texts`, if `has_transforms`.

        Returns
        -------
        ndarray of shape (n_rows, n_outputs)
            Probability of the second class (binary), of each class (multiclass), or
            values.
        """
        step = min(max(_MOST_CELLS // max(1, table.width), _FEWEST_ROWS), _MOST_ROWS)
        if table.height <= step:
            return self.output.apply(self._mean(table))
        slices = (table.slice(start, step) for start in range(0, table.height, step))
        return self.output.apply(np.concatenate([self._mean(rows) for rows in slices]))

    def _mean(self, table: pl.DataFrame) -> FloatArray:
        total = np.zeros((table.height, self.task.n_outputs))
        after: dict[tuple[str, ...], pl.DataFrame] = {(): table}
        for (chain, encoder), fits in self._by_view().items():
            # Only what this chain begins with is kept: chains are in order of folds.
            after = {k: v for k, v in after.items() if chain[: len(k)] == k}
            for length in range(1, len(chain) + 1):
                if chain[:length] not in after:
                    before = after[chain[: length - 1]]
                    after[chain[:length]] = self._after(before, chain[length - 1])
            matrix = self._encoder(encoder).transform(after[chain])
            for member, fit in fits:
                learner = self.learners[member.configuration.learner]
                raw = learner.predict(self._model(learner, fit), matrix, self.task)
                share = member.weight / len(member.fits)
                total += share * as_outputs(raw, self.task, table.height)
        return total

    def load(self) -> None:
        """Load every part now, so that damaged parts raise early."""
        for (chain, encoder), fits in self._by_view().items():
            for name in chain:
                self._step(name)
            self._encoder(encoder)
            for member, fit in fits:
                self._model(self.learners[member.configuration.learner], fit)

    def check(self, table: pl.DataFrame) -> None:
        """Check that fitted transforms, views and models fit the table and each other.

        No learner predicts and no transform runs: names, types and widths are compared.

        Parameters
        ----------
        table : DataFrame
            A table as for `predict`, without rows.

        Raises
        ------
        ArtifactError, ColumnError
            If a part does not fit.
        """
        for (chain, encoder), fits in self._by_view().items():
            after = table
            for name in chain:
                after = self._step(name).join_empty(after)
            matrix = self._encoder(encoder).transform(after)
            for member, fit in fits:
                learner = self.learners[member.configuration.learner]
                model = self._model(learner, fit)
                learner.check_model(model, self.task, matrix.n_features)

    def explain_step(self, name: str) -> tuple[str, list[MadeFeature]]:
        """Return the transform's name and the features that a fitted step made.

        Columns have the names of the user's table. If the transform's `explain` fails,
        there are no features.
        """
        step = self._step(name)
        transform = self.transforms[step.transform]
        made = (column.name for column in step.made)
        called = dict(zip(step.returned, made, strict=True))
        try:
            features = list(transform.explain(step.state)) if step.scope else []
            named = [replace(f, name=called.get(f.name, f.name)) for f in features]
        except Exception:
            _log.exception("Transform %r cannot explain itself.", step.transform)
            named = []
        return step.transform, named

    def _by_view(
        self,
    ) -> dict[tuple[tuple[str, ...], str], list[tuple[Member, Fit]]]:
        """Return the fits per view, those with the same transforms next to each other.

        Sorting is stable: without transforms the order is that of the members.
        """
        grouped: dict[tuple[tuple[str, ...], str], list[tuple[Member, Fit]]] = {}
        for member in self.members:
            for fit in member.fits:
                key = (fit.transforms, fit.encoder)
                grouped.setdefault(key, []).append((member, fit))
        return dict(sorted(grouped.items(), key=lambda item: item[0][0]))

    def _after(self, table: pl.DataFrame, name: str) -> pl.DataFrame:
        step = self._step(name)
        transform = self.transforms[step.transform]
        made = apply_step(transform, step, table, self.task, strict=False)
        return step.join(table, made)

    def _step(self, name: str) -> FittedStep:
        if name not in self._steps:
            self._steps[name] = load_step(self.store.transform(name), self.transforms)
        return self._steps[name]

    def _model(self, learner: Learner, fit: Fit) -> Any:
        if fit.model not in self._models:
            self._models[fit.model] = learner.load(self.store.model(fit.model))
        return self._models[fit.model]

    def _encoder(self, name: str) -> ViewEncoder:
        if name not in self._encoders:
            self._encoders[name] = ViewEncoder.from_parts(self.store.encoder(name))
        return self._encoders[name]
