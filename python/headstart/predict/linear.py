"""Linear models over columns and their hinge features."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from headstart.base import FloatArray, Parts
from headstart.base.arrays import require
from headstart.predict.hinges import Hinges
from headstart.predict.links import classes_of_link, softmax
from headstart.predict.records import pack_model, unpack_model
from headstart.predict.stored_model import StoredModel

__all__ = ["LinearModel"]

_FIELDS = {"link": str}
_FORM = {
    "columns": ("i", 1),
    "knots": ("f", 1),
    "coef": ("f", 2),
    "intercept": ("f", 1),
}


@dataclass(frozen=True, eq=False)
class LinearModel(StoredModel):
    """Coefficients over columns and hinges.

    Parameters
    ----------
    hinges : Hinges
    coef : ndarray of shape (n_expanded, n_scores)
        One score for regression and for two classes, otherwise one per class.
    intercept : ndarray of shape (n_scores,)
    link : {"identity", "logistic", "softmax"}
        Values; the probability of the second of two classes; probabilities of classes.
    """

    kind: ClassVar[str] = "linear"
    hinges: Hinges
    coef: FloatArray
    intercept: FloatArray
    link: str

    @property
    def n_features(self) -> int:
        """Columns of the matrix that it reads."""
        return len(self.coef) - self.hinges.columns.size

    @property
    def n_classes(self) -> int:
        """Classes whose probabilities it returns; 0 for regression."""
        return classes_of_link(self.link, self.intercept.size)

    def score(self, values: FloatArray) -> FloatArray:
        """Return the scores, of shape (n_rows, n_scores)."""
        return self.hinges.expand(values) @ self.coef + self.intercept

    def apply(self, values: FloatArray) -> FloatArray:
        """Return coded predictions; see `StoredModel.apply`."""
        scores = self.score(values)
        if self.link == "softmax":
            return softmax(scores)
        if self.link == "logistic":
            from scipy.special import expit

            return np.asarray(expit(scores[:, 0]))
        return scores[:, 0]

    def to_parts(self) -> Parts:
        """Return the model as named bytes; see `StoredModel.to_parts`."""
        arrays = {
            "columns": self.hinges.columns,
            "knots": self.hinges.knots,
            "coef": self.coef,
            "intercept": self.intercept,
        }
        return pack_model(self.kind, {"link": self.link}, arrays)

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the model of checked parts; see `StoredModel.from_parts`."""
        record, arrays = unpack_model(parts, cls.kind, _FIELDS, _FORM)
        coef, intercept = arrays["coef"], arrays["intercept"]
        n_scores, n_features = intercept.size, len(coef) - arrays["columns"].size
        classes_of_link(record["link"], n_scores)
        require(
            n_features >= 1 and coef.shape[1] == n_scores,
            f"The arrays of a linear model do not fit together: {coef.shape}.",
        )
        return cls(
            Hinges.from_arrays(arrays["columns"], arrays["knots"], n_features),
            coef.astype(np.float64),
            intercept.astype(np.float64),
            record["link"],
        )
