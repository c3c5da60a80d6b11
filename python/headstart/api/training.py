"""`train`: a fit on one table that includes the target."""

import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from headstart.api.estimators import AutoClassifier, AutoRegressor
from headstart.base.events import Listener
from headstart.exceptions import HeadstartWarning
from headstart.findings.target import TargetColumn
from headstart.tables import (
    Reading,
    TargetEncoder,
    split_target,
    texts_declared,
    to_series,
    to_table,
    with_known_target,
)

__all__ = ["train"]


def train(
    data: Any,
    *,
    target: str,
    task: str | None = None,
    groups: Any = None,
    sample_weight: Any = None,
    reading: Mapping[str, Any] | None = None,
    listeners: Sequence[Listener] | None = None,
    **parameters: Any,
) -> AutoClassifier | AutoRegressor:
    """Fit a classifier or a regressor on one table, by the kind of its target.

    Parameters
    ----------
    data : table or path
        Features and target together.
    target : str
        Name of the target's column. Rows without a target are excluded, with a
        warning.
    task : {"classification", "regression"}, optional
        By default, text, booleans, categoricals and integers with few values are
        classes. Other numbers are values for regression, and so are texts that are many
        different numbers ("€ 1,029.50"). A finding reports the choice if whole numbers
        are ambiguous.
    groups, sample_weight : vector or str, optional
        A string names a column of `data`; the weights' column is not a feature.
    reading : mapping of str to object, optional
        Options of `read_table`, where `data` is a path.
    listeners : sequence of Listener, optional
    **parameters
        Parameters of `AutoClassifier`.

    Returns
    -------
    AutoClassifier or AutoRegressor
        The fitted estimator.

    Raises
    ------
    HeadstartError, ValueError
        As in `AutoClassifier.fit`; also if `task` has another value.
    """
    started = time.monotonic()
    if task not in (None, "classification", "regression"):
        raise ValueError(
            "The 'task' parameter must be 'classification', 'regression' or None. "
            f"Got {task!r} instead."
        )
    frame, file_reading = to_table(
        data,
        read_as_text=texts_declared(parameters.get("columns")),
        reading=Reading.of(**(reading or {})),
    )
    if isinstance(sample_weight, str):
        frame, sample_weight = split_target(frame, sample_weight, "weight")
    X, y = split_target(frame, target)
    del frame  # so that excluded rows are not kept in memory
    X, y, has_target = with_known_target(X, y)
    left_out = has_target.len() - X.height
    if left_out:
        groups, sample_weight = (
            _of_rows(has_target, groups),
            _of_rows(has_target, sample_weight),
        )
        warnings.warn(
            f"{left_out:,} of {has_target.len():,} rows have no {target!r} "
            "and are left out.",
            HeadstartWarning,
            stacklevel=2,
        )
    kind = TargetEncoder.learn(y, task).kind
    estimator = AutoClassifier if kind.is_classification else AutoRegressor
    model: AutoClassifier | AutoRegressor = estimator(**parameters)
    return model._search(
        X,
        y,
        sample_weight,
        groups,
        listeners,
        target_column=TargetColumn(left_out, is_guessed=task is None),
        started=started,
        reading=file_reading,
    )


def _of_rows(has_target: pl.Series, values: Any) -> Any:
    """Return the values of the rows with a target; other values are unchanged."""
    if values is None or isinstance(values, str):
        return values
    series = to_series(values, "values")
    return series.filter(has_target) if series.len() == has_target.len() else values
