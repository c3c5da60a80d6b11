"""AutoClassifier and AutoRegressor: headstart as scikit-learn estimators."""

from typing import Any

from sklearn.base import ClassifierMixin, RegressorMixin

from headstart.api.constructor import PARAMETERS
from headstart.api.description import Description
from headstart.api.fitting import Fitting
from headstart.api.prediction import Prediction
from headstart.api.storage import Storage
from headstart.base import FloatArray

__all__ = ["AutoClassifier", "AutoRegressor"]


class AutoClassifier(
    ClassifierMixin,  # type: ignore[misc]  # scikit-learn is untyped
    Fitting,
    Prediction,
    Description,
    Storage,
):
    __doc__ = f"""An ensemble of the best classifiers found within a budget.

{PARAMETERS}
    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Set if the table has column names.
    model_ : FittedModel

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from headstart import AutoClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = AutoClassifier(
    ...     time_limit=None, max_trials=1, learners=["logistic"], random_state=0
    ... )
    >>> model.fit(X, y).predict(X[:2])
    array([0, 0])
    """

    _classification = True

    def predict_proba(self, X: Any) -> FloatArray:
        """Return class probabilities, with columns in the order of `classes_`.

        Returns
        -------
        ndarray of shape (n_rows, n_classes)
        """
        model = self._fitted()
        return model.probabilities(self._outputs(model, X))


class AutoRegressor(
    RegressorMixin,  # type: ignore[misc]
    Fitting,
    Prediction,
    Description,
    Storage,
):
    __doc__ = f"""An ensemble of the best regressors found within a budget.

{PARAMETERS}
    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Set if the table has column names.
    model_ : FittedModel

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from headstart import AutoRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = AutoRegressor(
    ...     time_limit=None, max_trials=1, learners=["ridge"], random_state=0
    ... )
    >>> model.fit(X, y).predict(X[:2]).shape
    (2,)
    """
