"""Descriptions of a fitted model: leaderboard, precedents, analysis, report."""

from pathlib import Path
from typing import Any

import polars as pl

from headstart.analysis import read_analysis
from headstart.api.constructor import Estimator
from headstart.base import Configuration
from headstart.facts import Facts
from headstart.report.writing import write_report
from headstart.search.leaderboard import COLUMNS

__all__ = ["Description"]


class Description(Estimator):
    """The methods that describe the fit and its model."""

    @property
    def task_kind_(self) -> str:
        """``"binary"``, ``"multiclass"`` or ``"regression"``."""
        return self._fitted().ensemble.task.kind.value

    @property
    def metric_(self) -> str:
        """Name of the metric that was optimised."""
        return str(self._fitted().facts["metric"])

    def leaderboard(self) -> pl.DataFrame:
        """Return all trials ranked, best first, failures last with their reasons.

        Scores are means over folds, in the metric's own direction; `weight` is the
        trial's share in the final ensemble.
        """
        schema = {
            "rank": pl.Int64,
            "folds": pl.Int64,
            **dict.fromkeys(
                ("score", "std_error", "fit_seconds", "predict_seconds", "weight"),
                pl.Float64,
            ),
        }
        records = list(self._fitted().leaderboard)
        return pl.DataFrame(
            records, schema={name: schema.get(name, pl.String) for name in COLUMNS}
        )

    def precedents(self) -> pl.DataFrame:
        """Return which known datasets spoke for which configurations.

        Returns
        -------
        DataFrame
            A row a configuration that the knowledge base proposed, and a dataset that
            spoke for it: ``learner``, ``configuration`` (JSON), ``dataset``, ``weight``
            (its share of the expected gain), ``rank`` (the configuration's place among
            the ``n_ranked`` that were evaluated on that dataset). No rows where the
            search had no base to go by.
        """
        return pl.DataFrame(
            list(self._fitted().facts.get("precedents", ())),
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
        """Return what is known of the fitted model, JSON-able."""
        model = self._fitted()
        return {
            "class": type(self).__name__,
            "task": model.ensemble.task.kind.value,
            "classes": None
            if model.target.classes is None
            else model.target.classes.tolist(),
            **{k: v for k, v in model.facts.items() if k != "precedents"},
            "columns": model.facts.get("columns")
            or [
                {"name": c.name, "kind": c.kind.value, "reason": c.reason}
                for c in model.schema.columns
            ],
            "members": [
                {
                    "learner": member.configuration.learner,
                    "parameters": dict(member.configuration.parameters),
                    **_steps_record(member.configuration),
                    "weight": member.weight,
                    "models": len(member.fits),
                }
                for member in model.ensemble.members
            ],
        }

    def analysis(self) -> Facts:
        """Return the facts of the fit: what was found, how good it is, and why.

        They were made at the end of `fit` and lie in the model file; a few single rows
        of the training table are among them where ``headstart[explain]`` is installed.

        Returns
        -------
        Facts
            See `headstart.facts.Facts`; what is missing is told in its ``notes``.

        Raises
        ------
        ArtifactError
            If the model has none, or they are damaged.
        """
        return read_analysis(self._fitted())

    def report(self, path: str | Path, format: str | None = None) -> Path:  # noqa: A002
        """Write what the fit found as a page, a model card or JSON.

        Parameters
        ----------
        path : path
            A file that ends in ``.html`` (a page that needs no network), ``.md`` or
            ``.json``; replaced where it is there.
        format : {"html", "json", "md"}, optional
            By default, the one of the path's ending.

        Returns
        -------
        Path
            Where it lies.

        Raises
        ------
        ArtifactError
            If the model has no analysis, see `analysis`.
        ValueError
            If there is no such format, or the ending names none.
        """
        return write_report(self.analysis(), path, format)


def _steps_record(configuration: Configuration) -> dict[str, Any]:
    """Return the transforms of a member, where it has any."""
    steps = [step.to_record() for step in configuration.transforms]
    return {"transforms": steps} if steps else {}
