"""Selection of columns as a scikit-learn transformer."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from headstart.base import FloatArray
from headstart.scoring.columns import in_range
from headstart.scoring.features import Features
from headstart.scoring.redundancy import CRITERIA, choose_columns
from headstart.scoring.score_features import compute_scores
from headstart.scoring.target import Target

__all__ = ["SelectByRelevance"]


class SelectByRelevance(SelectorMixin, BaseEstimator):  # type: ignore[misc]
    """A transformer that keeps the columns with the highest scores.

    Parameters
    ----------
    n_features : int, default=10
        Largest number of columns to keep.
    method : str, default="mutual_information"
        A method of `score_features`, or a criterion of `select_features`, which
        excludes redundant columns.
    task : {"classification", "regression"} or None, default=None
        Inferred from `y` by default.
    max_q_value : float or None, default=None
        Largest p-value, adjusted for multiple tests, of a kept column. For methods with
        p-values.
    n_threads : int, default=1

    Attributes
    ----------
    scores_ : ndarray of shape (n_features_in_,)
        Higher is more relevant. NaN where undefined, or for columns that a criterion
        did not select.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Names of the columns, for tables with names.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.arange(60) % 3
    >>> X = np.column_stack([np.arange(60) % 7, y, np.arange(60) % 5]).astype(float)
    >>> SelectByRelevance(n_features=1).fit(X, y).get_support()
    array([False,  True, False])
    """

    def __init__(
        self,
        n_features: int = 10,
        *,
        method: str = "mutual_information",
        task: str | None = None,
        max_q_value: float | None = None,
        n_threads: int = 1,
    ) -> None:
        self.n_features = n_features
        self.method = method
        self.task = task
        self.max_q_value = max_q_value
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any, sample_weight: FloatArray | None = None) -> Self:
        """Score the columns of a matrix or table, and return the transformer.

        Parameters
        ----------
        X : matrix or table
        y : column of labels or numbers
        sample_weight : ndarray of shape (n_samples,), optional
            For a method of `score_features`; a criterion ignores it.

        Raises
        ------
        TypeError, ValueError
            As in `score_features`.
        """
        if hasattr(X, "__arrow_c_stream__"):
            validate_data(self, X, skip_check_array=True)
            features = Features.of(X)
        else:
            X, y = validate_data(
                self, X, y, dtype="numeric", ensure_all_finite="allow-nan"
            )
            features = Features.of(X)
        target = Target.of(y, self.task, features.shape[0])
        limit = in_range("n_features", self.n_features, 1, 2**31)
        scores = np.full(features.shape[1], np.nan)
        if self.method in CRITERIA:
            chosen = choose_columns(
                features, target, limit, self.method, n_threads=self.n_threads
            )
            selected = [column for column, _ in chosen]
            scores[selected] = [score for _, score in chosen]
        else:
            selected = self._best(features, target, limit, scores, sample_weight)
        self.scores_ = scores
        self._kept = np.zeros(scores.size, dtype=bool)
        self._kept[selected] = True
        return self

    def _best(
        self,
        features: Features,
        target: Target,
        limit: int,
        scores: FloatArray,
        weight: FloatArray | None,
    ) -> list[int]:
        result = compute_scores(
            features, target, self.method, sample_weight=weight,
            n_threads=self.n_threads,
        )  # fmt: skip
        scores[:] = result.score
        usable = ~np.isnan(scores)
        if self.max_q_value is not None:
            usable &= result.q_value <= self.max_q_value
        order = np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")
        return [int(column) for column in order if usable[column]][:limit]

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self)
        return self._kept

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        return tags
