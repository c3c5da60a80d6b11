"""Learners whose fitted models headstart itself evaluates, by the kind of the model."""

from typing import Any

from headstart.base import Learner
from headstart.predict import KINDS, StoredModel
from headstart.predict.kinds import overrides
from headstart.sdk.fold_learner import FoldLearner

__all__ = ["StoredLearner", "holds_rows", "kind_of", "learner_of_kind"]

# A learner that overrides one of them evaluates its models itself.
_EVALUATION = (
    "predict",
    "dump",
    "load",
    "check_model",
    "predict_model",
    "dump_model",
    "load_model",
)


class StoredLearner(FoldLearner):
    """Predicts with stored models of a kind, without the learner that fitted them.

    Parameters
    ----------
    name : str
        Name of the learner that fitted them.
    stored_as : type of StoredModel
    """

    def __init__(self, name: str, stored_as: type[StoredModel]) -> None:
        # An instance is a learner of its own.
        self.name = name  # type: ignore[misc]
        self.stored_as = stored_as  # type: ignore[misc]

    def fit_model(self, *arguments: Any) -> Any:
        """Raise NotImplementedError: only the learner itself can fit."""
        del arguments
        raise NotImplementedError(
            f"Stored models of the learner {self.name!r} can predict; to fit one, the "
            "learner itself is needed."
        )


def kind_of(learner: Learner) -> str | None:
    """Return the kind of a learner's fitted models; None if its code evaluates them.

    Examples
    --------
    >>> from headstart.predict import BoostedTrees
    >>> kind_of(StoredLearner("lightgbm", BoostedTrees))
    'boosted_trees'
    """
    if not isinstance(learner, FoldLearner) or learner.stored_as is None:
        return None
    if overrides(learner, FoldLearner, _EVALUATION):
        return None
    kind = learner.stored_as.kind
    return kind if KINDS.get(kind) is learner.stored_as else None


def holds_rows(learner: Learner | None) -> bool | None:
    """Return whether a learner's fitted models hold training rows; None if unknown.

    It is also unknown for no learner: that of a plugin which is not installed.

    Examples
    --------
    >>> from headstart.predict import BoostedTrees, NeighborModel
    >>> holds_rows(StoredLearner("k_neighbors", NeighborModel))
    True
    >>> holds_rows(StoredLearner("lightgbm", BoostedTrees))
    False
    """
    kind = None if learner is None else kind_of(learner)
    return None if kind is None else KINDS[kind].holds_rows


def learner_of_kind(kind: object, name: str) -> Learner | None:
    """Return a learner that loads and predicts with models of a kind.

    Parameters
    ----------
    kind : object
        The kind in a file. For one that is not in `KINDS`, None is returned.
    name : str
        Name of the learner that fitted the models.
    """
    stored_as = KINDS.get(kind) if isinstance(kind, str) else None
    return None if stored_as is None else StoredLearner(name, stored_as)
