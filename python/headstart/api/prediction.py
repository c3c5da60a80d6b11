"""The methods `predict` and `evaluate` of the estimators."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.api.constructor import Estimator
from headstart.base import FloatArray
from headstart.ensemble.fitted_model import FittedModel
from headstart.exceptions import HeadstartWarning
from headstart.metrics import Metric, metric_names, resolve_metric
from headstart.metrics.evaluation import score_each
from headstart.search.run.problem import read_weight
from headstart.tables import Unseen, split_target, to_frame
from headstart.tables.read.batches import read_batches

__all__ = ["Prediction"]


class Prediction(Estimator):
    """The methods `predict` and `evaluate`."""

    def predict(self, X: Any) -> NDArray[Any]:
        """Return predicted labels or values.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            Columns are matched by name; their order does not matter. NumPy arrays are
            matched by position.

        Returns
        -------
        ndarray of shape (n_rows,)

        Raises
        ------
        ColumnError
            If a column is missing, or has a type without values of its kind.

        Warns
        -----
        HeadstartWarning
            If columns have levels that did not occur in training, or values that cannot
            be read and count as missing, or if a numeric column holds text now.
        """
        model = self._fitted()
        return model.labels(self._outputs(model, X))

    def evaluate(
        self,
        X: Any,
        y: Any = None,
        metrics: Sequence[str | Callable[..., Any]] | None = None,
        sample_weight: Any = None,
    ) -> dict[str, float]:
        """Return scores of predictions by several metrics.

        Parameters
        ----------
        X : table
        y : vector or str
            The target, or the name of its column in `X`.
        metrics : sequence of str or callable, optional
            As in the constructor. Default: every built-in metric for this kind of task,
            and the metric of the fit if it is another one.
        sample_weight : vector or str, optional
            Weights of the rows; a string names a column of `X`.

        Returns
        -------
        dict of str to float
            Scores by metric name; NaN where a metric cannot be computed for these rows.

        Raises
        ------
        ValueError
            If a metric is unknown.
        HeadstartError
            If the table, the target or the weights are invalid.

        Warns
        -----
        HeadstartWarning
            If metrics could not be computed or take no weights, or if columns have
            values that did not occur in training.
        """
        model = self._fitted()
        X = self._read(model, X)
        if isinstance(sample_weight, str):
            X, sample_weight = split_target(to_frame(X), sample_weight, "weight")
        if isinstance(y, str):
            X, y = split_target(to_frame(X), y)
        kind, classes = model.ensemble.task.kind, model.target.classes
        if metrics is None:
            chosen = [resolve_metric(name, kind) for name in metric_names(kind)]
            user_metric = self._own_metric(model)
            chosen += [] if user_metric is None else [user_metric]
        else:
            chosen = [resolve_metric(metric, kind, classes) for metric in metrics]
        outputs = self._outputs(model, X)
        codes = model.target.encode(y)
        weight = read_weight(sample_weight, codes.size)
        output = model.ensemble.output
        scores, problems = score_each(
            [(metric, output.as_scored(outputs, metric)) for metric in chosen],
            codes,
            weight,
        )
        if problems:
            warnings.warn(" ".join(problems), HeadstartWarning, stacklevel=2)
        return scores

    def _outputs(self, model: FittedModel, X: Any) -> FloatArray:
        """Return predictions, with a warning on values that did not occur in training.

        Files are read in batches, so that they may be larger than memory.
        """
        is_file = isinstance(X, str | Path)
        tables = _batches(model, X) if is_file else [X]
        predictions = []
        unseen = Unseen()
        for table in tables:
            prediction, new = model.predict_and_count(table)
            predictions.append(prediction)
            unseen += new
        outputs = np.concatenate(predictions)
        if unseen:
            warnings.warn(unseen.describe(len(outputs)), HeadstartWarning, stacklevel=3)
        return outputs

    def _read(self, model: FittedModel, X: Any) -> Any:
        """Return a file read like the training table; other tables are unchanged."""
        if not isinstance(X, str | Path):
            return X
        schema = model.schema
        return to_frame(
            X, read_as_text=schema.read_as_text, reading=schema.file_reading
        )

    def _own_metric(self, model: FittedModel) -> Metric | None:
        """Return the metric of the fit; None if it is built in or not available."""
        kind = model.ensemble.task.kind
        if self.metric is None or self.metric in metric_names(kind):
            return None
        try:
            return resolve_metric(self.metric, kind, model.target.classes)
        except (TypeError, ValueError):  # the metric's plugin is not installed
            return None


def _batches(model: FittedModel, path: str | Path) -> Iterator[pl.DataFrame]:
    """Yield batches of a file, read like the training table."""
    schema = model.schema
    return read_batches(path, schema.read_as_text, reading=schema.file_reading)
