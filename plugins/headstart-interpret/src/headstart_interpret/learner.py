"""Explainable boosting machines as a learner: space and training."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from headstart.sdk import (
    AdditiveTables,
    FittedFold,
    FoldLearner,
    Parameters,
    Resources,
    Rows,
    SearchSpace,
    StoredModel,
    Task,
    View,
)
from headstart_interpret import portfolio
from headstart_interpret.boosting import boost

__all__ = ["ExplainableBoosting"]


class ExplainableBoosting(FoldLearner):
    """A generalised additive model of boosted tables: columns, and pairs of columns.

    Stops early on the validation rows. Categories and missing values have entries of
    their own in each table.
    """

    name: ClassVar[str] = "explainable_boosting"
    view: ClassVar[View] = View(numeric="raw", categorical="native", missing="native")
    family: ClassVar[str] = "additive"
    stored_as: ClassVar[type[StoredModel]] = AdditiveTables

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space; it is the same for all tasks."""
        del task
        return portfolio.SPACE

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return configurations that did well on other tables, best first."""
        del task
        return portfolio.PRECEDENTS

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Predict seconds of one fold fit on `n_rows` rows, one thread."""
        return portfolio.seconds(task, parameters, n_rows)

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> AdditiveTables | None:
        """Boost until the validation rows stop getting better, or the deadline."""
        return boost(parameters, rows, validation, task, resources)

    def refit_parameters(
        self, parameters: Parameters, models: Sequence[FittedFold]
    ) -> Parameters:
        """Add ``n_rounds`` and ``n_pair_rounds``, the means of the folds' rounds."""
        fitted = [fold.model.rounds for fold in models if fold.model is not None]
        if not fitted:
            return parameters
        mains, pairs = (round(float(mean)) for mean in np.mean(fitted, axis=0))
        return {**parameters, "n_rounds": max(1, mains), "n_pair_rounds": max(1, pairs)}
