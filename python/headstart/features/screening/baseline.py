"""Two small baseline models: additive, and with interactions.

Candidates are looked for in what the additive one leaves of the target. A model of
interactions would leave less of them, though it needs many splits, and so many rows,
for what one generated column says: of a planted ratio it left too little to find, and
the ratio took 14 % off its loss. Whether a candidate helps is asked of that model.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import TaskKind
from headstart.machine.process_state import limit_threads

__all__ = ["Baseline"]

FloatArray = NDArray[np.float64]

# Boosting by trees of 16 leaves; more rounds would learn small tables by heart.
_ROUNDS = 60
_ROUNDS_OF_MANY = 30  # above two classes: a tree a class and round
_MAX_LEVELS = 254  # as many as the library's bins; rarer levels share the last
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
        """Return predictions of some rows by a fit on others.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
        y : ndarray of shape (n_rows,)
            Codes of classes, or numbers.
        categorical : ndarray of shape (n_features,)
            Which columns of `X` hold codes of categories.
        train, test : ndarray of int64
            Rows.
        additive : bool, default=False
            Whether the columns' effects are only summed.

        Returns
        -------
        ndarray of shape (n_test, n_outputs)
            Numbers, or a probability a class.
        """
        from sklearn import ensemble

        is_regression = self.kind is TaskKind.REGRESSION
        learner = (
            ensemble.HistGradientBoostingRegressor
            if is_regression
            else ensemble.HistGradientBoostingClassifier
        )
        X = np.where(categorical, np.minimum(X, _MAX_LEVELS - 1), X)
        # The library has no bins for a column without a value.
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
            found = np.full((len(test), self.n_classes), 1e-15)
            found[:, model.classes_] = model.predict_proba(X[test])
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def losses(self, y: NDArray[Any], prediction: FloatArray) -> FloatArray:
        """Return the squared error, or the log loss, of each row."""
        if self.kind is TaskKind.REGRESSION:
            return np.asarray((y - prediction[:, 0]) ** 2)
        told = prediction[np.arange(len(y)), y]
        return np.asarray(-np.log(np.clip(told, 1e-15, 1.0)))

    def residuals(self, y: NDArray[Any], prediction: FloatArray) -> FloatArray:
        """Return the residual of a prediction.

        Returns
        -------
        ndarray of shape (n_columns, n_rows)
            One column for numbers and two classes; else one a class, of the five
            classes that leave most.
        """
        if self.kind is TaskKind.REGRESSION:
            return np.asarray(y - prediction[:, 0])[np.newaxis]
        if self.n_classes == 2:
            return np.asarray((y == 1) - prediction[:, 1])[np.newaxis]
        apart = (y[:, np.newaxis] == np.arange(self.n_classes)) - prediction
        largest = np.argsort(-(apart**2).sum(axis=0), kind="stable")
        return np.ascontiguousarray(apart[:, np.sort(largest[:_RESIDUAL_COLUMNS])].T)
