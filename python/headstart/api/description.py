"""Descriptions of a fitted model: leaderboard, precedents, analysis, report."""

from pathlib import Path
from typing import Any

import polars as pl

from headstart.api.constructor import Estimator
from headstart.base import Configuration
from headstart.ensemble import StepRecord
from headstart.facts import (
    LEADERBOARD_COLUMNS,
    Facts,
    leaderboard_rows,
    precedent_rows,
)
from headstart.facts.records import to_record
from headstart.report.writing import write_report
from headstart.sdk.stored_learner import holds_rows

__all__ = ["Description"]


class Description(Estimator):
    """The methods that describe the fit and its model."""

    @property
    def task_kind_(self) -> str:
        """``"binary"``, ``"multiclass"`` or ``"regression"``."""
        return self._fitted().ensemble.task.kind.value

    @property
    def metric_(self) -> str:
        """Name of the optimised metric."""
        return self._fitted().facts.task.metric

    def leaderboard(self) -> pl.DataFrame:
        """Return all trials by rank, failures last with their reasons.

        Scores are means over folds, in the metric's own direction; `weight` is the
        trial's weight in the ensemble.
        """
        schema = {
            "rank": pl.Int64,
            "folds": pl.Int64,
            **dict.fromkeys(
                ("score", "std_error", "fit_seconds", "predict_seconds", "weight"),
                pl.Float64,
            ),
        }
        return pl.DataFrame(
            leaderboard_rows(self._fitted().facts),
            schema={name: schema.get(name, pl.String) for name in LEADERBOARD_COLUMNS},
        )

    def precedents(self) -> pl.DataFrame:
        """Return the datasets of the knowledge base that supported configurations.

        Returns
        -------
        DataFrame
            One row per proposed configuration and supporting dataset: ``learner``,
            ``configuration`` (JSON), ``dataset``, ``weight`` (share of the expected
            gain), ``rank`` (rank of the configuration among the ``n_ranked`` evaluated
            on that dataset). Empty where the search had no knowledge base.
        """
        return pl.DataFrame(
            list(precedent_rows(self._fitted().facts)),
            schema={
                "learner": pl.String,
                "configuration": pl.String,
                "dataset": pl.String,
                "weight": pl.Float64,
                "rank": pl.Int64,
                "n_ranked": pl.Int64,
            },
        )

    def info(self) -> dict[str, Any]:
        """Return a description of the fitted model as JSON values."""
        model = self._fitted()
        facts = model.facts
        table = {
            name: [to_record(item, type(item)) for item in getattr(facts, name)]
            for name in ("columns", "findings", "rows_left_out")
        }
        return {
            "class": type(self).__name__,
            "task": facts.task.kind,
            "classes": None
            if model.target.classes is None
            else model.target.classes.tolist(),
            "target": facts.task.target or None,
            "metric": facts.task.metric,
            "greater_is_better": facts.task.greater_is_better,
            "score": facts.score,
            "validation": facts.validation.words,
            "validation_reason": facts.validation.reason,
            "n_rows": facts.task.n_rows,
            "n_trials": facts.budget.n_trials,
            "ended": facts.budget.ended,
            "seconds": facts.budget.seconds,
            "time_limit": facts.budget.time_limit,
            "max_trials": facts.budget.max_trials,
            **table,
            "needed_columns": [column.name for column in model.schema.needed],
            "versions": dict(facts.versions),
            "members": [
                {
                    "learner": member.configuration.learner,
                    "parameters": dict(member.configuration.parameters),
                    **_steps_record(member.configuration),
                    "weight": member.weight,
                    "models": len(member.fits),
                    "holds_rows": holds_rows(
                        model.ensemble.learners.get(member.configuration.learner)
                    ),
                }
                for member in model.ensemble.members
            ],
        }

    def steps(self) -> list[StepRecord]:
        """Return the steps of the model as data, in the order in which they run.

        Returns
        -------
        list of StepRecord
            Each has a ``kind``, a JSON ``record`` with the columns that it reads and
            gives, and named ``arrays``. A step marked ``is_python`` calls the learner
            or transform that fitted it. All others need only their record and arrays.

        Examples
        --------
        >>> import headstart as hs
        >>> model = hs.load("churn.headstart")  # doctest: +SKIP
        >>> [step.kind for step in model.steps()]  # doctest: +SKIP
        ['schema', 'view', 'linear', 'boosted_trees', 'output']
        """
        return self._fitted().steps()

    def analysis(self) -> Facts:
        """Return the facts of the fit: its task, data, trials, performance and costs.

        They are computed at the end of `fit` and stored in the model file. They include
        a few rows of the training table if ``headstart[explain]`` is installed.

        Returns
        -------
        Facts
            See `headstart.facts.Facts`; its ``notes`` give reasons of missing parts.
        """
        return self._fitted().facts

    def report(self, path: str | Path, format: str | None = None) -> Path:  # noqa: A002
        """Write the report of the fit as a page, a model card or JSON.

        Parameters
        ----------
        path : path
            A file that ends in ``.html`` (a self-contained page), ``.md`` or ``.json``.
            An existing file is replaced.
        format : {"html", "json", "md"}, optional
            By default, the format of the path's extension.

        Returns
        -------
        Path
            `path` as a Path.

        Raises
        ------
        ValueError
            If the format is unknown, or the extension names none.
        """
        return write_report(self.analysis(), path, format)


def _steps_record(configuration: Configuration) -> dict[str, Any]:
    """Return the record of a member's transforms, empty without transforms."""
    steps = [step.to_record() for step in configuration.transforms]
    return {"transforms": steps} if steps else {}
