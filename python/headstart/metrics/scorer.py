"""Metrics from scikit-learn's ``make_scorer``.

A scorer needs a fitted estimator. It receives one that returns stored predictions. Only
this module imports scikit-learn, because the import is slow.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from headstart.base import FloatArray
from headstart.metrics.custom import to_number
from headstart.metrics.metric import Metric, Target, predicted_codes

__all__ = ["ScorerMetric"]


@dataclass(frozen=True)
class ScorerMetric(Metric):
    """A scikit-learn scorer; greater is always better.

    Parameters
    ----------
    scorer : callable of ``(estimator, X, y) -> float``
    classes : ndarray or None
        Label of each code; None if the codes are the labels, and for regression.
    weighted : bool
        Whether the scorer's function has a parameter `sample_weight`.
    """

    scorer: Any = field(kw_only=True)
    classes: NDArray[Any] | None = field(default=None, compare=False)
    weighted: bool = False

    def score(  # noqa: D102
        self,
        y: Target,
        prediction: FloatArray,
        weight: FloatArray | None = None,
        *,
        n_threads: int = 1,
    ) -> float:
        del n_threads
        truth, predicted = np.asarray(y), np.asarray(prediction)
        estimator: _Classifier | _Regressor
        if self.needs == "value":
            estimator = _Regressor(predicted)
        else:
            n_classes = 2 if predicted.ndim == 1 else predicted.shape[1]
            labels = np.arange(n_classes) if self.classes is None else self.classes
            estimator = _Classifier(predicted, labels)
            truth = labels[truth]
        options = (
            {"sample_weight": weight} if self.weighted and weight is not None else {}
        )
        rows = np.zeros((len(truth), 1))
        return to_number(self.scorer(estimator, rows, truth, **options), self.name)


class _Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted classifier that returns stored predictions."""

    def __init__(self, prediction: FloatArray, classes: NDArray[Any]) -> None:
        self.prediction = prediction
        self.classes_ = classes

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: object) -> NDArray[Any]:
        del X
        return self.classes_[predicted_codes(self.prediction)]

    def predict_proba(self, X: object) -> FloatArray:
        del X
        if self.prediction.ndim == 2:
            return self.prediction
        return np.column_stack([1.0 - self.prediction, self.prediction])

    def decision_function(self, X: object) -> FloatArray:
        del X
        # Positive if class 1 is predicted, and increasing in its probability.
        shift = 0.5 if self.prediction.ndim == 1 else 0.0
        return self.prediction - shift


class _Regressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted regressor that returns stored predictions."""

    def __init__(self, prediction: FloatArray) -> None:
        self.prediction = prediction

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: object) -> FloatArray:
        del X
        return self.prediction
