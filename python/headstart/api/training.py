"""`train`: a fit on one table whose target is one of its columns."""

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
    """Fit on one table; whether to classify is read off the target, or told.

    Parameters
    ----------
    data : table or path
        Features and target together.
    target : str
        Name of the target's column. Rows without a target are left out, with a
        warning.
    task : {"classification", "regression"}, optional
        If not told: text, booleans, categoricals and integers with few values are
        classes; other numbers are regression, as is text of many different numbers
        ("€ 1,029.50"). Where whole numbers leave it open, what they were taken for is
        told.
    groups, sample_weight : vector or str, optional
        A string names a column of `data`; the weights' column is not a feature.
    reading : mapping of str to object, optional
        Options of `read_table`, where `data` is a path.
    listeners : sequence of Listener, optional
    **parameters
        Of `AutoClassifier`.

    Returns
    -------
    AutoClassifier or AutoRegressor
        Fitted.

    Raises
    ------
    HeadstartError, ValueError
        As `AutoClassifier.fit`; also if `task` is another word.
    """
    started = time.monotonic()
    if task not in (None, "classification", "regression"):
        raise ValueError(
            "The 'task' parameter must be 'classification', 'regression' or None. "
            f"Got {task!r} instead."
        )
    frame, found = to_table(
        data,
        read_as_text=texts_declared(parameters.get("columns")),
        reading=Reading.of(**(reading or {})),
    )
    if isinstance(sample_weight, str):
        frame, sample_weight = split_target(frame, sample_weight, "weight")
    X, y = split_target(frame, target)
    del frame  # where rows are left out below, the fit needs no copy that has them
    X, y, known = with_known_target(X, y)
    left_out = known.len() - X.height
    if left_out:
        groups, sample_weight = _of_rows(known, groups), _of_rows(known, sample_weight)
        warnings.warn(
            f"{left_out:,} of {known.len():,} rows have no {target!r} "
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
        reading=found,
    )


def _of_rows(known: pl.Series, values: Any) -> Any:
    """Return what is told of each row for the rows that are used."""
    if values is None or isinstance(values, str):
        return values
    series = to_series(values, "values")
    return series.filter(known) if series.len() == known.len() else values
