"""The method `fit` of the estimators."""

import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from sklearn.exceptions import DataConversionWarning

from headstart.analysis import analyse_run, changed_parameters
from headstart.api.constructor import Estimator
from headstart.base.events import Listener
from headstart.display import progress_listener
from headstart.exceptions import HeadstartWarning
from headstart.findings.target import TargetColumn
from headstart.search.fit import fit_model
from headstart.search.run.settings import FitRequest, FitSettings
from headstart.tables import (
    ANY_READING,
    Reading,
    feature_names,
    indexes_differ,
    name_of_target,
    split_target,
    texts_declared,
    to_frame,
    to_table,
)

__all__ = ["Fitting"]


class Fitting(Estimator):
    """The method `fit`."""

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        groups: Any = None,
        *,
        listeners: Sequence[Listener] | None = None,
    ) -> Self:
        """Fit the best model found within the budget, and return the estimator.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            pandas, polars, pyarrow, NumPy, scipy.sparse, or a path to a CSV, Parquet
            or Arrow file.
        y : vector of length n_rows, or str
            The target, or the name of its column in `X`.
        sample_weight : vector of length n_rows or str, optional
            Non-negative weights. A string names a column of `X`, which is no feature.
        groups : vector of length n_rows or str, optional
            Rows of one group are never split between training and validation. A
            string names a column of `X`. Folds by time and splitters that would split a
            group are refused.
        listeners : sequence of Listener, optional
            Called with every event of the run, in place of the progress display.

        Returns
        -------
        self

        Raises
        ------
        HeadstartError
            If the data or settings are invalid, or every trial failed.
        KeyboardInterrupt
            If Ctrl-C is pressed before a trial has finished. Later, Ctrl-C ends the
            search and keeps the best model so far.
        """
        return self._search(X, y, sample_weight, groups, listeners)

    def _search(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        groups: Any,
        listeners: Sequence[Listener] | None,
        *,
        target_column: TargetColumn = TargetColumn(),
        started: float | None = None,
        reading: Reading = ANY_READING,
    ) -> Self:
        """Fit with a time limit that counts from `started`."""
        started = time.monotonic() if started is None else started
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None. hint: a vector, or the name of a column of X."
            )
        if isinstance(X, str | Path):
            # Declared kinds are applied when the file is read: 00501 is not 501.
            X, reading = to_table(
                X, read_as_text=texts_declared(self.columns), reading=reading
            )
        if isinstance(sample_weight, str):
            X, sample_weight = split_target(to_frame(X), sample_weight, "weight")
        if isinstance(y, str):
            X, y = split_target(to_frame(X), y)
        if indexes_differ(X, y):
            warnings.warn(
                "X and y have different indexes: their rows were matched by position. "
                "hint: y.reindex(X.index) matches them by index.",
                HeadstartWarning,
                stacklevel=3,
            )
        if getattr(y, "ndim", 1) == 2:
            warnings.warn(
                "A column-vector y was passed when a 1d array was expected. Please "
                "change the shape of y to (n_samples,), for example using ravel().",
                DataConversionWarning,
                stacklevel=3,
            )
        display = progress_listener() if listeners is None else None
        if listeners is None:
            listeners = [] if display is None else [display]
        settings = FitSettings(
            **{name: getattr(self, name) for name in FitSettings.__dataclass_fields__}
        )
        names = feature_names(X)
        try:
            model = fit_model(
                FitRequest(
                    settings=settings,
                    X=X,
                    y=y,
                    classification=self._classification,
                    sample_weight=sample_weight,
                    groups=groups,
                    listeners=listeners,
                    started=started,
                    target_column=target_column,
                    analyse=partial(
                        analyse_run,
                        changed=changed_parameters(self),
                        of_rows={
                            "groups": groups,
                            "sample_weight": _name_or_self(sample_weight),
                        },
                    ),
                )
            )
        finally:
            if display is not None:
                display.close()
        self.model_ = replace(model, schema=model.schema.read_by(reading))
        self._describe(names)
        return self


def _name_or_self(values: Any) -> Any:
    """Return the name of the values' column, or the values if it has no name."""
    return values if values is None else name_of_target(values) or values
