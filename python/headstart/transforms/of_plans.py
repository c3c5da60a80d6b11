"""The base of transforms that make columns by a feature plan."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.base import (
    MadeFeature,
    Parameters,
    Parts,
    Resources,
    TableRows,
    Task,
    Transform,
)
from headstart.base.arrays import require
from headstart.exceptions import ArtifactError
from headstart.features import Candidate, FeaturePlan

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FittedPlan", "PlanTransform"]

_PLAN, _GAINS = "plan.json", "gains.json"


@dataclass(frozen=True, eq=False)
class FittedPlan:
    """A fitted plan and the gains of its features.

    Parameters
    ----------
    plan : FeaturePlan
    gains : tuple of float or None
        Gain per candidate; None if it was not measured.
    """

    plan: FeaturePlan
    gains: tuple[float | None, ...]


class PlanTransform(Transform):
    """A transform that selects candidates and makes them by a `FeaturePlan`.

    A subclass defines `choose`. Candidates are selected once, on all training rows of
    the fold. For those that read the target, the features of training rows are
    cross-fitted, which the core does in one pass.
    """

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
    ) -> FittedPlan:
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
    ) -> tuple[FittedPlan, "pl.DataFrame"]:
        """Return the fitted plan and the features of the training rows."""
        del validation
        X, y, parts = rows.X, rows.y, rows.parts  # operators do not use weights
        candidates, gains = self.choose(task, parameters, rows, resources)
        kept = [
            place
            for place, candidate in enumerate(candidates)
            if not _is_taken(candidate.name, X.columns)
        ]
        plan = FeaturePlan(candidates[place] for place in kept)
        if plan.reads_target and not _can_be_read(y, parts):
            kept, plan = [], FeaturePlan(())
        made = plan.fit_transform(
            X,
            y if plan.reads_target else None,
            parts if plan.reads_target else None,
            task=task.kind,
            seed=resources.seed,
            n_threads=resources.threads,
        )
        return FittedPlan(plan, tuple(gains[place] for place in kept)), _finite(made)

    def transform(
        self, fitted: FittedPlan, X: "pl.DataFrame", task: Task
    ) -> "pl.DataFrame":
        """Return the features of new rows; see `Transform.transform`."""
        del task
        return _finite(fitted.plan.transform(X))

    def reads(self, fitted: FittedPlan, columns: Sequence[str]) -> Sequence[str]:
        """Return the columns that features are made of."""
        del columns
        return fitted.plan.columns

    def explain(self, fitted: FittedPlan) -> Sequence[MadeFeature]:
        """Return each feature's name, description and gain."""
        return [
            MadeFeature(name, feature.words, gain=gain)
            for feature, gain in zip(fitted.plan.features, fitted.gains, strict=True)
            for name in feature.names
        ]

    def dump(self, fitted: FittedPlan) -> Parts:
        """Return the plan and the gains as JSON."""
        text = fitted.plan.to_json()
        return {
            # Lone surrogates cannot be encoded in UTF-8.
            _PLAN: text.encode("utf-8", errors="surrogatepass"),
            _GAINS: json.dumps(fitted.gains).encode(),
        }

    def load(self, parts: Parts) -> FittedPlan:
        """Return the checked plan that `dump` wrote; see `Transform.load`."""
        require(
            set(parts) == {_PLAN, _GAINS},
            f"Stored features must be {_PLAN} and {_GAINS}. Got {sorted(parts)}.",
        )
        try:
            text = parts[_PLAN].decode("utf-8", errors="surrogatepass")
            gains: Any = json.loads(parts[_GAINS])
        except (ValueError, RecursionError) as error:
            raise ArtifactError(
                f"What is stored of features cannot be read: {error!r:.200}"
            ) from error
        plan = FeaturePlan.from_json(text)
        require(
            isinstance(gains, list)
            and len(gains) == len(plan.candidates)
            and all(g is None or type(g) in (int, float) for g in gains),
            "The gains of stored features do not fit them.",
        )
        return FittedPlan(plan, tuple(gains))


def _is_taken(name: str, columns: Sequence[str]) -> bool:
    """Return whether a column of the table has the name of a feature."""
    return any(c == name or c.startswith(f"{name} = ") for c in columns)


def _can_be_read(y: Any, parts: Any) -> bool:
    """Return whether there are at least two targets and two inner folds."""
    return bool((y != y[0]).any()) and bool((parts != parts[0]).any())


def _finite(made: "pl.DataFrame") -> "pl.DataFrame":
    """Return the columns with non-finite values as missing: a quotient may overflow."""
    import polars as pl
    import polars.selectors as cs

    return made.with_columns(
        pl.when(column.is_finite()).then(column)
        for column in (pl.col(c) for c in made.select(cs.float()).columns)
    )
