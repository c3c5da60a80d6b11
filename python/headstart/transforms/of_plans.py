"""The base of transforms that make columns by a feature plan."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from headstart.base import (
    MadeFeature,
    Parameters,
    Resources,
    TableRows,
    Task,
    Transform,
)
from headstart.features import Candidate, FeaturePlan
from headstart.predict import GeneratedColumns

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PlanTransform"]


class PlanTransform(Transform):
    """A transform that selects candidates and makes them by a `FeaturePlan`.

    A subclass defines `choose`. Candidates are selected once, on all training rows of
    the fold. For those that read the target, the features of training rows are
    cross-fitted, which the core does in one pass.
    """

    stored_as: ClassVar[type[GeneratedColumns]] = GeneratedColumns

    def choose(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        resources: Resources,
    ) -> tuple[Sequence[Candidate], Sequence[float | None]]:
        """Return the selected candidates and the gain of each."""
        raise NotImplementedError(f"Transform {self.name!r} must define choose().")

    def fit(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> GeneratedColumns:
        """Return the fitted plan of the selected features; see `Transform.fit`."""
        if rows.parts is None:
            parts = np.arange(rows.X.height, dtype=np.int64) % 5
            rows = replace(rows, parts=parts)
        return self.fit_transform(task, parameters, rows, validation, resources)[0]

    def fit_transform(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        validation: None,
        resources: Resources,
    ) -> tuple[GeneratedColumns, "pl.DataFrame"]:
        """Return the fitted plan and the features of the training rows."""
        del validation
        X, y, parts = rows.X, rows.y, rows.parts  # operators do not use weights
        candidates, gains = self.choose(task, parameters, rows, resources)
        selected = [
            index
            for index, candidate in enumerate(candidates)
            if not _is_taken(candidate.name, X.columns)
        ]
        plan = FeaturePlan(candidates[index] for index in selected)
        if plan.reads_target and not _can_be_read(y, parts):
            selected, plan = [], FeaturePlan(())
        features = plan.fit_transform(
            X,
            y if plan.reads_target else None,
            parts if plan.reads_target else None,
            task=task.kind,
            seed=resources.seed,
            n_threads=resources.threads,
        )
        selected_gains = tuple(gains[index] for index in selected)
        fitted = GeneratedColumns(plan.fitted, selected_gains)
        return fitted, GeneratedColumns.finite(features)

    def explain(self, fitted: GeneratedColumns) -> Sequence[MadeFeature]:
        """Return each feature's name, description and gain."""
        features = fitted.features
        return [
            MadeFeature(name, candidate.explain(), gain=gain)
            for candidate, names, gain in zip(
                features.candidates,
                features.names_of_candidates,
                fitted.gains,
                strict=True,
            )
            for name in names
        ]


def _is_taken(name: str, columns: Sequence[str]) -> bool:
    """Return whether a column of the table has the name of a feature."""
    return any(c == name or c.startswith(f"{name} = ") for c in columns)


def _can_be_read(y: Any, parts: Any) -> bool:
    """Return whether there are at least two targets and two inner folds."""
    return bool((y != y[0]).any()) and bool((parts != parts[0]).any())
