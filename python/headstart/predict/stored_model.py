"""The contract of a kind: a form of fitted model that headstart itself evaluates."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

from headstart.base import FloatArray, Parts

__all__ = ["StoredModel"]


class StoredModel(ABC):
    """A fitted model as named arrays and a JSON record.

    A subclass is a frozen dataclass. It maps the matrix of a view to the coded
    predictions of a fold, which `FoldTarget` decodes, and needs neither the learner nor
    the library that fitted it. `headstart.predict.kinds` lists the kinds.

    Attributes
    ----------
    kind : str
        Name of the form in model files.
    holds_rows : bool
        Whether the arrays hold values of training rows, encoded as the view's columns.
    """

    kind: ClassVar[str]
    holds_rows: ClassVar[bool] = False

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Columns of the matrix that it reads."""

    @property
    @abstractmethod
    def n_classes(self) -> int:
        """Classes whose probabilities it returns; 0 for regression."""

    @abstractmethod
    def apply(self, values: FloatArray) -> FloatArray:
        """Return coded predictions; the model and `values` are not changed.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_features)

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_classes)
            Values; the probability of the second of two classes; or one share per
            class, which need not sum to 1.
        """

    @abstractmethod
    def to_parts(self) -> Parts:
        """Return the model as named bytes that load without running code."""

    @classmethod
    @abstractmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the model that `to_parts` wrote, after checking all of it.

        Raises
        ------
        ArtifactError
            If the parts are anything else: they may come from a hostile file.
        """
