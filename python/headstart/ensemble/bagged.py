"""The fitted model: a weighted mean of configurations, each the mean of its fits.

Nothing is loaded until it is needed: fold models, view encoders and fitted transforms
come from a store, which is the run folder, a model file, or memory. Predicting, loading
and checking use one list of steps.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import polars as pl

from headstart.base import (
    Configuration,
    FloatArray,
    Learner,
    MadeFeature,
    Task,
    Transform,
)
from headstart.ensemble.output import PLAIN_MEAN, Output
from headstart.ensemble.steps import (
    OUTPUTS,
    TABLE,
    Columns,
    FittedParts,
    MemberStep,
    ModelStep,
    ModelStore,
    OutputStep,
    TransformStep,
    ViewStep,
    walk,
)

__all__ = ["BaggedEnsemble", "Fit", "Member"]

_log = logging.getLogger("headstart.ensemble")

# Size of a block of rows, which are predicted together: views and transformed tables
# are several times as large as the table.
_MOST_CELLS = 2**25
_FEWEST_ROWS, _MOST_ROWS = 1_000, 100_000


@dataclass(frozen=True, slots=True)
class Fit:
    """Names of a fitted model, its fitted view encoder and its fitted transforms.

    Parameters
    ----------
    model, encoder : str
    transforms : tuple of str
        Fitted transforms that are applied to the table first. They are fitted per fold,
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

    @property
    def has_transforms(self) -> bool:
        """True if members have transforms, which may need raw text columns."""
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
            return self._predict(table)
        slices = (table.slice(start, step) for start in range(0, table.height, step))
        return np.concatenate([self._predict(rows) for rows in slices])

    def _predict(self, table: pl.DataFrame) -> FloatArray:
        no_share = np.zeros((table.height, self.task.n_outputs))
        columns = walk(self.steps, {TABLE: table, OUTPUTS: no_share})
        outputs: FloatArray = columns[OUTPUTS]
        return outputs

    def load(self) -> None:
        """Load every part now, so that damaged parts raise early."""
        for step in self.steps:
            step.load()

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
        columns: Columns = {TABLE: table}
        for step in self.steps:
            columns = step.check(columns)

    @cached_property
    def parts(self) -> FittedParts:
        """The fitted models, views and transforms, loaded when first used."""
        return FittedParts(self.task, self.learners, self.transforms, self.store)

    @cached_property
    def steps(self) -> tuple[ModelStep, ...]:
        """The steps from the canonical table to the outputs.

        Fits are in the order of their transforms, so that those with the same ones
        are next to each other. Sorting is stable: without transforms the order is that
        of the members.
        """
        steps: list[ModelStep] = []
        tables = {TABLE}
        for (chain, encoder), fits in self._by_view().items():
            table = TABLE
            for length, name in enumerate(chain, start=1):
                source, table = table, "/".join((TABLE, *chain[:length]))
                if table not in tables:
                    tables.add(table)
                    steps.append(TransformStep(self.parts, name, source, table))
            view = f"view/{encoder} of {table}"
            steps.append(ViewStep(self.parts, encoder, table, view))
            for member, fit in fits:
                learner, share = member.configuration.learner, member.weight
                share /= len(member.fits)
                steps.append(MemberStep(self.parts, fit.model, learner, view, share))
        return (*steps, OutputStep(self.output))

    def reads(self) -> frozenset[str]:
        """Return the columns of a canonical table, and texts, that members depend on.

        A column is not read if the transforms of every member select other columns.
        """
        read: set[str] = set()
        for chain, encoder in self._by_view():
            view = self.parts.encoder(encoder)
            required = {*view.numeric_names, *view.categorical_names}
            for name in reversed(chain):
                step = self.parts.transform(name)
                required -= {column.name for column in step.made}
                if step.scope:
                    transform = self.transforms[step.transform]
                    required |= set(transform.reads(step.state, step.scope))
            read |= required
        return frozenset(read)

    def explain_step(self, name: str) -> tuple[str, list[MadeFeature]]:
        """Return the transform's name and the features of a fitted step.

        Columns have the names of the user's table. If the transform's `explain` fails,
        there are no features.
        """
        step = self.parts.transform(name)
        transform = self.transforms[step.transform]
        table_names = (column.name for column in step.made)
        new_names = dict(zip(step.returned, table_names, strict=True))
        try:
            features = list(transform.explain(step.state)) if step.scope else []
            renamed = [replace(f, name=new_names.get(f.name, f.name)) for f in features]
        except Exception:
            _log.exception("Transform %r cannot explain itself.", step.transform)
            renamed = []
        return step.transform, renamed

    def _by_view(
        self,
    ) -> dict[tuple[tuple[str, ...], str], list[tuple[Member, Fit]]]:
        """Return the fits per view, in the order of their transforms."""
        grouped: dict[tuple[tuple[str, ...], str], list[tuple[Member, Fit]]] = {}
        for member in self.members:
            for fit in member.fits:
                key = (fit.transforms, fit.encoder)
                grouped.setdefault(key, []).append((member, fit))
        return dict(sorted(grouped.items(), key=lambda item: item[0][0]))
