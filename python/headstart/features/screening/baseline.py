"""Two small baseline models: additive, and with interactions.

Candidates are screened on the residual of the additive model. A model with interactions
would approximate a feature by many splits, and leave too little of it in the residual:
a planted ratio was not found in its residual, although the ratio lowered its loss by 14
%. The confirmation of candidates uses the model with interactions.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import TaskKind
from headstart.machine.process_state import limit_threads

__all__ = ["Baseline"]

FloatArray = NDArray[np.float64]

# More rounds of trees with 16 leaves would overfit small tables.
_ROUNDS = 60
_ROUNDS_OF_MANY = 30  # above two classes: one tree per class and round
_MAX_LEVELS = 254  # the library's number of bins; rarer levels share the last
_RESIDUAL_COLUMNS = 5


@dataclass(frozen=True)
class Baseline:
    """A small scikit-learn histogram gradient boosting model.

    Parameters
    ----------
    kind : TaskKind
    n_classes : int
        0 for regression.
    n_threads : int
    seed : int
    """

    kind: TaskKind
    n_classes: int
    n_threads: int
    seed: int

    def fit_predict(
        self,
        X: FloatArray,
        y: NDArray[Any],
        categorical: NDArray[np.bool_],
        train: NDArray[np.int64],
        test: NDArray[np.int64],
        *,
        additive: bool = False,
    ) -> FloatArray:
        """Return predictions for test rows from a fit on training rows.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
        y : ndarray of shape (n_rows,)
            Class codes, or numbers.
        categorical : ndarray of shape (n_features,)
            True for columns of `X` with codes of categories.
        train, test : ndarray of int64
            Row indices.
        additive : bool, default=False
            Whether the model has no interactions.

        Returns
        -------
        ndarray of shape (n_test, n_outputs)
            Numbers, or one probability per class.
        """
        from sklearn import ensemble

        is_regression = self.kind is TaskKind.REGRESSION
        learner = (
            ensemble.HistGradientBoostingRegressor
            if is_regression
            else ensemble.HistGradientBoostingClassifier
        )
        X = np.where(categorical, np.minimum(X, _MAX_LEVELS - 1), X)
        # The library cannot bin a column without values.
        X = np.where(np.isnan(X[train]).all(axis=0), 0.0, X)
        model = learner(
            max_iter=_ROUNDS_OF_MANY if self.n_classes > 2 else _ROUNDS,
            learning_rate=0.1,
            max_leaf_nodes=8 if additive else 16,
            interaction_cst="no_interactions" if additive else None,
            categorical_features=np.flatnonzero(categorical),
            early_stopping=False,
            random_state=self.seed,
        )
        with limit_threads(self.n_threads):
            model.fit(X[train], y[train])
            if is_regression:
                return np.asarray(model.predict(X[test]))[:, np.newaxis]
            probabilities = np.full((len(test), self.n_classes), 1e-15)
            probabilities[:, model.classes_] = model.predict_proba(X[test])
        return np.asarray(probabilities / probabilities.sum(axis=1, keepdims=True))

    def losses(self, y: NDArray[Any], prediction: FloatArray) -> FloatArray:
        """Return the squared error, or the log loss, of each row."""
        if self.kind is TaskKind.REGRESSION:
            return np.asarray((y - prediction[:, 0]) ** 2)
        of_target = prediction[np.arange(len(y)), y]
        return np.asarray(-np.log(np.clip(of_target, 1e-15, 1.0)))

    def residuals(self, y: NDArray[Any], prediction: FloatArray) -> FloatArray:
        """Return the residual of a prediction.

        Returns
        -------
        ndarray of shape (n_columns, n_rows)
            One column for regression and two classes. Otherwise one per class, for the
            five classes with the largest residuals.
        """
        if self.kind is TaskKind.REGRESSION:
            return np.asarray(y - prediction[:, 0])[np.newaxis]
        if self.n_classes == 2:
            return np.asarray((y == 1) - prediction[:, 1])[np.newaxis]
        residuals = (y[:, np.newaxis] == np.arange(self.n_classes)) - prediction
        largest = np.argsort(-(residuals**2).sum(axis=0), kind="stable")
        return np.ascontiguousarray(
            residuals[:, np.sort(largest[:_RESIDUAL_COLUMNS])].T
        )
