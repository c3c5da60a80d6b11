"""Encoders of categories with scikit-learn's conventions."""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from headstart.base import FloatArray
from headstart.exceptions import ColumnError
from headstart.features.columns.levels import Codes, Levels
from headstart.features.fitting.levels import learn_levels
from headstart.tables import to_frame, to_frame_like

__all__ = ["FrequencyEncoder", "LevelEncoder"]


# Columns per thread whose codes are in memory at a time.
_BATCH = 2


class LevelEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Encode categories by one table of numbers per column; the base of encoders."""

    n_threads: int

    def _open(self, X: Any) -> pl.DataFrame:
        frame = to_frame(X)
        self.feature_names_in_ = np.asarray(frame.columns, dtype=object)
        self.n_features_in_ = frame.width
        return frame

    def _learn(self, frame: pl.DataFrame) -> Iterator[list[tuple[Codes, int]]]:
        """Learn the levels of a few columns at a time, and yield their codes.

        The next columns overwrite the yielded codes.
        """
        self.levels_: list[Levels] = []
        columns = frame.get_columns()
        step = min(_BATCH * self.n_threads, len(columns))
        out = np.empty((step, frame.height), dtype=np.uint32)
        for start in range(0, len(columns), step or 1):
            batch = columns[start : start + step]
            learned = learn_levels(
                batch, n_threads=self.n_threads, out=out[: len(batch)]
            )
            self.levels_ += [levels for levels, _ in learned]
            yield [(codes, levels.n_groups) for levels, codes in learned]

    def _look_up(self, X: Any) -> FloatArray:
        """Return the entries of tables of shape (n_outputs, n_groups + 1) for rows."""
        check_is_fitted(self)
        names = list(self.feature_names_in_)
        frame = to_frame_like(X, names)
        available = set(frame.columns)
        missing = [name for name in names if name not in available]
        if missing:
            raise ColumnError(
                f"The table lacks column {missing[0]!r}, on which the encoder was "
                f"fitted. It has {frame.columns[:10]}."
            )
        n_outputs = [len(table) for table in self.tables_]
        out = np.empty((sum(n_outputs), frame.height))
        output_index = 0
        for name, levels, table in zip(names, self.levels_, self.tables_, strict=True):
            codes = levels.codes(frame[name])
            for values in table:
                np.take(values, codes, out=out[output_index], mode="clip")
                output_index += 1
        return out.T

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the output columns.

        They are the input names. With three or more classes there is one per input and
        class.
        """
        del input_features
        check_is_fitted(self)
        labels = self._output_labels()
        if not labels:
            return np.asarray(self.feature_names_in_, dtype=object)
        names = [f"{n}_{label}" for n in self.feature_names_in_ for label in labels]
        return np.asarray(names, dtype=object)

    def _output_labels(self) -> tuple[Any, ...]:
        return ()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        return tags


class FrequencyEncoder(LevelEncoder):
    """Encode each level by the share of training rows that have it.

    Missing values are a separate level. Unseen levels get 0.

    Parameters
    ----------
    n_threads : int, default=1

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"town": ["Ulm", "Bonn", "Ulm", "Ulm"]})
    >>> FrequencyEncoder().fit(frame).transform(pl.DataFrame({"town": ["Ulm", "Rom"]}))
    array([[0.75],
           [0.  ]])
    """

    def __init__(self, *, n_threads: int = 1) -> None:
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any = None) -> Self:
        """Count the levels of training rows."""
        del y
        self.tables_: list[FloatArray] = []
        for batch in self._learn(self._open(X)):
            for codes, n_groups in batch:
                counts = np.bincount(codes, minlength=n_groups + 1)
                self.tables_.append((counts / max(1, len(codes)))[np.newaxis])
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return shares of training rows, of shape (n_rows, n_columns)."""
        return self._look_up(X)
